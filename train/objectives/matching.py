"""Distribution matching: pictures that a teacher cannot tell from its own, one step from noise."""

import copy
from dataclasses import replace

import torch
from torch import Tensor

from cm_core import losses
from cm_core.losses import add_noise
from train.objectives.base import Batch
from train.objectives.discrete import EasyConsistencyDistillation

BELOW = 1.5  # spread of ln t that pictures are compared at, below what they were drawn from


class DistributionMatching(EasyConsistencyDistillation):
    """Distribution matching distillation beside a path's (Yin et al. 2024a, b).

    A second denoiser, `fake`, learns what the model draws. Where the teacher's estimate of a drawn
    picture differs from it, the picture is unlike the teacher's, and moves that way. Nothing in
    that ties a picture to what it was drawn from: `ecd`, on a part of the batch, does.
    """

    wrapped = False  # two networks take turns
    passes = 11

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        plain = replace(teacher.config, guidance=1.0)
        self.fake = copy.deepcopy(teacher).requires_grad_(True).train()
        self.fake.config = plain
        self.teacher.config = replace(plain, guidance=config.dmd.guidance)
        self.spread = self.gap = 0.0  # of the last pictures moved, for the log

    def moves(self, images: int) -> bool:
        """Whether the model learns in this step, or only the denoiser of its pictures."""
        dmd = self.config.dmd
        warm = images >= dmd.fake_warmup
        return warm and (images // self.config.batch) % dmd.generator_every == 0

    def pure(self, like: Tensor) -> Tensor:
        """(B,) whether a picture is drawn from pure noise: the first ones are."""
        count = self.config.dmd.pure_noise_fraction * len(like)
        return torch.arange(len(like), device=like.device) < count

    def starts(self, like: Tensor) -> Tensor:
        """(B,) noise levels that pictures are drawn from: pure noise lies at the highest."""
        dmd = self.config.dmd
        level = self.around(dmd.start_mean, dmd.start_std, like)
        return torch.where(self.pure(like), self.about.sigma_max, level)

    def levels(self, t: Tensor) -> Tensor:
        """(B,) noise levels at which pictures drawn from levels t (B,) are compared.

        Of pure noise ln s ~ N(mean, std^2); of less, below t: its start tells the whole already.
        """
        below = t * torch.exp(-BELOW * torch.randn_like(t).abs())
        high = self.around(self.config.dmd.mean, self.config.dmd.std, t)
        return torch.where(
            self.pure(t), high, below.clamp(self.about.sigma_min, self.about.sigma_max)
        )

    def around(self, mean: float, std: float, like: Tensor) -> Tensor:
        """(B,) noise levels, ln t ~ N(mean, std^2)."""
        ln_t = mean + std * torch.randn_like(like)
        return ln_t.exp().clamp(self.about.sigma_min, self.about.sigma_max)

    def loss(self, model, still, batch: Batch, images: int):
        if not self.moves(images):
            return self.match(model, batch, moves=False)
        drawn = round(len(batch.x0) * self.config.dmd.fraction)
        matching, t = self.match(model, batch.part(0, drawn), moves=True)
        if drawn == len(batch.x0):
            return matching, t
        path, t_path = super().loss(model, still, batch.part(drawn, len(batch.x0)), images)
        path = self.config.dmd.consistency_weight * path
        return torch.cat([matching, path]), torch.cat([t, t_path])

    def match(self, model, batch: Batch, moves: bool) -> tuple[Tensor, Tensor]:
        """(loss of `fake`, and of the model where it moves; the levels drawn from), both (B,)."""
        t = self.starts(batch.level)
        shown = torch.where(self.pure(t)[:, None, None, None], 0.0, batch.x0)
        with torch.set_grad_enabled(moves):
            x0 = model(add_noise(shown, batch.noise, t), t, **batch.inputs)
        self.spread = float(x0.detach().std() / batch.x0.std())
        return self.judge(x0, t, batch, moves), t

    def judge(self, x0: Tensor, t: Tensor, batch: Batch, moves: bool) -> Tensor:
        """(B,) loss of `fake` on pictures drawn from levels t, and of the model where they move."""
        s, noise, drawn = self.levels(t), torch.randn_like(x0), x0.detach()
        loss = losses.edm(self.fake.train(), drawn, noise, s, self.about.sigma_data, **batch.inputs)
        if not moves:
            return loss
        s, noise = self.levels(t), torch.randn_like(x0)
        matching = losses.distribution_matching(
            x0, self.teacher, self.fake.eval(), noise, s, **batch.inputs
        )
        self.gap = float((2 * matching.detach()).mean().sqrt())
        return loss + matching

    def fine(self, images: int) -> bool:
        return False

    def stage(self, images: int) -> str:
        return f"spread {self.spread:.2f} gap {self.gap:.2f}" if self.gap else "fake alone"
