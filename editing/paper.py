"""White paper: the parts of a painting that are left to the model."""

import torch.nn.functional as F
from torch import Tensor

from editing.operators import fill

WHITE = 1 - 2 / 255  # one level below white still counts as paper
LIGHT = 0.5  # the mean of a pixel at the paper's edge, half of which may be paper


def bare(painting: Tensor) -> Tensor:
    """Where a painting (B, 3, H, W) in [-1, 1] is bare paper, (B, 1, H, W) of bool.

    Light pixels next to it count as well: they are mixtures of stroke and paper. A painting that is
    white all over has no paper.
    """
    paper = (painting >= WHITE).all(1, keepdim=True)
    near_paper = F.max_pool2d(paper.float(), 3, stride=1, padding=1) > 0
    paper = paper | (near_paper & (painting.mean(1, keepdim=True) > LIGHT))
    return paper & ~paper.flatten(1).all(1)[:, None, None, None]


def covered(painting: Tensor) -> Tensor:
    """A painting with the colours of its strokes spread smoothly over bare paper."""
    return fill(painting, bare(painting))
