"""Where training pictures come from: one small module a kind, one interface for all."""

from typing import Protocol

import torch
from torch import Generator, Tensor

from cm_core.labels import Labels

HELD_OUT_MOST = 1024  # held-out pictures kept in memory


class Source(Protocol):
    """What a run draws its batches from."""

    @property
    def labels(self) -> Labels:
        """What the choices mean."""
        ...

    def __len__(self) -> int:
        """Pictures, for the log; 0 where a stream does not say."""
        ...

    def to(self, device: torch.device) -> "Source":
        """The same, with what it keeps in memory on another device."""
        ...

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random pictures (B, 3, S, S) in [-1, 1] and choices (B, axes), on the generator's device.

        Which ones depends on the generator alone, except of a stream.
        """
        ...

    def look(self, count: int) -> Tensor:
        """About `count` pictures in [-1, 1] that stand for all, to measure mean and spread on."""
        ...

    def skip(self, images: int) -> None:
        """Go on after so many images of the whole run."""
        ...
