"""python -m tests.withstands: what OneStroke withstands, and how many tests hold it to that."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What may come, what happens then, and the tests of it: files, or parts of tests' names within one.
KINDS = {
    "Masks as people make them": (
        "read by one rule; what is ambiguous is refused with its values",
        ["editing/test_masks.py"],
    ),
    "Colour profiles, EXIF, depth, grey, transparency": (
        "come back as they went in",
        ["editing/test_kept.py", "editing/test_output.py", "ui/components/test_image_picker.py",
         "ui/components/test_results.py::test_an_enlarged"],
    ),
    "Pictures of any size, mode and decoder": (
        "come back at their own size, or are refused in a sentence",
        ["editing/test_files.py", "editing/test_pictures.py", "editing/test_region.py",
         "editing/test_tiled.py"],
    ),
    "Batches": ("give each picture what it gets alone", ["editing/test_batches.py"]),
    "Anything that hypothesis thinks of": (
        "finite, of the right size, the measured part exact",
        ["editing/test_properties.py"],
    ),
    "Even ground under what is taken out": ("goes on", ["editing/test_ground.py"]),
    "Files that nobody uploaded": ("are never opened", ["ui/web/test_doors.py"]),
    "Values of any type at any endpoint": ("a sentence", ["ui/service/test_inputs.py"]),
    "Requests that the page never makes": (
        "shut, or told in a sentence",
        ["ui/web/test_guard.py"],
    ),
    "Seeds of any kind": (
        "the same to every task, or a sentence",
        ["editing/test_seeds.py", "cm_core/test_noise.py"],
    ),
    "Visitors who leave, wait, or come in crowds": (
        "free their place; know theirs; get their last picture",
        ["ui/service/test_visitors.py", "ui/service/test_load.py", "ui/service/test_slots.py",
         "ui/web/test_launch.py"],
    ),
    "A server that forgets": (
        "the browser sends its pictures again",
        ["ui/components/test_kept.py"],
    ),
    "A full disk, a large upload": ("bounded, swept, told", ["ui/web/test_disk.py"]),
    "Checkpoints from anywhere": (
        "checked before anything is built",
        ["cm_core/test_schema.py", "cm_core/checkpoints/test_checkpoint.py",
         "cm_core/checkpoints/test_read_openai.py", "cm_core/checkpoints/test_read_diffusers.py"],
    ),
    "Folders, files and settings of a training": (
        "a sentence; nothing saved before is lost",
        ["train/faults/test_folders.py", "train/faults/test_saves.py", "train/faults/test_ends.py",
         "train/test_config.py", "train/test_distributed.py", "train/data/test_file_set.py",
         "train/data/test_folder.py", "train/data/test_rendered.py",
         "train/test_reproduce.py::test_a_folder"],
    ),
    "Kills in the middle of a save": ("nothing is lost", ["benchmarks/test_kills.py"]),
}  # fmt: skip


def collected() -> list[str]:
    """The id of every test."""

    class Names:
        def pytest_collection_finish(self, session):
            self.found = [item.nodeid for item in session.items]

    names = Names()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-q", str(ROOT / "tests")], plugins=[names])
    return names.found


def table(found: list[str]) -> str:
    """A row a kind, as Markdown. Raises ValueError for files without tests."""
    lines = ["| What may come | What happens | Tests |", "| --- | --- | --- |"]
    for kind, (outcome, files) in KINDS.items():
        counts = [sum(name.startswith(f"tests/{file}") for name in found) for file in files]
        if 0 in counts:
            raise ValueError(f"{files[counts.index(0)]} has no tests.")
        lines.append(f"| {kind} | {outcome} | {sum(counts)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(collected()))
