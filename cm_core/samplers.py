"""Samplers: each a generator over `model(x, sigma, label)` that streams its steps.

The model is any callable to x0; noise is standard normal, and scaled inside. The `sample_*`
functions return the last x0.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.noise import Generators, randn_like
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN

Model = Callable[..., Tensor]
Level = float | Tensor  # a noise level of all pictures, or (B,) of each


@dataclass(frozen=True)
class Step:
    """One noise level: the noisy x given at sigma and the x0 that came back."""

    index: int
    sigma: Level
    x: Tensor
    x0: Tensor


def last(steps: Iterable[Step], on_step: Callable[[Step], None] | None = None) -> Tensor:
    """Run a stream to its end, calling on_step at each step, and return the last x0."""
    step = None
    for step in steps:
        if on_step is not None:
            on_step(step)
    if step is None:
        raise SettingError("A sampler needs at least one noise level.")
    return step.x0


def levels(sigmas: Sequence[Level] | Tensor, batch: int = 1) -> list[Level]:
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


def times(level: Level, x: Tensor) -> Tensor:
    """Pictures (B, C, H, W) times a number, or each times its own."""
    return level * x if not isinstance(level, Tensor) else level.to(x)[:, None, None, None] * x


def lowest(model: Model) -> float:
    """The level that a model's x0 stands for: its config's sigma_min, or the usual."""
    return getattr(getattr(model, "config", None), "sigma_min", SIGMA_MIN)


@torch.no_grad()
def stream_multistep(
    model: Model,
    noise: Tensor,
    sigmas: Sequence[float] | Tensor,
    generator: Generators | None = None,
    label=None,
    sigma_min: float | None = None,
    clip: bool = False,
) -> Iterator[Step]:
    """Multistep consistency sampling (Song et al. 2023, Algorithm 1), a step a noise level.

    sigma_min: what x0 stands for; without, the model's own.
    """
    low, x0 = lowest(model) if sigma_min is None else sigma_min, None
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
    model: Model, noise: Tensor, sigmas: Sequence[float] | Tensor, label=None
) -> Iterator[Step]:
    """Probability-flow ODE by Euler steps to zero noise (Karras et al. 2022, eq. 4).

    One evaluation a level; the last level's x0 is the sample.
    """
    grid = levels(sigmas)
    x = grid[0] * noise
    for index, (sigma, below) in enumerate(zip(grid, [*grid[1:], 0.0], strict=True)):
        x0 = model(x, sigma, label)
        yield Step(index, sigma, x, x0)
        x = x0 + below / sigma * (x - x0)


@torch.no_grad()
def stream_heun(
    model: Model, noise: Tensor, sigmas: Sequence[float] | Tensor, label=None
) -> Iterator[Step]:
    """Probability-flow ODE by Heun steps to zero noise (Karras et al. 2022, Algorithm 1).

    n levels cost 2 n - 1 evaluations, each streamed; the last level goes to zero by Euler, so its
    x0 is the sample.
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


def sample_onestep(model: Model, noise: Tensor, sigma_max: float = SIGMA_MAX, label=None) -> Tensor:
    """One evaluation from pure noise: f(sigma_max z, sigma_max)."""
    return last(stream_multistep(model, noise, [sigma_max], label=label))


def sample_multistep(
    model: Model,
    noise: Tensor,
    sigmas: Sequence[float] | Tensor,
    generator: Generators | None = None,
    label=None,
    sigma_min: float | None = None,
    clip: bool = False,
) -> Tensor:
    """The last x0 of `stream_multistep`."""
    return last(stream_multistep(model, noise, sigmas, generator, label, sigma_min, clip))


def sample_euler(
    model: Model, noise: Tensor, sigmas: Sequence[float] | Tensor, label=None
) -> Tensor:
    """The last x0 of `stream_euler`."""
    return last(stream_euler(model, noise, sigmas, label))


def sample_heun(
    model: Model, noise: Tensor, sigmas: Sequence[float] | Tensor, label=None
) -> Tensor:
    """The last x0 of `stream_heun`."""
    return last(stream_heun(model, noise, sigmas, label))
