"""Rendered landscapes on disk: drawn once by all cores, memory-mapped ever after.

A folder holds `images.npy` (N, size, size, 3) and `labels.npy` (N, 2: scene, light), uint8; the
same of held-out scenes, whose seeds training never uses; and `about.json`. Pictures are drawn in
chunks. `done.npy` (chunks,) says how many pictures of each chunk are on disk, and says so only
after they are: a build that is killed at any moment goes on where it was, to the same bytes.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cm_core.errors import DataError
from train.landscapes.part import Part
from train.landscapes.workers import Renderer, drawn

FORMAT = 1
HELD_OUT = 1_000_000_000  # first held-out seed; training seeds are below
# Pictures are not theirs.
NOT_DRAWING = {"__init__", "crude", "guess", "lights", "part", "store", "workers"}
ANEW = "choose another folder, or --force to start anew"


def our_renderer() -> Renderer:
    """The renderer of this package. Its version is a hash of the source files that draw."""
    from train.landscapes import LIGHTS, SCENES, render

    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in NOT_DRAWING:
            digest.update(f"{path.name}\0{path.read_text('utf-8')}\0".encode())
    return Renderer(render, tuple(SCENES), tuple(LIGHTS), digest.hexdigest())


def parts_of(folder: Path, about: dict) -> tuple[Part, Part]:
    """The training and the held-out part of a set."""
    size = about["size"]
    train = Part(folder, "", about["first"], about["count"], size)
    return train, Part(folder, "held_out_", HELD_OUT, about["held_out"], size)


def read_about(folder: Path) -> dict | None:
    """What a folder says of its set; None where there is none. Raises DataError."""
    path = folder / "about.json"
    try:
        about = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise DataError(f"{path} cannot be read: {ANEW}.") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DataError(f"{folder} is not in this version's format: {ANEW}.")
    return about


def agreed(folder: Path, wanted: dict) -> dict:
    """What is wanted, with no fewer pictures than are there already. Raises DataError."""
    about = read_about(folder)
    if about is None:
        if any(folder.glob("*images.npy")):
            raise DataError(f"{folder} holds pictures of another kind: {ANEW}.")
        return wanted
    told = {
        "size": f"holds pictures of side {about['size']}, not {wanted['size']}",
        "first": f"begins at seed {about['first']}, not {wanted['first']}",
        "labels": "has other labels than the renderer now",
        "renderer": "was drawn by another version of the renderer",
    }
    for name, sentence in told.items():
        if about[name] != wanted[name]:
            raise DataError(f"{folder} {sentence}: {ANEW}.")
    there = [
        missing[0].start if (missing := part.missing()) else part.count
        for part in parts_of(folder, about)
    ]
    more = {n: max(wanted[n], t) for n, t in zip(("count", "held_out"), there, strict=True)}
    return wanted | more


def remove(folder: Path) -> None:
    """Delete a set's own files and nothing else."""
    for part in parts_of(folder, {"size": 0, "first": 0, "count": 0, "held_out": 0}):
        for array in ("done", "images", "labels"):
            part.path(array).unlink(missing_ok=True)
    (folder / "about.json").unlink(missing_ok=True)


def prepare(folder: Path, about: dict) -> tuple[Part, Part]:
    """Make a set's files, or give them their new lengths. Raises DataError."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = parts_of(folder, about)
    rows = sum(len(span) for part in parts for span in part.missing())
    needed, free = rows * 3 * about["size"] ** 2, shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"{folder} needs {needed / 1e9:.1f} GB more, and {free / 1e9:.1f} are free: make room, "
            "or ask for fewer pictures."
        )
    unfinished = folder / "about.partial"
    unfinished.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    unfinished.replace(folder / "about.json")
    for part in parts:
        part.resize()
    return parts


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """A full disk, or a folder that may not be written, told in a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{folder} cannot be written: {reason}.") from None


def build(
    folder: Path,
    size: int,
    count: int,
    jobs: int,
    first: int = 0,
    held_out: int = 512,
    renderer: Renderer | None = None,
    force: bool = False,
) -> dict:
    """Draw a set of `count` training and `held_out` other pictures, or what is missing of it.

    Returns what `about.json` says. Raises DataError.
    """
    for name, value in (("size", size), ("count", count), ("jobs", jobs)):
        if value < 1:
            raise DataError(f"{name} has to be 1 or more, not {value}.")
    if first < 0 or held_out < 0 or first + count > HELD_OUT:
        raise DataError(f"Training seeds are from 0 to {HELD_OUT - 1}, held-out ones above.")
    renderer = renderer or our_renderer()
    labels = {"scene": list(renderer.scenes), "light": list(renderer.lights)}
    about = {"format": FORMAT, "size": size, "count": count, "first": first, "held_out": held_out}
    about |= {"labels": labels, "renderer": renderer.version}
    with writable(folder):
        if force:
            remove(folder)
        about = about if force else agreed(folder, about)
        parts = prepare(folder, about)
    try:
        draw_missing(parts, renderer, jobs)
    except BrokenProcessPool:
        raise DataError(
            "A worker process died, perhaps for want of memory: run the command again, "
            "with fewer jobs."
        ) from None
    return about


def draw_missing(parts: tuple[Part, Part], renderer: Renderer, jobs: int) -> None:
    """Draw what is missing and put it on disk chunk by chunk, with a bar that tells the speed."""
    tasks = [(part, span) for part in parts for span in part.missing()]
    if not tasks:
        return
    total, folder = sum(part.count for part in parts), parts[0].folder
    there = total - sum(len(span) for _, span in tasks)
    with (
        writable(folder),
        closing(drawn(renderer, tasks, jobs)) as ready,
        tqdm(total=total, initial=there, desc=folder.name, unit=" pictures") as bar,
    ):
        for part, span in ready:
            part.tell(span)
            bar.update(len(span))


@dataclass(frozen=True)
class Store:
    """A finished set, memory-mapped: images (N, size, size, 3) and labels (N, 2), uint8."""

    axes: dict[str, tuple[str, ...]]  # names of scenes and lights
    images: np.ndarray
    labels: np.ndarray
    held_out_images: np.ndarray
    held_out_labels: np.ndarray


def open_store(folder: Path) -> Store:
    """A set that is finished. Raises DataError."""
    about = read_about(folder)
    if about is None:
        raise DataError(
            f"{folder} holds no landscapes: build it with `python -m train data landscapes`."
        )
    parts = parts_of(folder, about)
    left = sum(len(span) for part in parts for span in part.missing())
    if left:
        raise DataError(
            f"{folder} is unfinished, {left} pictures are missing: go on with `python -m train "
            f"data landscapes --size {about['size']} --count {about['count']} --out {folder}`."
        )
    arrays = [np.load(part.path(a), mmap_mode="r") for part in parts for a in part.shapes(0)]
    return Store({axis: tuple(names) for axis, names in about["labels"].items()}, *arrays)
