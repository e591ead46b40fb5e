"""Pictures in part: a square of each, wherever the generator says."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.data.source import Source


def cropped(x: Tensor, corners: Tensor, side: int) -> Tensor:
    """The square of each picture (B, 3, H, W) below and right of its corner (B, 2)."""
    squares = [
        picture[:, top : top + side, left : left + side]
        for picture, (top, left) in zip(x, corners.tolist(), strict=True)
    ]
    return torch.stack(squares)


@dataclass(frozen=True)
class Crops:
    """Squares of another source's pictures, of one side, with their labels."""

    whole: Source
    side: int

    def __post_init__(self):
        size = self.whole.look(1).shape[-1]
        if not 0 < self.side <= size:
            raise DataError(f"A crop of pictures of side {size} is at most that, not {self.side}.")

    @property
    def labels(self) -> Labels:
        return self.whole.labels

    def __len__(self) -> int:
        return len(self.whole)

    def to(self, device: torch.device) -> "Crops":
        """The same of the other source there."""
        return Crops(self.whole.to(device), self.side)

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random squares of random pictures, and their choices."""
        x, choices = self.whole.draw(size, generator)
        places = x.shape[-1] - self.side + 1
        device = generator.device
        corners = torch.randint(places, (len(x), 2), generator=generator, device=device)
        return cropped(x, corners, self.side), choices

    def look(self, count: int) -> Tensor:
        """The middles of what the other source shows."""
        x = self.whole.look(count)
        corner = torch.tensor([[(x.shape[-1] - self.side) // 2] * 2])
        return cropped(x, corner.expand(len(x), 2), self.side)

    def skip(self, images: int) -> None:
        self.whole.skip(images)
