"""Pictures in files that may be longer, or unfinished, or broken off at any moment."""

import os
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

CHUNK = 128  # pictures


@dataclass(frozen=True)
class Part:
    """The training or the held-out pictures of a set; picture i is that of seed `first` + i."""

    folder: Path
    prefix: str  # of its files
    first: int
    count: int
    size: int

    def path(self, array: str) -> Path:
        """Where `images`, `labels` or `done` lies."""
        return self.folder / f"{self.prefix}{array}.npy"

    def shapes(self, count: int) -> dict[str, tuple[int, ...]]:
        """Of the arrays, for so many pictures."""
        return {"images": (count, self.size, self.size, 3), "labels": (count, 2)}

    def chunks(self) -> list[range]:
        """The pictures by number."""
        starts = range(0, self.count, CHUNK)
        return [range(start, min(start + CHUNK, self.count)) for start in starts]

    def done(self) -> list[int]:
        """How many pictures of each chunk are on disk; none where files were lost."""
        chunks = self.chunks()
        try:
            found = np.load(self.path("done")).tolist()[: len(chunks)]
            found += [0] * (len(chunks) - len(found))
            known = [min(n, len(chunk)) for n, chunk in zip(found, chunks, strict=True)]
            rows = max((c.start + n for n, c in zip(known, chunks, strict=True) if n), default=0)
            needed = self.shapes(rows).items()
            whole = all(self.path(a).stat().st_size > prod(shape) for a, shape in needed)
        except (OSError, EOFError, ValueError):
            whole = False
        return known if whole else [0] * len(chunks)

    def missing(self) -> list[range]:
        """The pictures that are left to draw, by number, a range a chunk."""
        left = [chunk[n:] for n, chunk in zip(self.done(), self.chunks(), strict=True)]
        return [span for span in left if span]

    def resize(self) -> None:
        """Give the files the length of so many pictures; those that are there stay.

        What is cut off is forgotten first, so that nothing is believed done that is not.
        """
        unfinished = self.path("done").with_suffix(".partial")
        with open(unfinished, "wb") as file:
            np.save(file, np.array(self.done(), np.uint8))
            settle(file)
        unfinished.replace(self.path("done"))
        for array, shape in self.shapes(self.count).items():
            set_shape(self.path(array), shape)

    def write(self, start: int, images: np.ndarray, labels: np.ndarray) -> None:
        """Put pictures of one chunk on disk."""
        put(self.path("images"), start, images)
        put(self.path("labels"), start, labels)

    def tell(self, span: range) -> None:
        """Say that a chunk is on disk, of which these were missing."""
        chunk = span.start // CHUNK
        put(self.path("done"), chunk, np.array([span.stop - CHUNK * chunk], np.uint8))


def settle(file) -> None:
    """Wait until what was written is on disk."""
    file.flush()
    os.fsync(file.fileno())


def set_shape(path: Path, shape: tuple[int, ...]) -> None:
    """Make a file, or make it longer or shorter; its first rows stay, new ones are zeros.

    numpy pads the header for a first axis of any length, so that what follows stays in place.
    """
    about = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with open(path, "r+b" if path.exists() else "w+b") as file:
        np.lib.format.write_array_header_1_0(file, about)
        file.truncate(file.tell() + prod(shape))
        settle(file)


def put(path: Path, row: int, values: np.ndarray) -> None:
    """Overwrite rows of an .npy file. Not through a memory map: there a full disk would end the
    process, here it is an error."""
    with open(path, "r+b") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        file.seek(row * values[0].nbytes, os.SEEK_CUR)
        file.write(values.tobytes())
        settle(file)
