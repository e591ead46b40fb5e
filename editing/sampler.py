"""Masked multistep consistency sampling: the one loop behind every zero-shot edit."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.noise import Generators, randn_like
from cm_core.samplers import levels, renoise_std, scale_by
from cm_core.stream import Level, Step
from editing.checks import check_count
from editing.operators import Operator

MAX_SAMPLES = 64


@torch.no_grad()
def masked_multistep(
    model: Model,
    operator: Operator,
    image: Tensor,
    sigmas: Sequence[Level] | Tensor,
    generator: Generators | None = None,
    label=None,
    start: Tensor | None = None,
    sigma_min: float | None = None,
    samples_per_step: int = 1,
) -> Iterator[Step]:
    """Edit a picture while keeping its measurement (Song et al. 2023, Algorithm 4).

    image: (B, 3, H, W) in [-1, 1], whose measurement is kept. sigmas: noise levels, positive and
    descending; each may be (B,), one a picture. generator: one, or one a picture. start: the
    picture that the first noise is added to; None is the measurement with zero for what is free.
    sigma_min: the noise level of x0; None is the model's own. samples_per_step: evaluations
    that a step takes the mean of, 1 to 64. Their noises sum to zero, so that most of what they add
    cancels; the mean is nearer to the truth and less vivid (Blau and Michaeli 2018).

    Yields a Step a noise level, on the model's device. Its x is what the last evaluation was given;
    its x0 satisfies the measurement exactly, so only the free part is sure to lie in [-1, 1].
    Raises SettingError.
    """
    check_count(samples_per_step, MAX_SAMPLES, "samples_per_step")
    model = adapt(model)
    image = image.to(model.device)
    measured = operator.measure(image)
    if start is None:
        start = operator.merge(measured, torch.zeros_like(image))
    x0, low = start.to(model.device), model.sigma_min if sigma_min is None else sigma_min
    for index, sigma in enumerate(levels(sigmas, image.shape[0])):
        made = torch.zeros_like(x0)
        for noise in antithetic_noise(x0, samples_per_step, generator):
            x = x0 + scale_by(renoise_std(sigma, low), noise)
            made += model(x, sigma, label).clamp(-1, 1) / samples_per_step
        x0 = operator.merge(measured, made)
        yield Step(index, sigma, x, x0)


def antithetic_noise(like: Tensor, count: int, generator: Generators | None) -> Tensor:
    """(count, *like.shape) noises, each N(0, 1), that sum to zero; a single one is just drawn.

    Antithetic variates (Hammersley and Morton 1956): what estimates copy of their noises, as far as
    that is linear, cancels out in their mean.
    """
    drawn = torch.stack([randn_like(like, generator) for _ in range(count)])
    return drawn if count == 1 else (drawn - drawn.mean(0)) * (count / (count - 1)) ** 0.5
