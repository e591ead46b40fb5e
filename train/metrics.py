"""Measures of sample and edit quality, on (B, 3, H, W) pictures in [-1, 1]."""

import torch
import torch.nn.functional as F
from torch import Tensor


def rmse(a: Tensor, b: Tensor) -> float:
    """Root mean squared difference, in units of [-1, 1]."""
    return float((a - b).square().mean().sqrt())


def psnr(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """Peak signal to noise ratio in dB, averaged over pictures; peak 2. Inside a mask if given."""
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


def laplacian(x: Tensor, levels: int) -> list[Tensor]:
    """Laplacian pyramid, finest first; the last level is what is left."""
    pyramid = []
    for _ in range(levels - 1):
        small = F.avg_pool2d(x, 2)
        pyramid.append(x - F.interpolate(small, scale_factor=2, mode="bilinear"))
        x = small
    return [*pyramid, x]


def sliced_wasserstein(
    a: Tensor, b: Tensor, levels: int = 3, patch: int = 7, patches: int = 16, slices: int = 256
) -> float:
    """Sliced Wasserstein distance between patches of two sets, averaged over pyramid levels.

    After Karras et al. 2018 (progressive growing), section 5, without their per-channel
    normalisation; both sets must have the same number of pictures. Random numbers are fixed.
    """
    g = torch.Generator().manual_seed(0)
    total = 0.0
    for fine_a, fine_b in zip(laplacian(a, levels), laplacian(b, levels), strict=True):
        side = min(patch, fine_a.shape[-1])
        places = fine_a.shape[-1] - side + 1
        corners = torch.randint(places, (patches, 2), generator=g).tolist()

        def descriptors(x: Tensor, corners=corners, side=side) -> Tensor:
            cut = [x[..., top : top + side, left : left + side] for top, left in corners]
            return torch.cat(cut).flatten(1)

        first, second = descriptors(fine_a), descriptors(fine_b)
        directions = F.normalize(torch.randn(first.shape[1], slices, generator=g), dim=0)
        sorted_a, sorted_b = ((d @ directions).sort(0).values for d in (first, second))
        total += float((sorted_a - sorted_b).abs().mean())
    return total / levels
