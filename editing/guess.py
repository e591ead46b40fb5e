"""The likely scenes and lights of a painting, by a softmax regression on its colours.

A table made from pictures (`python -m train.landscapes.guess`) holds a palette and, for every name,
the weight of each colour in the upper half, the middle and the lower half of a picture. No network
is evaluated.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from editing.oklab import to_lab

TABLE = Path(__file__).resolve().parent.parent / "assets" / "guess.json"
NEAR = 0.003  # squared distance in OKLab within which a colour counts as one of the palette
SIDE = 64  # pixels at which a painting is looked at, at most


@dataclass(frozen=True)
class Table:
    """palette (n, 3) in OKLab; by axis the names, their weights (3 n, k) and biases (k,)."""

    palette: Tensor
    names: dict[str, list[str]]
    weights: dict[str, Tensor]
    biases: dict[str, Tensor]


@functools.cache
def known_table(file: Path = TABLE) -> Table:
    """The table of a file."""
    told = json.loads(file.read_text())
    axes = told["axes"]
    return Table(
        torch.tensor(told["palette"]),
        {axis: list(one["names"]) for axis, one in axes.items()},
        {axis: torch.tensor(one["weights"]) for axis, one in axes.items()},
        {axis: torch.tensor(one["biases"]) for axis, one in axes.items()},
    )


def amounts(pictures: Tensor, palette: Tensor) -> Tensor:
    """How much of each colour of a palette (n, 3) lies in the upper half, the middle and the lower
    half of pictures (B, 3, H, W) in [-1, 1]: square roots of fractions, (B, 3 n)."""
    height, width = (min(SIDE, side) for side in pictures.shape[-2:])
    lab = to_lab(F.adaptive_avg_pool2d(pictures, (height, width))).float()
    apart = (lab[:, None] - palette[None, :, :, None, None]).square().sum(2)
    near = torch.softmax(-apart / NEAR, 1)
    half, quarter = -(-height // 2), height // 4
    parts = (near[:, :, :half], near[:, :, quarter : quarter + half], near[:, :, -half:])
    return torch.cat([part.mean((2, 3)).sqrt() for part in parts], 1)


def probabilities(painting: Tensor, table: Table | None = None) -> dict[str, dict[str, float]]:
    """By axis, scene and light, how likely a painting (1, 3, H, W) shows each name; sums to 1.

    Bare paper says white: spread the strokes over it first (editing.paper.covered).
    """
    table = known_table() if table is None else table
    seen = amounts(painting.cpu(), table.palette)[0]
    found = {}
    for axis, names in table.names.items():
        likely = torch.softmax(seen @ table.weights[axis] + table.biases[axis], 0)
        found[axis] = dict(zip(names, likely.tolist(), strict=True))
    return found


def guess(painting: Tensor, table: Table | None = None) -> dict[str, list[str]]:
    """By axis, all names that a painting (1, 3, H, W) may show, likeliest first."""
    found = probabilities(painting, table)
    return {axis: sorted(likely, key=likely.__getitem__)[::-1] for axis, likely in found.items()}


def light_of(painting: Tensor) -> str:
    """The light that a painting (1, 3, H, W) most likely shows."""
    return guess(painting)["light"][0]
