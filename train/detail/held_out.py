"""A detailer's errors on held-out pictures, and a sheet of its enlargements of them."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.detail_net import FACTOR
from cm_core.detailer import Detailer, bicubic
from train.data.in_memory import Pictures
from train.evaluation.metrics import psnr
from train.grid import save_grid

MEASURED = 24  # held-out pictures
SHOWN = 6


def subset(pictures: Pictures, count: int, device: torch.device) -> Tensor:
    """Pictures at even distances in the set, (N, 3, H, W) in [-1, 1], on a device."""
    pick = torch.linspace(0, len(pictures) - 1, min(count, len(pictures))).long()
    return pictures.floats(pick).to(device)


@torch.no_grad()
def errors(model: Detailer, pictures: Pictures, count: int = MEASURED) -> dict[str, float]:
    """PSNR in dB of bicubic, faithful and lively enlargements of clean pictures, and "detail".

    Detail is the root mean square of what the lively ones add to bicubic, over that of what the
    true pictures add: 1 is right.
    """
    if not len(pictures):
        return {}
    x0 = subset(pictures, count, model.device)
    small = F.avg_pool2d(x0, FACTOR)
    base = bicubic(small)
    made = {
        "lively": torch.cat([model.enlarge(s, i) for i, s in enumerate(small.split(1))]),
        "faithful": torch.cat([model.enlarge(s, faithful=True) for s in small.split(1)]),
    }
    found = {"bicubic": psnr(base.clamp(-1, 1), x0)}
    found |= {name: psnr(x, x0) for name, x in made.items()}
    added = (made["lively"] - base).square().mean() / (x0 - base).square().mean()
    return found | {"detail": float(added.sqrt())}


@torch.no_grad()
def sheet(model: Detailer, pictures: Pictures, path: Path, count: int = SHOWN) -> None:
    """Write a row for each held-out picture: small, bicubic, faithful, lively, and the true one."""
    if not len(pictures):
        return
    x0 = subset(pictures, count, model.device)
    small = F.avg_pool2d(x0, FACTOR)
    columns = [
        F.interpolate(small, scale_factor=FACTOR, mode="nearest"),
        bicubic(small),
        model.enlarge(small, faithful=True),
        model.enlarge(small),
        x0,
    ]
    save_grid(torch.stack([c.cpu() for c in columns], 1).flatten(0, 1), path, len(columns))
