"""Consistency training of a detailer, without a teacher and in one stage."""

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
    """A batch with a detailer's conditions."""

    condition: Condition

    @property
    def inputs(self) -> dict[str, Tensor | None]:
        return dict(vars(self.condition))


class Detailing(EasyConsistencyTuning):
    """ECT of the residual, a picture less its bicubic enlargement (Geng et al. 2024, with its r).

    A residual's noise levels are low. At these the first stage pairs t with r = 0, which is the
    denoising that ECT otherwise takes over from a diffusion model, so no teacher is needed. A
    fraction of the batch always has r = 0 and an input without noise: it learns the mean.
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
