"""Colour and affine changes that are told to the network, so that samples stay clean.

After Karras et al. 2022, App. F.1: the network sees what was done as an input, which is left out
when sampling.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

AUGMENT_DIM = 7


def augment(x0: Tensor, chance: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Changed pictures and what was done, (B, 7): each change with its chance, on a white ground.

    Scale, rotation (cosine and sine), shift in x and y, brightness and saturation. The generator
    lives on the pictures' device.
    """
    b = x0.shape[0]

    def amounts(std: float) -> Tensor:
        on = torch.rand(b, generator=generator, device=x0.device) < chance
        return on * std * torch.randn(b, generator=generator, device=x0.device)

    scale, angle = amounts(0.15), amounts(0.2)
    shift_x, shift_y = amounts(0.08), amounts(0.08)
    brightness, saturation = amounts(0.1), amounts(0.3)
    cos, sin = angle.cos() * torch.exp(-scale), angle.sin() * torch.exp(-scale)
    matrix = torch.stack(
        [torch.stack([cos, -sin, shift_x], 1), torch.stack([sin, cos, shift_y], 1)], 1
    )
    grid = F.affine_grid(matrix, list(x0.shape), align_corners=False)
    # The ground is white (+1): shifted to zero, which is what grid_sample pads with.
    x = F.grid_sample(x0 - 1, grid, padding_mode="zeros", align_corners=False) + 1
    still = (scale == 0) & (angle == 0) & (shift_x == 0) & (shift_y == 0)
    x = torch.where(still[:, None, None, None], x0, x)
    column = (slice(None), None, None, None)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * torch.exp(saturation)[column]
    x = (x + brightness[column]).clamp(-1, 1)
    told = [scale / 0.15, angle.cos() - 1, angle.sin(), shift_x / 0.08, shift_y / 0.08]
    told += [brightness / 0.1, saturation / 0.3]
    return x, torch.stack(told, 1) / math.sqrt(2)


def shifted(x: Tensor, most: float) -> Tensor:
    """Pictures (B, C, H, W) each moved by whole pixels, at most that share of the side each way, on
    a white ground; by torch's own random numbers. Gradients pass."""
    b, c, h, w = x.shape
    reach = int(most * h)
    down, right = torch.randint(2 * reach + 1, (2, b, 1), device=x.device)
    rows = (torch.arange(h, device=x.device) + down)[:, None, :, None]
    columns = (torch.arange(w, device=x.device) + right)[:, None, None]
    at = torch.arange(b, device=x.device)[:, None, None, None]
    channels = torch.arange(c, device=x.device)[:, None, None]
    return F.pad(x, [reach] * 4, value=1.0)[at, channels, rows, columns]
