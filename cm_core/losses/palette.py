"""Colours: what pictures are painted with, wherever in them that is."""

import torch
import torch.nn.functional as F
from torch import Tensor

DIRECTIONS = 4  # drawn anew each time


def palette(x: Tensor, true: Tensor) -> Tensor:
    """Squared distance of the colours in pictures x (B, C, H, W) from those in as many true ones,
    all pixels of a batch together, (B,): each picture's share, by the scale of a mean square.

    The sliced Wasserstein distance (Bonneel et al. 2015): along random directions the pixels are
    brought into order, and moved by whatever parts them from the true one of the same rank.
    """
    along = F.normalize(torch.randn(DIRECTIONS, x.shape[1], 1, device=x.device), dim=1)
    # Not by a product of matrices, which is of half precision where a run's is.
    ours, theirs = ((along * y.float().transpose(0, 1).flatten(1)).sum(1) for y in (x, true))
    goal = torch.empty_like(theirs)
    goal.scatter_(1, ours.detach().argsort(1), theirs.sort(1).values)
    return (ours - goal).square().unflatten(1, (len(x), -1)).mean((0, 2))
