"""Samplers: each a generator over `model(x, sigma, label)` that streams its steps.

The model is any callable to x0; noise is standard normal, and scaled and moved to the mean of the
model's pictures inside. The `sample_*` functions return the last x0.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.noise import Generators, randn_like
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN

Model = Callable[..., Tensor]


@dataclass(frozen=True)
class Step:
    """One noise level: the noisy x given at sigma and the x0 that came back."""

    index: int
    sigma: float
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


def levels(sigmas: Sequence[float] | Tensor) -> list[float]:
    """Noise levels as floats, checked to be positive and descending."""
    values = [float(s) for s in sigmas]
    if not values:
        raise SettingError("A sampler needs at least one noise level.")
    if min(values) <= 0 or any(a <= b for a, b in itertools.pairwise(values)):
        raise SettingError("Noise levels must be positive and descending.")
    return values


def centre(model: Model, like: Tensor) -> Tensor:
    """What the model's pure noise lies around, (C, 1, 1): its pictures' mean, zero if unknown."""
    mean = getattr(getattr(model, "config", None), "mean", ())
    return like.new_tensor(mean)[:, None, None] if any(mean) else like.new_zeros(1, 1, 1)


def begin(model: Model, noise: Tensor, sigma: float) -> Tensor:
    """x at the highest noise level: N(mean, (boost sigma)^2), where the papers have N(0, sigma^2).

    Networks learn x0 + sigma z, and even at sigma_max the mean is not lost in it: for 64x64
    pictures on white it is 0.8 standard deviations of the noise along it. Begun without it, bright
    pictures are drawn too dark (Lin et al. 2024 on the cause; Everaert et al. 2024 on this cure).
    A boost above 1 gives back detail that a network's estimates lose, as S_noise does for the noise
    of later steps in Karras et al. 2022, Algorithm 2; below 1 pictures keep to the middle of their
    label's, clearer and with less in them. It is a model's own: a teacher has none.
    """
    boost = getattr(getattr(model, "config", None), "boost", 1.0)
    return centre(model, noise) + boost * sigma * noise


def share(model: Model, guesses: int = 1) -> float:
    """How much of the noise that a level says is added to a picture, in (0, 1]: a model's own.

    A network that is told more noise than there is keeps to what its labels' pictures are like, and
    copies less of the noise. A model without a share is given all of it, as in the papers; so are
    several guesses that a step takes the mean of, where what they copy cancels out.
    """
    return getattr(getattr(model, "config", None), "share", 1.0) if guesses == 1 else 1.0


def spread(model: Model, sigma: float, sigma_min: float, guesses: int = 1) -> float:
    """The spread of the noise added to a picture at a level (Song et al. 2023, Algorithm 1)."""
    return share(model, guesses) * max(sigma**2 - sigma_min**2, 0.0) ** 0.5


@torch.no_grad()
def stream_multistep(
    model: Model,
    noise: Tensor,
    sigmas: Sequence[float] | Tensor,
    generator: Generators | None = None,
    label=None,
    sigma_min: float = SIGMA_MIN,
    clip: bool = False,
) -> Iterator[Step]:
    """Multistep consistency sampling (Song et al. 2023, Algorithm 1), a step a noise level.

    Noise is added as `begin` and `share` say.
    """
    x0 = None
    for index, sigma in enumerate(levels(sigmas)):
        if x0 is None:
            x = begin(model, noise, sigma)
        else:
            x = x0 + spread(model, sigma, sigma_min) * randn_like(x0, generator)
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
    x = begin(model, noise, grid[0])
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
    x = begin(model, noise, grid[0])
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
    """One evaluation from pure noise: f(mean + boost sigma_max z, sigma_max)."""
    return last(stream_multistep(model, noise, [sigma_max], label=label))


def sample_multistep(
    model: Model,
    noise: Tensor,
    sigmas: Sequence[float] | Tensor,
    generator: Generators | None = None,
    label=None,
    sigma_min: float = SIGMA_MIN,
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
