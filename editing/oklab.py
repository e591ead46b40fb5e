"""OKLab (Ottosson 2020, "A perceptual color space for image processing"), of whole pictures."""

import torch
from torch import Tensor

TO_LMS = torch.tensor(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=torch.float64,
)
TO_LAB = torch.tensor(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=torch.float64,
)


def to_lab(x: Tensor) -> Tensor:
    """sRGB (B, 3, H, W) in [-1, 1] -> OKLab, float64."""
    s = ((x.double() + 1) / 2).clamp(0, 1)
    linear = torch.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    lms = torch.einsum("ij,bjhw->bihw", TO_LMS.to(x.device), linear)
    return torch.einsum("ij,bjhw->bihw", TO_LAB.to(x.device), lms.clamp(min=0) ** (1 / 3))


def to_rgb(lab: Tensor) -> Tensor:
    """OKLab -> sRGB in [-1, 1], clamped to what a screen can show."""
    lms = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(TO_LAB).to(lab.device), lab) ** 3
    linear = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(TO_LMS).to(lab.device), lms)
    linear = linear.clamp(0, 1)
    s = torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (s * 2 - 1).float()
