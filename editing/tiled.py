"""A model of one size on pictures of any size: overlapping windows, blended at each evaluation.

Overlaps are blended anew at each noise level of a sampler, so that the windows grow into one
picture (MultiDiffusion, Bar-Tal et al. 2023).
"""

import torch
from torch import Tensor

from cm_core.adapter import Adapter, Model
from cm_core.model import Label
from cm_core.stream import Level
from cm_core.tiles import overlapping

OVERLAP = 0.25  # of a window with the next
LONGEST = 8  # times the model's side: the longer side that a picture is drawn at


class Tiled(Adapter):
    """A callable (x, sigma, label) -> x0 like its model, for x (B, 3, H, W) of any size.

    window: the side of the pictures that the model draws. A shorter x is continued as in a mirror.
    An x of the model's own size gives what the model gives.
    """

    def __init__(self, model: Model, window: int):
        super().__init__(model)
        self.window = window

    @property
    def image_size(self) -> None:
        """Any."""

    def windows(self, height: int, width: int) -> list[tuple[slice, slice]]:
        """(rows, columns) of each window over a picture of these sides, none below the model's."""
        across = overlapping(max(width, self.window), self.window, OVERLAP)
        down = overlapping(max(height, self.window), self.window, OVERLAP)
        return [(rows, columns) for rows in down for columns in across]

    def __call__(self, x: Tensor, sigma: Level, label: Label = None) -> Tensor:
        height, width = x.shape[-2:]
        windows = self.windows(height, width)
        if min(height, width) < self.window:
            rows, columns = (
                mirrored_indices(each, self.window).to(x.device) for each in (height, width)
            )
            x = x[:, :, rows][..., columns]
        if len(windows) == 1:
            return self.model(x, sigma, label)[..., :height, :width]
        weight = peak(self.window).to(x)
        weight = weight[:, None] * weight
        made, total = torch.zeros_like(x), torch.zeros_like(x[:1, :1])
        for window in windows:
            made[..., *window] += weight * self.model(x[..., *window], sigma, label)
            total[..., *window] += weight
        return made.div_(total)[..., :height, :width]


def mirrored_indices(length: int, least: int) -> Tensor:
    """Indices 0, 1, ... of a length, turning back at its ends until there are `least`."""
    at = torch.arange(max(length, least)) % (2 * length)
    return torch.minimum(at, 2 * length - 1 - at)


def peak(side: int) -> Tensor:
    """Weights (side,) that rise from near 0 at a window's ends to 1 in its middle, smoothly."""
    return torch.sin(torch.pi * (torch.arange(side) + 0.5) / side) ** 2


def drawn_size(picture_size: tuple[int, int], side: int, squeeze: float = 1.0) -> tuple[int, int]:
    """(width, height) at which a picture is drawn: its shorter side the model's.

    The longer one is as many times as long as the picture's, and at most `LONGEST` times. squeeze:
    what it may be shortened by, for the model to see more at once.
    """
    unit = min(picture_size) * squeeze
    width, height = (
        min(max(side, round(side * length / unit)), LONGEST * side) for length in picture_size
    )
    return width, height
