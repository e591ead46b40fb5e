"""Joining an edit to its surroundings: the seam lies inside the mask and shows nothing of the old.

Blending with the old content would leave a ghost of it. Instead the mismatch met just outside of
the mask is spread a little way into it, from broad differences of colour to fine ones.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

WORK = 512  # most at which the seam is computed: it is smooth, so larger pictures enlarge it


def join(x0: Tensor, picture: Tensor, hole: Tensor) -> Tensor:
    """An edit (1, 3, h, w), enlarged and corrected so that it continues the picture into the hole.

    picture (1, 3, s, s) in [-1, 1]; hole (1, 1, s, s): 1 where the edit is wanted. Returns
    (1, 3, min(s, WORK), ...), meant for the hole only. Deep inside it is the edit itself.
    """
    work = min(picture.shape[-1], WORK)
    known = resize(1 - hole, work)
    seen = resize(picture * (1 - hole), work)
    edit = resize(x0, work)
    # The model kept what it saw, so the edit is off only within a pixel of the model's.
    reach = max(work / x0.shape[-1], 1.0)
    while reach >= 0.5:
        near, off = blur(known, reach), blur(seen - known * edit, reach)
        # At a straight edge half of what is near is known: there the correction is whole, and it
        # fades to nothing inside. A hole of a few pixels takes the mean of what surrounds it.
        edit = edit + off / near.clamp(min=0.5)
        reach /= 2
    return edit.clamp(-1, 1)


def resize(x: Tensor, side: int) -> Tensor:
    """(B, C, h, w) to a square: means of areas down, bicubic up."""
    if x.shape[-1] == side:
        return x
    if x.shape[-1] > side:
        return F.interpolate(x, size=(side, side), mode="area")
    return F.interpolate(x, size=(side, side), mode="bicubic", align_corners=False)


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur, zero beyond the edges. (B, C, H, W)."""
    radius = min(int(3 * sigma + 0.5), x.shape[-1] - 1)
    at = torch.arange(-radius, radius + 1, dtype=x.dtype)
    kernel = (-0.5 * (at / sigma) ** 2).exp()
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, 1, -1)
    x = F.conv2d(x, kernel, padding=(0, radius), groups=x.shape[1])
    return F.conv2d(x, kernel.mT, padding=(radius, 0), groups=x.shape[1])
