"""Joining an edit to its surroundings: the seam lies inside the mask and shows nothing of the old.

Blending with the old content would leave a ghost of it. Instead the mismatch met just outside of
the mask is spread a little way into it, from broad differences of colour to fine ones.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

WORK = 512  # the seam is smooth: it is computed on at most WORK x WORK pixels
LONGEST = 1024  # the longest side of those pixels
FINEST = 0.5  # reach at which differences are fine enough


def work_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) at which a part of a picture is joined: its own, or smaller."""
    scale = min(1, WORK / (width * height) ** 0.5)

    def side(length: int) -> int:
        return min(max(1, round(scale * length)), LONGEST)

    return side(width), side(height)


def join(x0: Tensor, picture: Tensor, known: Tensor, size: tuple[int, int]) -> Tensor:
    """An edit (1, 3, h, w), brought to a picture's size and corrected to continue it into a hole.

    picture (1, 3, H, W) in [-1, 1]; known (1, 1, H, W): 0 where the edit is wanted, a fraction of
    pixels where some of it is; size (width, height): at which the edit was drawn. Returns
    (1, 3, H, W), meant for the hole only. Deep inside it is the edit itself.
    """
    edit = resize(x0, picture.shape[-2:])
    # The model kept what it saw, so the edit is off only within one of the model's pixels.
    reach = max(picture.shape[-1] / size[0], picture.shape[-2] / size[1], 2 * FINEST)
    rows, columns = around(known[0, 0] < 1, round(6 * reach))
    known, seen = known[..., rows, columns], (picture * known)[..., rows, columns]
    near_edit = edit[..., rows, columns]
    while reach >= FINEST:
        near, off = blur(known, reach), blur(seen - known * near_edit, reach)
        # At a straight edge half of what is near is known: there the correction is whole, and it
        # fades to nothing inside. A hole of a few pixels takes the mean of what surrounds it.
        near_edit = near_edit + off / near.clamp(min=0.5)
        reach /= 2
    edit[..., rows, columns] = near_edit
    return edit.clamp(-1, 1)


def around(hole: Tensor, margin: int) -> tuple[slice, slice]:
    """(rows, columns) of what is True in (H, W), and of a margin of pixels around it."""

    def span(lines: Tensor) -> slice:
        found = lines.nonzero()
        return slice(max(0, int(found[0]) - margin), int(found[-1]) + 1 + margin)

    return span(hole.any(1)), span(hole.any(0))


def resize(x: Tensor, size: Sequence[int]) -> Tensor:
    """(B, C, h, w) to (B, C, H, W): means of areas where both sides shrink, else bicubic."""
    smaller = size[0] <= x.shape[-2] and size[1] <= x.shape[-1]
    return F.interpolate(x, size=list(size), mode="area" if smaller else "bicubic")


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur, zero beyond the edges. (B, C, H, W)."""
    return gaussian(x.shape[-2], sigma) @ x @ gaussian(x.shape[-1], sigma)


def gaussian(length: int, sigma: float) -> Tensor:
    """Gaussian weights of each position for each other, (length, length), cut at 3 sigma.

    Multiplied by a picture, they blur it many times as fast as a depthwise convolution does.
    """
    radius = int(3 * sigma + 0.5)
    apart = torch.arange(max(length, radius + 1))
    weights = torch.where(apart <= radius, (-0.5 * (apart / sigma) ** 2).exp(), 0)
    weights = weights[:length] / (2 * weights.sum() - 1)  # of both sides, the middle once
    both = torch.cat([weights.flip(0), weights[1:]])
    return both.unfold(0, length, 1).flip(0)
