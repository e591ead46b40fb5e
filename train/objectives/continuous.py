"""Objectives in continuous time: CD, CT and sCM."""

import torch
from torch import Tensor, nn

from cm_core import losses, schedule
from cm_core.checkpoints.checkpoint import TrainedModel
from cm_core.model import Preconditioned
from cm_core.unet import timestep_embedding
from train.objectives.base import Batch, Objective, frozen
from train.progress import Progress


class Continuous(Objective):
    """Noise levels t = tau(u) of the Karras path, u uniform, and the path's speed dt/du."""

    @property
    def weight(self) -> losses.Weight:
        return losses.WEIGHTS[self.config.continuous.weight]

    def level(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(t, dt/du), both (B,)."""
        return schedule.karras_path(batch.u, self.sigma_min, self.sigma_max)

    def needs_fine_precision(self, progress: Progress) -> bool:
        return True


class ContinuousDistillation(Continuous):
    """Continuous-time CD with a stop-gradient target (Song et al. 2023, Theorem 5)."""

    needs_teacher = True
    passes = 7

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        t, speed = self.level(batch)
        loss = losses.continuous_cd(
            model, unwrapped, self.teacher, batch.x0, batch.noise, t, speed, self.sigma_data,
            weight=self.weight, **batch.inputs,
        )  # fmt: skip
        return loss, t


class ContinuousDistillationFull(ContinuousDistillation):
    """Continuous-time CD with theta- = theta (Song et al. 2023, Theorem 3)."""

    passes = 10
    wrapped = False  # DistributedDataParallel has no forward-mode derivative

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        t, speed = self.level(batch)
        loss = losses.continuous_cd_full(
            model, self.teacher, batch.x0, batch.noise, t, speed, self.sigma_data,
            weight=self.weight, **batch.inputs,
        )  # fmt: skip
        return loss, t


class ContinuousTraining(Continuous):
    """Continuous-time CT (Song et al. 2023, Theorem 6)."""

    passes = 6

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        t, speed = self.level(batch)
        loss = losses.continuous_ct(
            model, unwrapped, batch.x0, batch.noise, t, speed, self.sigma_data,
            weight=self.weight, **batch.inputs,
        )  # fmt: skip
        return loss, t


class AdaptiveWeight(nn.Module):
    """w(t), a learned log weight of the noise level (Lu and Song 2024, section 4.2)."""

    def __init__(self, dim: int = 64):
        super().__init__()
        self.dim = dim
        self.line = nn.Linear(dim, 1)
        nn.init.zeros_(self.line.weight)
        nn.init.zeros_(self.line.bias)

    def forward(self, t: Tensor) -> Tensor:
        """(B,) noise levels -> (B,) log weights."""
        return self.line(timestep_embedding(t.log(), self.dim))[:, 0]


def at_angle(model: Preconditioned):
    """The raw network as a function of (x / sigma_data, angle), whatever its time input is."""
    sigma_data = model.config.sigma_data

    def network(x: Tensor, angle: Tensor, label=None, **inputs) -> Tensor:
        t = sigma_data * torch.tan(angle)
        return model.network(x, model.time_input(t, sigma_data), label, **inputs)

    return network


class SCM(Objective):
    """sCM (Lu and Song 2024): distilled where there is a teacher, else trained on data alone."""

    teacher: TrainedModel | None
    zero_sigma_min = True  # TrigFlow has its boundary at zero noise
    passes = 6

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.teacher = None if teacher is None else frozen(teacher)
        self.log_weight = AdaptiveWeight()

    def ramp(self, progress: Progress) -> float:
        """Weight of the tangent's second part, which grows from 0 to 1 over the warm-up."""
        warmup = self.config.scm.warmup
        return min(1.0, progress.step / warmup) if warmup else 1.0

    def loss(
        self, model: Preconditioned, unwrapped: Preconditioned, batch: Batch, progress: Progress
    ):
        t, ramp = self.lognormal(batch), self.ramp(progress)
        loss = losses.scm(
            at_angle(model), at_angle(unwrapped), batch.x0, batch.noise, t, self.sigma_data,
            self.log_weight(t), ramp, self.config.scm.c, self.teacher, **batch.inputs,
        )  # fmt: skip
        return loss, t

    def needs_fine_precision(self, progress: Progress) -> bool:
        return True

    def status(self, progress: Progress) -> str:
        return f"ramp {self.ramp(progress):.2f}"
