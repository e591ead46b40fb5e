"""Small pictures as a detailer meets them: means of large ones, blurred and noisy by chance."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.detail_net import FACTOR
from train.detail.settings import DetailConfig

REACH = 3  # of a blur, in pixels to each side: three times the widest


@dataclass(frozen=True)
class Condition:
    """What a detailer is given beside x and t: small (B, 3, H, W), augmentation (B, 2) and faithful
    (B,) as `Detailer.forward` takes them."""

    small: Tensor
    augmentation: Tensor
    faithful: Tensor


def blurred(small: Tensor, std: Tensor) -> Tensor:
    """(B, 3, H, W), each under a Gaussian of its own std (B,), edges repeated beyond."""
    at = torch.arange(-REACH, REACH + 1, device=small.device)
    kernel = torch.softmax(-(at**2) / (2 * std[:, None].clamp(min=0.1) ** 2), dim=1)
    planes = small.flatten(0, 1)[None]
    kernel = kernel.repeat_interleave(small.shape[1], dim=0)[:, None]
    count = planes.shape[1]
    planes = F.pad(planes, (REACH,) * 4, mode="replicate")
    planes = F.conv2d(planes, kernel[:, :, None], groups=count)
    return F.conv2d(planes, kernel[..., None], groups=count).view_as(small)


def degraded(x0: Tensor, settings: DetailConfig) -> Condition:
    """The small pictures of large ones (B, 3, 4H, 4W), by torch's own random numbers.

    A fraction stays clean; noise of the others is mostly slight, blur evenly spread.
    """
    small, count = F.avg_pool2d(x0, FACTOR), len(x0)
    dice = torch.rand(4, count, device=x0.device)
    told = (dice[0] >= settings.clean).float()
    blur = settings.blur * told * dice[1]
    noise = settings.noise * told * dice[2] ** 2
    small = torch.where((blur > 0)[:, None, None, None], blurred(small, blur), small)
    small = small + noise[:, None, None, None] * torch.randn_like(small)
    return Condition(small, torch.stack([noise, blur], 1), dice[3] < settings.faithful)
