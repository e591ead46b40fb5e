"""Distribution matching: pictures that a teacher cannot tell from its own, one step from noise."""

import copy
from dataclasses import replace

import torch
from torch import Tensor

from cm_core import losses
from cm_core.losses import add_noise
from cm_core.schedule import SIGMA_MIN
from train.objectives.base import Batch, Objective, frozen


class DistributionMatching(Objective):
    """Distribution matching distillation of a consistency model (Yin et al. 2024a, b).

    A second denoiser, `fake`, learns what the model draws. Where the teacher's estimate of a drawn
    picture differs from it, the picture is unlike the teacher's, and moves that way. Begin with a
    model that is consistent already: nothing else ties it to the path of its input here.
    """

    needs_teacher = True
    wrapped = False  # two networks take turns
    passes = 11

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        plain = replace(teacher.config, guidance=1.0)
        self.fake = copy.deepcopy(teacher).requires_grad_(True).train()
        self.fake.config = plain
        teacher.config = replace(plain, guidance=config.dmd.guidance)
        self.teacher = frozen(teacher)
        self.spread = self.gap = 0.0  # of the last pictures moved, for the log

    def levels(self, like: Tensor) -> Tensor:
        """(B,) noise levels at which pictures are compared."""
        dmd = self.config.dmd
        ln_t = dmd.mean + dmd.std * torch.randn_like(like)
        return ln_t.exp().clamp(SIGMA_MIN, self.about.sigma_max)

    def starts(self, batch: Batch) -> Tensor:
        """(B,) levels that the model draws from: a share of them pure noise."""
        t = self.lognormal(batch)
        pure = torch.arange(len(t), device=t.device) < self.config.dmd.pure * len(t)
        return torch.where(pure, self.about.sigma_max, t)

    def moves(self, images: int) -> bool:
        """Whether the model learns in this step, or only the denoiser of its pictures."""
        dmd = self.config.dmd
        return images >= dmd.alone and (images // self.config.batch) % dmd.every == 0

    def loss(self, model, still, batch: Batch, images: int):
        t = self.starts(batch)
        with torch.set_grad_enabled(self.moves(images)):
            x0 = model(add_noise(batch.x0, batch.noise, t), t, **batch.inputs)
        s = self.levels(t)
        drawn, noise = x0.detach(), torch.randn_like(x0)
        loss = losses.edm(self.fake.train(), drawn, noise, s, self.about.sigma_data, **batch.inputs)
        if self.moves(images):
            noise, s = torch.randn_like(x0), self.levels(t)
            matching = losses.distribution_matching(
                x0, self.teacher, self.fake.eval(), noise, s, **batch.inputs
            )
            loss = loss + matching
            self.spread = float(drawn.std() / batch.x0.std())
            self.gap = float((2 * matching.detach()).mean().sqrt())
        return loss, t

    def stage(self, images: int) -> str:
        return f"spread {self.spread:.2f} gap {self.gap:.2f}" if self.spread else "fake alone"
