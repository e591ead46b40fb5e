"""Orthogonal splits of image space into a measured and a free part (Song et al. 2023, Alg. 4).

An operator has `measure(x)` and `merge(measured, x)`: the picture nearest to x with that
measurement. Pictures are (B, 3, H, W) in [-1, 1].
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.errors import ImageError, SettingError

LUMA = (0.2989, 0.5870, 0.1140)


class Operator(Protocol):
    """A measurement, as the masked sampler takes it."""

    def measure(self, x: Tensor) -> Any:
        """What is known of x."""
        ...

    def merge(self, measured: Any, x: Tensor) -> Tensor:
        """x with its measured part replaced, its free part kept."""
        ...


class Mask:
    """Pixels outside of a mask are known. mask (B or 1, 1, H, W): 1 = free, 0 = measured."""

    def __init__(self, mask: Tensor):
        if mask.ndim != 4 or mask.shape[1] != 1:
            raise ImageError(f"A mask has the shape (B, 1, H, W), not {tuple(mask.shape)}.")
        self.free = mask > 0.5

    def measure(self, x: Tensor) -> Tensor:
        """The picture with its free pixels at zero, (B, 3, H, W)."""
        return torch.where(self.free.to(x.device), 0.0, x)

    def merge(self, measured: Tensor, x: Tensor) -> Tensor:
        return torch.where(self.free.to(x.device), x, measured)


class Grey:
    """The luma of every pixel is known, its colour is free.

    First coefficient of an orthonormal basis of RGB whose first axis is the normalised luma.
    """

    def __init__(self):
        self.axis = F.normalize(torch.tensor(LUMA, dtype=torch.float64), dim=0)[:, None, None]

    def measure(self, x: Tensor) -> Tensor:
        """Luma times 1 / |luma weights|, (B, 1, H, W)."""
        return (x * self.axis.to(x)).sum(1, keepdim=True)

    def merge(self, measured: Tensor, x: Tensor) -> Tensor:
        return x + self.axis.to(x) * (measured - self.measure(x))


class PatchMean:
    """The mean of every p x p patch of every channel is known: a picture p times smaller."""

    def __init__(self, patch: int):
        if patch < 1:
            raise SettingError(f"A patch has a side of at least 1, not {patch}.")
        self.patch = patch

    def measure(self, x: Tensor) -> Tensor:
        """The small picture, (B, 3, H / p, W / p)."""
        if x.shape[-1] % self.patch or x.shape[-2] % self.patch:
            raise ImageError(
                f"A picture of {x.shape[-1]}x{x.shape[-2]} has no whole {self.patch}-pixel patches."
            )
        return F.avg_pool2d(x, self.patch)

    def merge(self, measured: Tensor, x: Tensor, free: Tensor | None = None) -> Tensor:
        """The picture nearest to x with these means, of which only the free pixels change.

        free: (B or 1, 1, H, W) of bool, None is all. Where a mask cuts a patch, its free pixels
        alone bring it to its mean.
        """
        missing = measured - self.measure(x)
        if free is None:
            return x + repeat_pixels(missing, self.patch)
        fraction = self.measure(free.to(x))
        missing = torch.where(fraction > 0, missing / fraction.clamp(min=1 / self.patch**2), 0.0)
        return torch.where(free.to(x.device), x + repeat_pixels(missing, self.patch), x)


class Compose:
    """Several measurements at once: masks, grey, hints and means in any number.

    They commute, but for a mask and a mean whose patches it cuts: those are solved together, in
    closed form. Raises SettingError, on first use, for others that do not commute (means whose
    patches overlap without nesting): merging one would then undo another.
    """

    def __init__(self, *operators: Operator):
        self.operators: list[Operator] = []
        for operator in operators:
            self.operators += operator.operators if isinstance(operator, Compose) else [operator]
        self.checked: tuple[int, ...] = ()

    def measure(self, x: Tensor) -> tuple[Any, ...]:
        if self.checked != tuple(x.shape):
            self._check(x)
        return tuple(operator.measure(x) for operator in self.operators)

    def merge(self, measured: Sequence[Any], x: Tensor) -> Tensor:
        pairs = list(zip(self.operators, measured, strict=True))
        free = None
        for operator, part in pairs:
            if not isinstance(operator, PatchMean):
                x = operator.merge(part, x)
            if isinstance(operator, Mask):
                free = operator.free if free is None else free & operator.free
        for operator, part in pairs:  # last: they leave alone what the masks know
            if isinstance(operator, PatchMean):
                x = operator.merge(part, x, free)
        return x

    def _check(self, x: Tensor) -> None:
        """Raises SettingError unless a merge keeps the measurements of all parts."""
        probe = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).to(x)
        wanted = [operator.measure(probe) for operator in self.operators]
        merged = self.merge(wanted, x)
        for operator, part in zip(self.operators, wanted, strict=True):
            if (operator.measure(merged) - part).abs().max() > 1e-4:
                raise SettingError(
                    "These measurements contradict each other: the patches of two means must nest."
                )
        self.checked = tuple(x.shape)


class ColourHints(Compose):
    """Grey is known everywhere, and the full colour where hinted is 1. hinted (B, 1, H, W)."""

    def __init__(self, hinted: Tensor):
        super().__init__(Grey(), Mask(1 - hinted))


def repeat_pixels(x: Tensor, factor: int) -> Tensor:
    """Every pixel as a factor x factor block."""
    return F.interpolate(x, scale_factor=factor, mode="nearest")


def fill(x: Tensor, free: Tensor) -> Tensor:
    """A picture with its surroundings spread smoothly into the free pixels, (B, 3, H, W).

    Means of what is known at ever halved sizes, each filling the holes of the one before: pull-push
    (Gortler et al. 1996). free (B or 1, 1, H, W) of bool; zero where nothing is known.
    """
    known = (~free).to(x)
    if min(x.shape[-2:]) == 1 or not free.any():
        mean = (x * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1)
        return torch.where(free, mean, x)
    fraction = F.avg_pool2d(known, 2)
    coarse = F.avg_pool2d(x * known, 2) / fraction.clamp(min=0.25)
    filled = F.interpolate(fill(coarse, fraction == 0), size=x.shape[-2:], mode="bilinear")
    return torch.where(free, filled, x)


def grey_picture(x: Tensor) -> Tensor:
    """The true grey of a picture, (B, 3, H, W): what to show a person of Grey's measurement."""
    weights = torch.tensor(LUMA, dtype=torch.float64)
    luma = (x * (weights / weights.sum()).to(x)[:, None, None]).sum(1, keepdim=True)
    return luma.expand(-1, 3, -1, -1)


def tint(grey: Tensor, hints: Tensor, hinted: Tensor) -> Tensor:
    """A grey picture with the colour of the hints where hinted is 1, its luma kept.

    The hint's colour is weakened where the luma leaves no room for it in [-1, 1].
    """
    chroma = hints - grey_picture(hints)
    room = torch.where(chroma > 0, 1 - grey, -1 - grey) / torch.where(chroma == 0, 1, chroma)
    room = torch.where(chroma == 0, 1.0, room).clamp(0, 1).amin(1, keepdim=True)
    return torch.where(hinted > 0.5, grey + room * chroma, grey)
