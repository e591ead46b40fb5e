"""Pictures in memory: those of CIFAR-10, and the held-out ones of any source."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels


@dataclass(frozen=True)
class Pictures:
    """uint8 pictures (N, 3, H, W) and their label choices (N, axes)."""

    images: Tensor
    choices: Tensor
    labels: Labels

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Pictures":
        """The same pictures on another device."""
        return replace(self, images=self.images.to(device), choices=self.choices.to(device))

    def floats(self, index: Tensor | slice = slice(None)) -> Tensor:
        """The pictures of these numbers in [-1, 1], float32 (B, 3, H, W)."""
        return to_floats(self.images[index])

    def label(self, index: Tensor | slice = slice(None)) -> Tensor:
        """The label indices (B,) of the pictures of these numbers, no axis hidden."""
        return self.labels.encode(self.choices[index])

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Pictures and choices, drawn with replacement. The generator is on their device."""
        device = generator.device
        index = torch.randint(len(self), (size,), generator=generator, device=device)
        return self.floats(index), self.choices[index]

    def subset(self, count: int) -> Tensor:
        """All pictures, whatever the count, as they are in memory anyway."""
        return self.floats()

    def skip(self, images: int) -> None:
        """Does nothing: a draw depends on its generator alone."""


def to_floats(images: Tensor) -> Tensor:
    """uint8 pictures as float32 in [-1, 1], of the same shape."""
    return images.float() / 127.5 - 1


def shrink(images: Tensor, size: int) -> Tensor:
    """uint8 pictures (N, 3, S, S), averaged over squares of pixels to (N, 3, size, size).

    Raises DataError where `size` does not divide S.
    """
    side = images.shape[-1]
    if side % size:
        raise DataError(f"Pictures of side {side} cannot be averaged down to {size}.")
    if side == size:
        return images.contiguous()
    return F.avg_pool2d(images.float(), side // size).round().byte()
