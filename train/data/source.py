"""The interface of all sources of training pictures; each has a module of its own."""

from typing import Protocol

import torch
from torch import Generator, Tensor

from cm_core.labels import Labels

MAX_HELD_OUT = 1024  # held-out pictures in memory


class Source(Protocol):
    """The pictures that a run trains on, all of one side S, and their label choices."""

    @property
    def labels(self) -> Labels:
        """The label axes; a choice is a number on each."""
        ...

    def __len__(self) -> int:
        """The number of pictures, for the log; 0 for a stream of unknown length."""
        ...

    def to(self, device: torch.device) -> "Source":
        """The same source, whose pictures in memory are on another device."""
        ...

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random pictures (B, 3, S, S) in [-1, 1] and choices (B, axes), on the generator's device.

        They depend on the generator alone, unless the source is a stream.
        """
        ...

    def subset(self, count: int) -> Tensor:
        """About `count` pictures (N, 3, S, S) in [-1, 1], the same at each call, to measure on."""
        ...

    def skip(self, images: int) -> None:
        """Continue after so many images, as a resumed run does."""
        ...
