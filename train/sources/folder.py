"""A folder of pictures, read as they are drawn: sets that do not fit in memory."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.sources import HELD_OUT_MOST
from train.sources.pictures import Pictures, to_floats
from train.sources.reading import SUFFIXES, read, together


@dataclass(frozen=True)
class Folder:
    """Picture files below `root` with their label choices (N, axes), brought to one size."""

    root: Path
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
        return together(lambda i: read(self.root / self.paths[i], self.size), index.tolist())

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


def picture_paths(root: Path) -> list[str]:
    """Pictures at any depth, relative to `root` with forward slashes, sorted; hidden ones not."""
    paths = []
    for folder, below, files in os.walk(root, followlinks=True):
        below[:] = [name for name in below if not name.startswith(".")]
        inside = Path(folder).relative_to(root)
        paths += [
            (inside / name).as_posix()
            for name in files
            if name.lower().endswith(SUFFIXES) and not name.startswith(".")
        ]
    return sorted(paths)


def lot(path: str) -> float:
    """A number in [0, 1) that belongs to a path for good."""
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:6]) / 2**48


def load_folder(config: DataConfig) -> tuple[Folder, Pictures]:
    """The pictures of a folder, and a share of them held out.

    Folders right below the root are the classes. Which pictures are held out depends on their
    paths alone, so that the split stays when others come or go.
    """
    root = Path(config.file)
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: give one with pictures in it.")
    paths = picture_paths(root)
    if not paths:
        known = " ".join(suffix[1:] for suffix in SUFFIXES)
        raise DataError(f"{root} holds no pictures: put some there ({known}).")
    classes = sorted({path.split("/")[0] for path in paths if "/" in path})
    if config.label_dropout >= 1:
        classes = []
    loose = [path for path in paths if "/" not in path]
    if classes and loose:
        raise DataError(
            f"{root} holds {loose[0]} beside folders with pictures: put it into one of them."
        )
    number = {name: i for i, name in enumerate(classes)}
    labels = Labels({"class": tuple(classes)} if classes else {}, any=config.label_any)

    def part(chosen: list[str]) -> Folder:
        rows = [[number[path.split("/")[0]]] if classes else [] for path in chosen]
        choices = torch.tensor(rows, dtype=torch.long).reshape(len(chosen), len(labels.axes))
        return Folder(root, tuple(chosen), choices, labels, config.size)

    lots = {path: lot(path) for path in paths} if config.held_out else {}
    train = part([path for path in paths if lots.get(path, 1.0) >= config.held_out])
    if not len(train):
        raise DataError(f"{root} has nothing left to train on: hold out less of it.")
    held = part(sorted((p for p in paths if lots.get(p, 1.0) < config.held_out), key=lots.get))
    return train, kept(held)


def kept(held: Folder) -> Pictures:
    """The first held-out pictures in memory; they come in the order of their lots."""
    count = min(len(held), HELD_OUT_MOST)
    empty = torch.empty(0, 3, held.size, held.size, dtype=torch.uint8)
    images = held.images(torch.arange(count)) if count else empty
    return Pictures(images, held.choices[:count], held.labels)
