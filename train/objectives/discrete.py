"""Consistency objectives on pairs of noise levels: CD, CT, improved CT and ECT."""

import copy
from bisect import bisect_right
from itertools import accumulate

import torch

from cm_core import distance, losses, schedule
from cm_core.solvers import SOLVERS
from train.ema import blend
from train.objectives.base import Batch, Objective
from train.progress import Progress

HUBER = 0.00054  # of sqrt(dimensions): Song and Dhariwal 2023, section 3.3


def huber_constant(x: torch.Tensor) -> float:
    """The paper's pseudo-Huber constant for pictures (B, 3, H, W) of this size."""
    return HUBER * x[0].numel() ** 0.5


DISTANCES = {
    "l1": lambda: distance.l1,
    "l2": lambda: distance.l2,
    "lpips": distance.LPIPS,
}


class Paired(Objective):
    """Pairs of neighbouring levels of a Karras grid, and a target network, an EMA of the model."""

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        # In train mode like the model, as both have to have the same dropout.
        self.target = copy.deepcopy(model).requires_grad_(False).train()

    def pair(self, batch: Batch, levels: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(t_hi, t_lo), both (B,): uniformly one of the N - 1 neighbours of N levels."""
        grid = schedule.karras_sigmas(levels, self.sigma_min, self.sigma_max)
        grid = grid.to(batch.x0.device, torch.float32)
        index = (batch.u * (levels - 1)).long().clamp(max=levels - 2)
        return grid[index], grid[index + 1]

    def follow(self, model, mu: float) -> None:
        """target <- mu target + (1 - mu) model (Song et al. 2023, eq. 8)."""
        blend(self.target.state_dict(), model.state_dict(), mu)


class ConsistencyDistillation(Paired):
    """Consistency distillation (Song et al. 2023, Algorithm 2)."""

    needs_teacher = True
    passes = 6  # with Heun; one fewer with Euler

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.distance = DISTANCES[config.cd.distance]()

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        cd = self.config.cd
        t_hi, t_lo = self.pair(batch, cd.levels)
        loss = losses.cd(
            model, self.target, self.teacher, SOLVERS[cd.solver], batch.x0, batch.noise, t_hi,
            t_lo, self.sigma_data, distance=self.distance, weight=losses.WEIGHTS[cd.weight],
            **batch.inputs,
        )  # fmt: skip
        return loss, t_hi

    def after_step(self, model, progress: Progress) -> None:
        self.follow(model, self.config.cd.mu)


class ConsistencyTraining(Paired):
    """Consistency training with its schedules (Song et al. 2023, Algorithm 3)."""

    passes = 4

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.distance = DISTANCES[config.ct.distance]()

    def schedule(self, progress: Progress) -> tuple[int, float]:
        """(N(k), mu(k)) of a step."""
        ct = self.config.ct
        if not ct.progressive:
            return ct.s1 + 1, ct.mu0
        k, steps = progress.step, progress.steps
        return (
            schedule.ct_discretisation(k, steps, ct.s0, ct.s1),
            schedule.ct_ema_decay(k, steps, ct.s0, ct.s1, ct.mu0, ct.openai_compatible),
        )

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        levels, _ = self.schedule(progress)
        t_hi, t_lo = self.pair(batch, levels)
        loss = losses.ct(
            model, self.target, batch.x0, batch.noise, t_hi, t_lo, self.sigma_data,
            distance=self.distance, weight=losses.WEIGHTS[self.config.ct.weight], **batch.inputs,
        )  # fmt: skip
        return loss, t_hi

    def after_step(self, model, progress: Progress) -> None:
        _, mu = self.schedule(progress.a_step_before())  # that of the step just taken
        self.follow(model, mu)

    def status(self, progress: Progress) -> str:
        levels, mu = self.schedule(progress)
        return f"N {levels} mu {mu:.4f}"


class ImprovedConsistencyTraining(Objective):
    """Improved consistency training (Song and Dhariwal 2023)."""

    passes = 4

    def levels(self, progress: Progress) -> int:
        """N(k) of a step."""
        ict = self.config.ict
        return schedule.ict_discretisation(progress.step, progress.steps, ict.s0, ict.s1)

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        noise = self.config.noise
        grid = schedule.karras_sigmas(self.levels(progress), self.sigma_min, self.sigma_max)
        grid = grid.to(batch.x0.device)
        index = schedule.lognormal_index(batch.u, grid, noise.mean, noise.std)
        t_hi, t_lo = grid[index].float(), grid[index + 1].float()
        c = self.config.ict.c or huber_constant(batch.x0)
        return losses.ict(model, batch.x0, batch.noise, t_hi, t_lo, c, **batch.inputs), t_hi

    def needs_fine_precision(self, progress: Progress) -> bool:
        return self.levels(progress) > 100

    def status(self, progress: Progress) -> str:
        return f"N {self.levels(progress)}"


class EasyConsistencyTuning(Objective):
    """Easy consistency tuning, from a diffusion model's weights (Geng et al. 2024)."""

    passes = 4

    @property
    def weight(self) -> losses.Weight:
        return losses.WEIGHTS[self.config.ect.weight]

    def stage(self, progress: Progress) -> int:
        """The stage that is being trained, from 0."""
        ends = list(accumulate(self.config.ect.fractions))
        return bisect_right(ends, progress.fraction, hi=len(ends) - 1)

    def pair(self, batch: Batch, progress: Progress) -> tuple[torch.Tensor, torch.Tensor]:
        """(t, r), both (B,): a noise level, and the lower one that the stage pairs with it."""
        t = self.lognormal(batch)
        r = schedule.ect_r(t, self.stage(progress), self.config.ect.q)
        # The network is not evaluated below sigma_min, where f is the identity.
        return t, torch.where(r > 0, r.clamp(min=self.sigma_min), r).minimum(t)

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        t, r = self.pair(batch, progress)
        loss = losses.ect(
            model, batch.x0, batch.noise, t, r, self.sigma_data, self.config.ect.c,
            weight=self.weight, **batch.inputs,
        )  # fmt: skip
        return loss, t

    def needs_fine_precision(self, progress: Progress) -> bool:
        return self.stage(progress) > 1

    def status(self, progress: Progress) -> str:
        return f"d 1/{self.config.ect.q ** (self.stage(progress) + 1):g}"
