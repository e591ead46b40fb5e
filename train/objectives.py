"""Each objective as a function of (model, batch, progress): draws its noise levels, calls its loss.

Every random number comes from the step's generator, on the device that trains.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from cm_core import losses
from cm_core.model import ConsistencyModel, Denoiser, Preconditioned
from cm_core.schedule import ect_r
from train.config import RunConfig


@dataclass(frozen=True)
class Batch:
    """One step's pictures on the device, with labels and what augmentation did."""

    x0: Tensor
    label: Tensor
    augment: Tensor | None


def noise_levels(config: RunConfig, size: int, generator: Generator, model: Preconditioned):
    """(B,) noise levels, ln t ~ N(mean, std^2), clamped to the model's range."""
    ln_t = config.noise.mean + config.noise.std * torch.randn(
        size, generator=generator, device=generator.device
    )
    return ln_t.exp().clamp(model.config.sigma_min, model.config.sigma_max)


def edm_step(model, batch: Batch, config: RunConfig, progress: float, generator: Generator):
    """(loss a sample, t): stage 1, the diffusion teacher."""
    t = noise_levels(config, len(batch.x0), generator, model)
    noise = torch.randn(batch.x0.shape, generator=generator, device=generator.device)
    sigma_data = model.config.sigma_data
    loss = losses.edm(model, batch.x0, noise, t, sigma_data, batch.label, augment=batch.augment)
    return loss, t


def ect_step(model, batch: Batch, config: RunConfig, progress: float, generator: Generator):
    """(loss a sample, t): stage 2, easy consistency tuning."""
    t = noise_levels(config, len(batch.x0), generator, model)
    r = ect_r(t, config.ect.stage(progress), config.ect.q)
    # Below eps f is the identity: the nearest level a network is asked at is eps itself.
    r = torch.where(r > 0, r.clamp(min=model.config.sigma_min), r).minimum(t)
    noise = torch.randn(batch.x0.shape, generator=generator, device=generator.device)
    loss = losses.ect(
        model,
        batch.x0,
        noise,
        t,
        r,
        model.config.sigma_data,
        config.ect.c,
        batch.label,
        augment=batch.augment,
    )
    return loss, t


@dataclass(frozen=True)
class Objective:
    """A model form and the step that trains it."""

    model: type[Preconditioned]
    step: Callable[..., tuple[Tensor, Tensor]]


OBJECTIVES = {
    "edm": Objective(Denoiser, edm_step),
    "ect": Objective(ConsistencyModel, ect_step),
}
