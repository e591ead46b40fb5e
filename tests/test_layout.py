"""The rooms and their arrows: what may import what."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "cm_core": {"cm_core"},
    "editing": {"editing", "cm_core"},
    "train": {"train", "editing", "cm_core"},
    "ui": {"ui", "editing", "cm_core"},
}


def imported(file: Path) -> set[str]:
    """Full names of the modules that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_downwards(room):
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        rooms = {name.split(".")[0] for name in imported(file)} & {*MAY_IMPORT, "app", "tests"}
        assert rooms <= MAY_IMPORT[room], file


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_two_files_import_each_other(room):
    # The renderer's scenes know the places that make them, and places know scenes.
    files = [f for f in (ROOT / room).rglob("*.py") if f.stem != "__init__"]
    files = [f for f in files if f.parent.name != "landscapes"]
    modules = {".".join(f.relative_to(ROOT).with_suffix("").parts): f for f in files}
    edges = {name: imported(file) & set(modules) for name, file in modules.items()}

    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        return any(
            n == goal or (n not in seen and reaches(n, goal, seen | {n})) for n in edges[start]
        )

    assert [name for name in modules if reaches(name, name, set())] == []


def test_the_library_is_light_to_import():
    code = (
        "import sys, cm_core, editing, train.loop\n"
        "heavy = {'gradio', 'torchvision', 'lpips', 'diffusers', 'datasets'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
