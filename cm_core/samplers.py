"""Samplers: each a generator over `model(x, sigma, label)` that streams its steps.

The model is any callable to x0; noise is standard normal, and scaled inside. The `sample_*`
functions return the last x0.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import Generators, randn_like
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN
from cm_core.stream import Level, Step, last_of, last_x0


def levels(sigmas: Sequence[Level | Sequence[float]] | Tensor, batch: int = 1) -> list[Level]:
    """Noise levels, checked to be positive and descending. Raises SettingError.

    batch: in a batch of more, a level may be (B,), one for each picture.
    """
    try:
        values = [torch.as_tensor(sigma, dtype=torch.float64) for sigma in sigmas]
    except (TypeError, ValueError):
        raise SettingError("Noise levels are numbers, one a step.") from None
    if not values:
        raise SettingError("A sampler needs at least one noise level.")
    if any(value.ndim > 1 or value.numel() not in (1, batch) for value in values):
        raise SettingError("Noise levels are numbers, one a step, or one a step and picture.")
    falling = all((a > b).all() for a, b in itertools.pairwise(values))
    if not falling or not all(((v > 0) & v.isfinite()).all() for v in values):
        raise SettingError("Noise levels must be positive and descending.")
    return [float(value) if value.numel() == 1 else value for value in values]


def renoise_std(sigma: Level, sigma_min: float = SIGMA_MIN) -> Level:
    """Standard deviation of the noise that takes a picture to a level (Song et al. 2023, Alg. 1).

    x0 itself stands for the level sigma_min, so that variances add up to sigma^2.
    """
    if isinstance(sigma, Tensor):
        return (sigma**2 - sigma_min**2).clamp(min=0).sqrt()
    return math.sqrt(max(sigma**2 - sigma_min**2, 0.0))


def scale_by(level: Level, x: Tensor) -> Tensor:
    """Pictures (B, C, H, W) scaled by one number, or each picture by its own."""
    return level * x if not isinstance(level, Tensor) else level.to(x)[:, None, None, None] * x


@torch.no_grad()
def stream_multistep(
    model: Model,
    noise: Tensor,
    sigmas: Sequence[float] | Tensor,
    generator: Generators | None = None,
    label: Label = None,
    sigma_min: float | None = None,
    clip: bool = False,
) -> Iterator[Step]:
    """Multistep consistency sampling (Song et al. 2023, Algorithm 1).

    noise (B, 3, H, W) is N(0, 1), and scaled inside. sigmas: a network evaluation each, positive
    and descending. generator: one, or one a picture, of the noise added before later levels.
    sigma_min: the level that x0 stands for; None is the model's own. clip: x0 is clamped to
    [-1, 1]. A Step's x0 is (B, 3, H, W). Raises SettingError.
    """
    low, x0 = adapt(model).sigma_min if sigma_min is None else sigma_min, None
    for index, sigma in enumerate(levels(sigmas)):
        if x0 is None:
            x = sigma * noise
        else:
            x = x0 + renoise_std(sigma, low) * randn_like(x0, generator)
        x0 = model(x, sigma, label)
        if clip:
            x0 = x0.clamp(-1, 1)
        yield Step(index, sigma, x, x0)


@torch.no_grad()
def stream_euler(
    model: Model, noise: Tensor, sigmas: Sequence[float] | Tensor, label: Label = None
) -> Iterator[Step]:
    """Probability-flow ODE by Euler steps to zero noise (Karras et al. 2022, eq. 4).

    noise (B, 3, H, W) is N(0, 1), and scaled inside. sigmas: a network evaluation each, positive
    and descending. The last level's x0, (B, 3, H, W), is the sample. Raises SettingError.
    """
    grid = levels(sigmas)
    x = grid[0] * noise
    for index, (sigma, below) in enumerate(zip(grid, [*grid[1:], 0.0], strict=True)):
        x0 = model(x, sigma, label)
        yield Step(index, sigma, x, x0)
        x = x0 + below / sigma * (x - x0)


@torch.no_grad()
def stream_heun(
    model: Model, noise: Tensor, sigmas: Sequence[float] | Tensor, label: Label = None
) -> Iterator[Step]:
    """Probability-flow ODE by Heun steps to zero noise (Karras et al. 2022, Algorithm 1).

    noise (B, 3, H, W) is N(0, 1), and scaled inside. sigmas: positive and descending; n of them
    cost 2 n - 1 evaluations, a Step each. The last level goes to zero by Euler, so its x0,
    (B, 3, H, W), is the sample. Raises SettingError.
    """
    grid = levels(sigmas)
    x = grid[0] * noise
    index = 0
    for sigma, below in itertools.pairwise(grid):
        x0 = model(x, sigma, label)
        yield Step(index, sigma, x, x0)
        slope = (x - x0) / sigma
        x_below = x + (below - sigma) * slope
        x0_below = model(x_below, below, label)
        yield Step(index + 1, below, x_below, x0_below)
        x = x + (below - sigma) * (slope + (x_below - x0_below) / below) / 2
        index += 2
    yield Step(index, grid[-1], x, model(x, grid[-1], label))


def sample_onestep(
    model: Model, noise: Tensor, sigma_max: float = SIGMA_MAX, label: Label = None
) -> Tensor:
    """One evaluation from pure noise: f(sigma_max z, sigma_max), (B, 3, H, W)."""
    return last_x0(stream_multistep(model, noise, [sigma_max], label=label))


sample_multistep = last_of(stream_multistep, last_x0, "sample_multistep")
sample_euler = last_of(stream_euler, last_x0, "sample_euler")
sample_heun = last_of(stream_heun, last_x0, "sample_heun")
