"""Consistency training of a detailer, from nothing, in one stage."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cm_core.detailer import Detailer
from train.detail.condition import Condition, degraded
from train.objectives.base import Batch
from train.objectives.discrete import EasyConsistencyTuning
from train.progress import Progress


@dataclass(frozen=True)
class Conditioned(Batch):
    """A batch with the conditions of a detailer."""

    condition: Condition

    @property
    def inputs(self) -> dict[str, Tensor | None]:
        return dict(vars(self.condition))


class Detailing(EasyConsistencyTuning):
    """ECT on what small pictures leave out (Geng et al. 2024, with r as there).

    Noise levels of a residual are low, and there the first stage pairs t with r = 0: it is
    denoising, which ECT otherwise takes over from a diffusion model. So no teacher comes first. A
    fraction of the batch keeps to r = 0 for good and is given no noise: the mean.
    """

    form = Detailer

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        condition = degraded(batch.x0, self.config.detail)
        batch = Conditioned(**vars(batch), condition=condition)
        return super().loss(model, unwrapped, batch, progress)

    def pair(self, batch: Conditioned, progress: Progress) -> tuple[Tensor, Tensor]:
        t, r = super().pair(batch, progress)
        faithful = batch.condition.faithful
        return torch.where(faithful, self.sigma_max, t), torch.where(faithful, 0.0, r)
