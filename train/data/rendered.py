"""Rendered landscapes in memory-mapped files, and their rendering."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from torch import Generator, Tensor

from cm_core import schema
from cm_core.errors import DataError, SettingError
from cm_core.labels import Labels
from train.config import DataConfig
from train.data.in_memory import Pictures, shrink, to_floats
from train.data.source import MAX_HELD_OUT
from train.snapshot import locked


@dataclass(frozen=True)
class Landscapes:
    """uint8 pictures (N, H, W, 3) on disk and their label choices (N, 2), read at one size."""

    pictures: np.ndarray
    choices: Tensor
    labels: Labels
    size: int

    def __len__(self) -> int:
        return len(self.pictures)

    def to(self, device: torch.device) -> "Landscapes":
        """Itself: `draw` moves its batch to the generator's device."""
        return self

    def images(self, index: Tensor, device: torch.device | str = "cpu") -> Tensor:
        """The pictures of these numbers (B,), uint8 (B, 3, S, S), on a device."""
        pictures = torch.from_numpy(self.pictures[index.cpu().numpy()]).to(device)
        return shrink(pictures.permute(0, 3, 1, 2), self.size)

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Pictures and choices, drawn with replacement, on the generator's device."""
        device = generator.device
        index = torch.randint(len(self), (size,), generator=generator, device=device)
        return to_floats(self.images(index, device)), self.choices[index.cpu()].to(device)

    def subset(self, count: int) -> Tensor:
        """Pictures at even distances in the set."""
        return to_floats(
            self.images(torch.linspace(0, len(self) - 1, min(count, len(self))).long())
        )

    def skip(self, images: int) -> None:
        """Does nothing: a draw depends on its generator alone."""


Count = Annotated[int, Field(ge=0, le=10**9)]


@dataclass(frozen=True)
class About:
    """The fields of a set's `about.json`, which train.landscapes.store writes."""

    __pydantic_config__ = schema.STRICT

    format: int
    size: Annotated[int, Field(ge=1, le=4096)]
    count: Count
    first: Count
    held_out: Count
    labels: dict[str, schema.Names]
    renderer: str


def check_about(folder: Path) -> None:
    """Raises DataError where a set's `about.json` is damaged; there need not be one."""
    from train.landscapes.store import ANEW, read_about

    about = read_about(folder)
    try:
        if about is not None:
            schema.parse(About, about)
    except SettingError as error:
        reason = str(error).removesuffix(".")
        raise DataError(f"{folder / 'about.json'} is damaged: {reason}; {ANEW}.") from None


def render(
    folder: Path, size: int, count: int, jobs: int, force: bool = False, **options: Any
) -> dict[str, Any]:
    """Render a set of landscapes, or what a folder lacks of it, and return its `about.json`.

    options: those of `train.landscapes.store.build`. If several processes render one folder, one
    renders it and the others wait. Raises DataError, TrainingError.
    """
    from train.landscapes.store import build  # here, as it imports the renderer

    with locked(folder, wait=True):
        if not force:
            check_about(folder)
        return build(folder, size, count, jobs, force=force, **options)


def load_landscapes(config: DataConfig) -> tuple[Landscapes, Pictures]:
    """The training pictures of a folder of landscapes, and its first held-out ones.

    Raises DataError.
    """
    from train.landscapes.store import ANEW, open_store

    folder = Path(config.file)
    check_about(folder)
    try:
        store = open_store(folder)
    except ValueError as error:  # numpy's, of a file that is no array
        raise DataError(f"{folder} is damaged: {str(error).split('. ')[0]}; {ANEW}.") from None
    axes = store.axes if config.labelled else {}
    labels = Labels(axes, any=config.label_any)
    choices, held_out = (
        torch.from_numpy(part.astype(np.int64))[:, : len(axes)]
        for part in (store.labels, store.held_out_labels)
    )
    count = min(len(held_out), MAX_HELD_OUT)
    images = torch.from_numpy(np.array(store.held_out_images[:count])).permute(0, 3, 1, 2)
    first = Pictures(shrink(images, config.size), held_out[:count], labels)
    return Landscapes(store.images, choices, labels, config.size), first
