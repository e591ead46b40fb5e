"""Random square crops of another source's pictures."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.data.source import Source


def crop(x: Tensor, corners: Tensor, side: int) -> Tensor:
    """Crops (B, 3, side, side) of pictures (B, 3, H, W).

    corners: (B, 2), the row and column of each crop's top left pixel.
    """
    squares = [
        picture[:, top : top + side, left : left + side]
        for picture, (top, left) in zip(x, corners.tolist(), strict=True)
    ]
    return torch.stack(squares)


@dataclass(frozen=True)
class Crops:
    """Square crops of a source's pictures, `side` pixels wide, with the pictures' labels."""

    whole: Source
    side: int

    def __post_init__(self):
        size = self.whole.subset(1).shape[-1]
        if not 0 < self.side <= size:
            raise DataError(f"A crop of pictures of side {size} is at most that, not {self.side}.")

    @property
    def labels(self) -> Labels:
        return self.whole.labels

    def __len__(self) -> int:
        return len(self.whole)

    def to(self, device: torch.device) -> "Crops":
        """The same crops, of the source on another device."""
        return Crops(self.whole.to(device), self.side)

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """A random crop of each of random pictures, and the pictures' choices."""
        x, choices = self.whole.draw(size, generator)
        places = x.shape[-1] - self.side + 1
        device = generator.device
        corners = torch.randint(places, (len(x), 2), generator=generator, device=device)
        return crop(x, corners, self.side), choices

    def subset(self, count: int) -> Tensor:
        """Central crops of a subset of the source."""
        x = self.whole.subset(count)
        corner = torch.tensor([[(x.shape[-1] - self.side) // 2] * 2])
        return crop(x, corner.expand(len(x), 2), self.side)

    def skip(self, images: int) -> None:
        self.whole.skip(images)
