"""The baselines: the diffusion teacher, and its progressive distillation."""

import copy

import torch
from torch import Tensor

from cm_core import losses
from cm_core.errors import ConfigError
from cm_core.model import Denoiser
from cm_core.schedule import karras_sigmas
from train.objectives.base import Batch, Objective, frozen
from train.progress import Progress


class EDM(Objective):
    """A denoiser at all noise levels (Karras et al. 2022)."""

    form = Denoiser
    passes = 3

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        t = self.lognormal(batch)
        return losses.edm(model, batch.x0, batch.noise, t, self.sigma_data, **batch.inputs), t


class ProgressiveDistillation(Objective):
    """Progressive distillation (Salimans and Ho 2022, Algorithm 2).

    A stage distils a sampler of many Euler steps into one of half as many. Its student is the next
    stage's teacher.
    """

    form = Denoiser
    needs_teacher = True
    taught: Tensor  # stage that the teacher belongs to
    passes = 5

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        if config.pd.levels % 2**config.pd.stages:
            raise ConfigError(
                f"{config.name}: {config.pd.levels} levels cannot be halved "
                f"{config.pd.stages} times."
            )
        self.register_buffer("taught", torch.tensor(0))

    def stage(self, progress: Progress) -> int:
        """The stage that is being trained, from 0."""
        return min(int(progress.fraction * self.config.pd.stages), self.last)

    @property
    def last(self) -> int:
        return self.config.pd.stages - 1

    def levels(self, halvings: int) -> Tensor:
        """The noise levels of a sampler after so many halvings, without the zero at their end."""
        sigmas = karras_sigmas(self.config.pd.levels, self.sigma_min, self.sigma_max)
        return sigmas[:: 2**halvings]

    def sigmas(self) -> dict[int, tuple[float, ...]]:
        levels = self.levels(int(self.taught) + 1).tolist()
        return {len(levels): tuple(levels)}

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        levels = self.levels(self.stage(progress)).to(batch.x0.device, torch.float32)
        levels = torch.cat([levels, levels.new_zeros(1)])
        pairs = (len(levels) - 1) // 2
        index = 2 * (batch.u * pairs).long().clamp(max=pairs - 1)
        t, middle, end = levels[index], levels[index + 1], levels[index + 2]
        loss = losses.progressive_distillation(
            model, self.teacher, batch.x0, batch.noise, t, middle, end, self.sigma_data,
            weight=losses.WEIGHTS[self.config.pd.weight], **batch.inputs,
        )  # fmt: skip
        return loss, t

    def after_step(self, model, progress: Progress) -> None:
        stage = self.stage(progress)
        if stage > int(self.taught):
            self.teacher = frozen(copy.deepcopy(model))
            self.taught.fill_(stage)

    def status(self, progress: Progress) -> str:
        return f"{len(self.levels(self.stage(progress) + 1))} levels"
