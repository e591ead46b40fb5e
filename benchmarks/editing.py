"""Every task at its defaults: evaluations and time, beside the paper's own number of evaluations.

python -m benchmarks.editing [--threads 2] [--out FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.measure import Row, side_by_side, tell
from cm_core import load_model
from cm_core.checkpoints.registry import DEFAULT, DETAILERS
from editing import colorize, denoise, inpaint, stroke, super_resolve
from editing.operators import PatchMean

PAPER = 40  # evaluations of Song et al. (2023), Algorithm 4, in its own experiments
SIDE = 512  # of what the detailer is timed on, once it is four times as large


@dataclass
class Counted:
    """A model that counts the pictures it was asked for."""

    model: Any
    pictures: int = 0

    def __call__(self, x: Tensor, *args: Any, **more: Any) -> Tensor:
        self.pictures += len(x)
        return self.model(x, *args, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def tasks(x: Tensor) -> dict[str, Callable[[Any, dict], Tensor]]:
    """Every task on a picture (1, 3, H, W), with options of its own."""
    hole = torch.zeros(1, 1, *x.shape[-2:])
    hole[..., 20:44, 20:44] = 1
    return {
        "stroke": lambda m, how: stroke(m, x, **how),
        "inpaint": lambda m, how: inpaint(m, x, hole, **how),
        "colorize": lambda m, how: colorize(m, x, **how),
        "super_resolve": lambda m, how: super_resolve(m, PatchMean(4).measure(x), **how),
        "denoise": lambda m, how: denoise(m, x, 0.3),
    }


def rows(rounds: int) -> list[Row]:
    """A row a task: at its defaults, and with the paper's number of steps, one estimate each."""
    model = load_model(DEFAULT, fast=True)
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found: list[Row] = []
    for name, run in tasks(x).items():
        paper = {} if name == "denoise" else {"steps": PAPER, "samples_per_step": 1}
        counted = [Counted(model), Counted(model)]
        for way, how in zip(counted, ({}, paper), strict=True):
            run(way, how)
        took = side_by_side(
            {
                "ours": lambda run=run: run(model, {}),
                "paper": lambda run=run, how=paper: run(model, how),
            },
            rounds,
        )
        found.append(
            {"task": name, "evaluations": counted[0].pictures, "ms": 1000 * took["ours"],
             "paper's evaluations": counted[1].pictures, "its ms": 1000 * took["paper"]}
        )  # fmt: skip
    return found


class Residual(nn.Sequential):
    """Layers whose input is added to their output."""

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def edsr() -> nn.Module:
    """The baseline of EDSR, four times as large (Lim et al., 2017), of random weights: 16 blocks of
    64 channels without normalisation, then two doublings by pixel shuffle."""

    def conv(into: int, out: int) -> nn.Conv2d:
        return nn.Conv2d(into, out, 3, padding=1)

    blocks = [Residual(conv(64, 64), nn.ReLU(), conv(64, 64)) for _ in range(16)]
    doublings = [layer for _ in range(2) for layer in (conv(64, 256), nn.PixelShuffle(2))]
    return nn.Sequential(
        conv(3, 64), Residual(*blocks, conv(64, 64)), *doublings, conv(64, 3)
    ).eval()


def detailer_rows(rounds: int) -> list[Row]:
    """The detailer's speed, in megapixels of the result a second, beside bicubic and a published
    network of its size."""
    name = next(iter(DETAILERS))
    detailer, small = load_model(name, fast=True), torch.zeros(1, 3, SIDE // 4, SIDE // 4)
    published = edsr()
    ways = {
        "bicubic": lambda: F.interpolate(small, scale_factor=4, mode="bicubic"),
        "EDSR, baseline": lambda: published(small),
        name: lambda: detailer.enlarge(small, seed=0),
    }
    weights = {way: sum(p.numel() for p in net.parameters()) / 1e6
               for way, net in (("EDSR, baseline", published), (name, detailer.net))}  # fmt: skip
    with torch.inference_mode():
        took = side_by_side(ways, rounds)
    return [
        {"way": way, "M weights": weights.get(way), "megapixels/s": SIDE**2 / 1e6 / took[way]}
        for way in ways
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="folder to write JSON into")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tell("Editing", rows(args.rounds), args.threads, args.out)
    print()
    tell("Enlarging", detailer_rows(args.rounds), args.threads, args.out)


if __name__ == "__main__":
    main()
