"""A network's grid in its pictures: a pattern that repeats where its maps' positions do."""

import torch.nn.functional as F
from torch import Tensor

FAINT = 0.05  # of a picture's range of 2: a grid's lines are no stronger, edges are
AROUND = 5  # pixels a side, whose mean a pattern is told from


def weave(x: Tensor, period: int) -> Tensor:
    """Mean square of what repeats every `period` pixels in pictures (B, 3, H, W), (B,).

    A network that unfolds each position of a map to `period` x `period` pixels can leave a trace of
    that in even grounds (Odena et al. 2016). True pictures repeat little: the mean over all places
    of what differs from its surroundings is near zero for each place within a period. Edges, far
    above FAINT, count for as little as they can.
    """
    half = AROUND // 2
    mean = F.avg_pool2d(F.pad(x, (half,) * 4, mode="replicate"), AROUND, 1)
    faint = FAINT * ((x - mean) / FAINT).tanh()
    places = F.pixel_unshuffle(faint, period).mean((2, 3)).unflatten(1, (x.shape[1], period**2))
    return places.var(2, correction=0).mean(1)
