"""The small pictures that a detailer is trained on: means of large ones, blurred and noisy."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.detail_net import FACTOR
from train.detail.settings import DetailConfig

REACH = 3  # pixels to each side that a blur extends to: three times the largest std


@dataclass(frozen=True)
class Condition:
    """The inputs of a detailer other than x and t, as `Detailer.forward` takes them.

    small (B, 3, H, W), around [-1, 1]; augmentation (B, 2), the std of its noise and of its blur;
    faithful (B,) of bool, whether the estimate is to be the mean.
    """

    small: Tensor
    augmentation: Tensor
    faithful: Tensor


def blurred(small: Tensor, std: Tensor) -> Tensor:
    """Pictures (B, 3, H, W), each blurred by a Gaussian of its own std (B,) in pixels.

    Beyond its edges a picture repeats them.
    """
    at = torch.arange(-REACH, REACH + 1, device=small.device)
    kernel = torch.softmax(-(at**2) / (2 * std[:, None].clamp(min=0.1) ** 2), dim=1)
    planes = small.flatten(0, 1)[None]
    kernel = kernel.repeat_interleave(small.shape[1], dim=0)[:, None]
    count = planes.shape[1]
    planes = F.pad(planes, (REACH,) * 4, mode="replicate")
    planes = F.conv2d(planes, kernel[:, :, None], groups=count)
    return F.conv2d(planes, kernel[..., None], groups=count).view_as(small)


def degraded(x0: Tensor, detail: DetailConfig) -> Condition:
    """The small pictures of large ones (B, 3, 4H, 4W), degraded by torch's own random numbers.

    The fraction `clean` of them is only reduced. The others are blurred by a std that is uniform
    up to its maximum, and get noise of a std that is its maximum times the square of a uniform
    number.
    """
    small, count = F.avg_pool2d(x0, FACTOR), len(x0)
    uniform = torch.rand(4, count, device=x0.device)
    dirty = (uniform[0] >= detail.clean).float()
    blur = detail.blur * dirty * uniform[1]
    noise = detail.noise * dirty * uniform[2] ** 2
    small = torch.where((blur > 0)[:, None, None, None], blurred(small, blur), small)
    small = small + noise[:, None, None, None] * torch.randn_like(small)
    return Condition(small, torch.stack([noise, blur], 1), uniform[3] < detail.faithful)
