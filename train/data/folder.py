"""A folder or .zip of pictures, which are read from disk whenever a batch needs them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.data.file_set import Files, open_files, pictures, read_labels
from train.data.in_memory import Pictures, to_floats
from train.data.reading import SUFFIXES, in_threads, read
from train.data.source import MAX_HELD_OUT


@dataclass(frozen=True)
class Folder:
    """N picture files, read at one size, and their label choices (N, axes)."""

    files: Files
    paths: tuple[str, ...]
    choices: Tensor
    labels: Labels
    size: int

    def __len__(self) -> int:
        return len(self.paths)

    def to(self, device: torch.device) -> "Folder":
        """Itself: `draw` moves its batch to the generator's device."""
        return self

    def images(self, index: Tensor) -> Tensor:
        """The pictures of these numbers (B,), uint8 (B, 3, S, S)."""

        def one(i: int) -> Tensor:
            path = self.paths[i]
            return read(self.files.file(path), self.size, str(self.files.root / path))

        return in_threads(one, index.tolist())

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Pictures and choices, drawn with replacement, on the generator's device."""
        device = generator.device
        index = torch.randint(len(self), (size,), generator=generator, device=device).cpu()
        return to_floats(self.images(index).to(device)), self.choices[index].to(device)

    def subset(self, count: int) -> Tensor:
        """Pictures at even distances in the list, which is sorted by class."""
        return to_floats(
            self.images(torch.linspace(0, len(self) - 1, min(count, len(self))).long())
        )

    def skip(self, images: int) -> None:
        """Does nothing: a draw depends on its generator alone."""


def hashed(path: str) -> float:
    """A number in [0, 1) that depends on the path alone."""
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:6]) / 2**48


def load_folder(config: DataConfig) -> tuple[Folder, Pictures]:
    """The training pictures of a folder or a .zip, and those that are held out.

    A dataset.json gives their classes. Without one the folders at its top level are the classes.
    Whether a picture is held out depends on its path alone, so that it stays so when other pictures
    are added or deleted. Raises DataError.
    """
    files = open_files(Path(config.file))
    paths = pictures(files)
    if not paths:
        kinds = " ".join(suffix[1:] for suffix in SUFFIXES)
        raise DataError(f"{files.root} holds no pictures: put some there ({kinds}).")
    names, numbers = classes(files, paths) if config.labelled else ((), [])
    number = dict(zip(paths, numbers, strict=bool(numbers)))
    labels = Labels({"class": names} if names else {}, any=config.label_any)

    def part(chosen: list[str]) -> Folder:
        rows = [[number[path]] if names else [] for path in chosen]
        choices = torch.tensor(rows, dtype=torch.long).reshape(len(chosen), len(labels.axes))
        return Folder(files, tuple(chosen), choices, labels, config.size)

    hashes = {path: hashed(path) for path in paths} if config.held_out else {}
    train = part([path for path in paths if hashes.get(path, 1.0) >= config.held_out])
    if not len(train):
        raise DataError(f"{files.root} has nothing left to train on: hold out less of it.")
    below = (path for path in hashes if hashes[path] < config.held_out)
    return train, in_memory(part(sorted(below, key=hashes.__getitem__)), MAX_HELD_OUT)


def classes(files: Files, paths: list[str]) -> tuple[tuple[str, ...], list[int]]:
    """(names of the classes, class number of each picture), both empty without labels."""
    numbers = read_labels(files, paths)
    if numbers is not None:
        return tuple(str(i) for i in range(max(numbers, default=-1) + 1)), numbers
    tops = [path.split("/")[0] if "/" in path else None for path in paths]
    names = sorted({top for top in tops if top is not None})
    if names and None in tops:
        raise DataError(
            f"{files.root} holds {paths[tops.index(None)]} beside folders with pictures: put it "
            "into one of them."
        )
    return tuple(names), [names.index(top) for top in tops if top is not None]


def in_memory(folder: Folder, most: int) -> Pictures:
    """The first pictures of a folder, `most` of them at most, read into memory."""
    count = min(len(folder), most)
    empty = torch.empty(0, 3, folder.size, folder.size, dtype=torch.uint8)
    images = folder.images(torch.arange(count)) if count else empty
    return Pictures(images, folder.choices[:count], folder.labels)
