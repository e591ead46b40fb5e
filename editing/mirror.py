"""A hole filled with its surroundings as in mirrors at its edges: a start for what is drawn there.

A landscape's parts lie at heights, so what is beside a hole says most of what belongs in it.
"""

import torch
from torch import Tensor

from editing.operators import fill

ASIDE = 3.0  # times as near as it is, what lies beside a pixel counts, to what lies above or below


def mirrored(picture: Tensor, free: Tensor) -> Tensor:
    """A picture (B, 3, H, W) with its known pixels mirrored into the free ones.

    free (B or 1, 1, H, W) of bool. A free pixel takes the mean of its images in the hole's four
    edges, weighted by 1 / distance squared. Where no edge lies in its row or column, the picture's
    surroundings are spread smoothly; where nothing is known, it is 0.
    """
    free = free.expand(len(picture), -1, -1, -1)
    total = torch.zeros_like(picture)
    weights = torch.zeros_like(picture[:, :1])
    for vertical in (False, True):
        for backwards in (False, True):
            x, hole = turned(picture, vertical, backwards), turned(free, vertical, backwards)
            image, distance = from_the_left(x, hole)
            weight = torch.where(distance > 0, (ASIDE**vertical * distance) ** -2.0, 0)
            total += turned_back(image * weight, vertical, backwards)
            weights += turned_back(weight, vertical, backwards)
    mean = total / weights.clamp(min=torch.finfo(total.dtype).tiny)
    known = torch.where(free & (weights > 0), mean, picture)
    return fill(known, free & (weights == 0))


def from_the_left(x: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
    """(x with the known pixels left of each hole mirrored into it, distance of each free pixel from
    the hole's left edge, 0 where there is none).

    Where the hole is wider than what is known beside it, the mirror image turns again.
    """
    at = torch.arange(x.shape[-1], device=x.device).expand(free.shape)
    edge = torch.where(free, -1, at).cummax(-1).values  # the last known pixel so far
    begins = torch.where(free, at, -1).cummax(-1).values + 1  # of the run of known pixels
    length = edge - begins.gather(-1, edge.clamp(min=0)) + 1
    distance = at - edge
    turns = (distance - 1) % (2 * length).clamp(min=1)
    back = torch.minimum(turns, 2 * length - 1 - turns)
    source = torch.where(free, edge - back, at).clamp(0, x.shape[-1] - 1)
    there = free & (edge >= 0)
    return x.gather(-1, source.expand(x.shape)), distance * there


def turned(x: Tensor, vertical: bool, backwards: bool) -> Tensor:
    """Columns as rows, and rows from their end."""
    x = x.mT if vertical else x
    return x.flip(-1) if backwards else x


def turned_back(x: Tensor, vertical: bool, backwards: bool) -> Tensor:
    """The same undone."""
    x = x.flip(-1) if backwards else x
    return x.mT if vertical else x
