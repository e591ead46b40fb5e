"""python -m train.landscapes.guess data/landscapes64: what scenes and lights are known by.

The table that editing/guess.py names paintings by: a softmax regression on which colours lie in the
upper, the middle and the lower part of rendered pictures, as they are and as a painter has them, in
flat colours of a small palette.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy import ndarray
from torch import Tensor

from editing.guess import TABLE, amounts
from editing.oklab import to_lab, to_rgb
from train.landscapes.crude import PALETTE
from train.landscapes.store import open_store

COUNT = 6000
BATCH = 64
BLUR = 7  # pixels a side of the patches that a painter has one colour for
DECAY = 0.01  # of squared weights
DIGITS = 3


def palette() -> Tensor:
    """The painter's colours in OKLab, (n, 3)."""
    colours = torch.from_numpy(PALETTE.astype(np.float32)) / 127.5 - 1
    return to_lab(colours.T[None, :, :, None])[0, :, :, 0].T.float()


def painted(pictures: Tensor, colours: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) with each pixel the colour (n, 3 in OKLab) nearest to its patch's."""
    blurred = F.avg_pool2d(F.pad(pictures, (BLUR // 2,) * 4, mode="reflect"), BLUR, 1)
    apart = (to_lab(blurred)[:, None] - colours[None, :, :, None, None]).square().sum(2)
    return to_rgb(colours.double()[apart.argmin(1)].movedim(-1, 1))


def seen(images: ndarray, colours: Tensor) -> Tensor:
    """What is known of pictures (N, H, W, 3) uint8: (2 N, 3 n), as they are and then as painted."""
    plain, flat = [], []
    for start in range(0, len(images), BATCH):
        x = torch.from_numpy(images[start : start + BATCH].copy()).movedim(-1, 1) / 127.5 - 1
        plain.append(amounts(x, colours))
        flat.append(amounts(painted(x, colours), colours))
    return torch.cat(plain + flat)


def regression(known: Tensor, names: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(weights (features, count), biases (count,)) that name what is known (N, features) best.

    Of features of one scale, as large as they are apart.
    """
    mean, scale = known.mean(0), known.std(0) + 0.025
    weights = torch.zeros(known.shape[1], count, requires_grad=True)
    biases = torch.zeros(count, requires_grad=True)
    solver = torch.optim.LBFGS([weights, biases], max_iter=100, line_search_fn="strong_wolfe")
    scaled = (known - mean) / scale

    def closure() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(scaled @ weights + biases, names)
        loss = loss + DECAY * weights.square().sum()
        loss.backward()
        return loss

    solver.step(closure)
    plain = weights.detach() / scale[:, None]
    return plain, biases.detach() - mean @ plain


def rounded(numbers: Tensor) -> list:
    return np.round(numbers.double().numpy(), DIGITS).tolist()


def table(images: ndarray, labels: ndarray, axes: dict[str, Iterable[str]]) -> dict:
    """The table of pictures (N, H, W, 3) and what they show, (N, number of axes)."""
    colours = palette()
    known = seen(images, colours)
    made = {"palette": np.round(colours.numpy(), 4).tolist(), "axes": {}}
    for column, (axis, names) in enumerate(axes.items()):
        names = list(names)
        shown = torch.from_numpy(labels[:, column].astype(np.int64)).repeat(2)
        weights, biases = regression(known, shown, len(names))
        told = {"weights": rounded(weights), "biases": rounded(biases)}
        made["axes"][axis] = {"names": names} | told
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description="measure what scenes and lights are known by")
    parser.add_argument("data", type=Path, help="a set of landscapes of 64x64")
    parser.add_argument("--count", type=int, default=COUNT, help="of its pictures")
    parser.add_argument("--out", type=Path, default=TABLE)
    args = parser.parse_args()
    store = open_store(args.data)
    made = table(store.images[: args.count], store.labels[: args.count], store.axes)
    args.out.write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
