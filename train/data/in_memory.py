"""Pictures that fit in memory: CIFAR-10 and everything that is held out."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels


@dataclass(frozen=True)
class Pictures:
    """uint8 pictures (N, 3, H, W) with their label choices (N, axes) and what these mean."""

    images: Tensor
    choices: Tensor
    labels: Labels

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Pictures":
        """The same on another device."""
        return replace(self, images=self.images.to(device), choices=self.choices.to(device))

    def floats(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Pictures in [-1, 1], float32."""
        return to_floats(self.images[index])

    def label(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Label indices, nothing hidden."""
        return self.labels.encode(self.choices[index])

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Pictures and choices drawn with replacement; the generator lives on their device."""
        device = generator.device
        index = torch.randint(len(self), (size,), generator=generator, device=device)
        return self.floats(index), self.choices[index]

    def look(self, count: int) -> Tensor:
        """All pictures, whatever the count: they are here already."""
        return self.floats()

    def skip(self, images: int) -> None:
        """Nothing to do: a draw depends on its generator alone."""


def to_floats(images: Tensor) -> Tensor:
    """uint8 pictures as float32 in [-1, 1]."""
    return images.float() / 127.5 - 1


def shrink(images: Tensor, size: int) -> Tensor:
    """uint8 pictures averaged down to a side that divides theirs."""
    side = images.shape[-1]
    if side % size:
        raise DataError(f"Pictures of side {side} cannot be averaged down to {size}.")
    if side == size:
        return images.contiguous()
    return F.avg_pool2d(images.float(), side // size).round().byte()
