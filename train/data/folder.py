"""A folder or .zip of pictures, read as they are drawn: sets that do not fit in memory."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.data.file_set import Files, open_files, pictures, told_labels
from train.data.in_memory import Pictures, to_floats
from train.data.reading import SUFFIXES, read, together
from train.data.source import HELD_OUT_MOST


@dataclass(frozen=True)
class Folder:
    """Picture files with their label choices (N, axes), brought to one size."""

    files: Files
    paths: tuple[str, ...]
    choices: Tensor
    labels: Labels
    size: int

    def __len__(self) -> int:
        return len(self.paths)

    def to(self, device: torch.device) -> "Folder":
        """Itself: only what is drawn goes to a device."""
        return self

    def images(self, index: Tensor) -> Tensor:
        """Pictures by number as uint8 (B, 3, S, S)."""

        def one(i: int) -> Tensor:
            path = self.paths[i]
            return read(self.files.file(path), self.size, str(self.files.root / path))

        return together(one, index.tolist())

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Pictures and choices drawn with replacement, on the generator's device."""
        device = generator.device
        index = torch.randint(len(self), (size,), generator=generator, device=device).cpu()
        return to_floats(self.images(index).to(device)), self.choices[index].to(device)

    def look(self, count: int) -> Tensor:
        """Pictures spread evenly over the list, which is sorted by class."""
        return to_floats(
            self.images(torch.linspace(0, len(self) - 1, min(count, len(self))).long())
        )

    def skip(self, images: int) -> None:
        """Nothing to do: a draw depends on its generator alone."""


def lot(path: str) -> float:
    """A number in [0, 1) that belongs to a path for good."""
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:6]) / 2**48


def load_folder(config: DataConfig) -> tuple[Folder, Pictures]:
    """The pictures of a folder or a .zip, and a fraction of them held out.

    A dataset.json says their classes; without one, folders right below the root are the classes.
    Which pictures are held out depends on their paths alone, so that the split stays when others
    come or go. Raises DataError.
    """
    files = open_files(Path(config.file))
    paths = pictures(files)
    if not paths:
        known = " ".join(suffix[1:] for suffix in SUFFIXES)
        raise DataError(f"{files.root} holds no pictures: put some there ({known}).")
    names, numbers = classes(files, paths) if config.labelled else ((), [])
    number = dict(zip(paths, numbers, strict=bool(numbers)))
    labels = Labels({"class": names} if names else {}, any=config.label_any)

    def part(chosen: list[str]) -> Folder:
        rows = [[number[path]] if names else [] for path in chosen]
        choices = torch.tensor(rows, dtype=torch.long).reshape(len(chosen), len(labels.axes))
        return Folder(files, tuple(chosen), choices, labels, config.size)

    lots = {path: lot(path) for path in paths} if config.held_out else {}
    train = part([path for path in paths if lots.get(path, 1.0) >= config.held_out])
    if not len(train):
        raise DataError(f"{files.root} has nothing left to train on: hold out less of it.")
    held = part(sorted((p for p in lots if lots[p] < config.held_out), key=lots.__getitem__))
    return train, kept(held)


def classes(files: Files, paths: list[str]) -> tuple[tuple[str, ...], list[int]]:
    """(names of the classes, class of each picture), both empty without labels."""
    told = told_labels(files, paths)
    if told is not None:
        return tuple(str(i) for i in range(max(told, default=-1) + 1)), told
    tops = [path.split("/")[0] if "/" in path else None for path in paths]
    names = sorted({top for top in tops if top is not None})
    if names and None in tops:
        raise DataError(
            f"{files.root} holds {paths[tops.index(None)]} beside folders with pictures: put it "
            "into one of them."
        )
    return tuple(names), [names.index(top) for top in tops if top is not None]


def kept(held: Folder) -> Pictures:
    """The first held-out pictures in memory; they come in the order of their lots."""
    count = min(len(held), HELD_OUT_MOST)
    empty = torch.empty(0, 3, held.size, held.size, dtype=torch.uint8)
    images = held.images(torch.arange(count)) if count else empty
    return Pictures(images, held.choices[:count], held.labels)
