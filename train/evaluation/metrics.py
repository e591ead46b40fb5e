"""Measures of sample and edit quality.

The first three compare pictures (B, 3, H, W) in [-1, 1], the others sets of features (N, D).
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def rmse(a: Tensor, b: Tensor) -> float:
    """Root mean squared difference, in units of [-1, 1]."""
    return float((a - b).square().mean().sqrt())


def psnr(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """Peak signal to noise ratio in dB, peak 2, averaged over pictures. where: inside a mask."""
    error = (a - b).square()
    if where is None:
        mse = error.flatten(1).mean(1)
    else:
        inside = where.expand_as(error)
        mse = (error * inside).flatten(1).sum(1) / inside.flatten(1).sum(1)
    return float((10 * torch.log10(4 / mse.clamp(min=1e-10))).mean())


def ssim(a: Tensor, b: Tensor) -> float:
    """Structural similarity with an 11x11 Gaussian window of std 1.5 (Wang et al. 2004)."""
    offsets = torch.arange(11.0) - 5
    line = torch.exp(-(offsets**2) / (2 * 1.5**2))
    window = (line[:, None] * line)[None, None] / line.sum() ** 2

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(x.flatten(0, 1)[:, None], window)

    mean_a, mean_b = blur(a), blur(b)
    var_a = blur(a * a) - mean_a**2
    var_b = blur(b * b) - mean_b**2
    cov = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    value = (2 * mean_a * mean_b + c1) * (2 * cov + c2)
    return float((value / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (N, M) of features (N, D) and (M, D), in float64."""
    return torch.cdist(a.double(), b.double())


def precision_recall(made: Tensor, real: Tensor, k: int = 3) -> tuple[float, float]:
    """Improved precision and recall of feature sets (N, D) and (M, D), N and M above k.

    Precision: the fraction of made features within the distance of a real one to its k-th nearest
    neighbour among the real; recall: the same with the roles exchanged (Kynkaanniemi et al. 2019,
    eq. 1 and 2). Both grow with the number of balls: compare them at equal counts only.
    """

    def covered(points: Tensor, centres: Tensor) -> float:
        # The nearest neighbour of a centre is itself, at distance 0.
        radius = distances(centres, centres).kthvalue(k + 1, dim=1).values
        return float((distances(points, centres) <= radius).any(1).double().mean())

    return covered(made, real), covered(real, made)


def memorisation(made: Tensor, train: Tensor, held_out: Tensor) -> tuple[float, float]:
    """(ratio, copies) of feature sets (N, D), from distances to the nearest training picture.

    ratio: the median over samples, over the median over held-out pictures, which the model never
    saw. Near 1, samples are as far from the training set as unseen pictures are. Well below 1, they
    are nearer, as copies of it are, or pictures plainer than its own.
    copies: the fraction of samples nearer to a training picture than 95 % of the held-out pictures
    are. It is 0.05 where samples are like unseen pictures, and more where some are copies, even if
    most are not.
    """
    nearest, usual = (distances(x, train).amin(1) for x in (made, held_out))
    ratio = nearest.median() / usual.median().clamp(min=1e-12)
    return float(ratio), float((nearest < usual.quantile(0.05)).double().mean())
