"""Distribution matching: pictures that a teacher cannot tell from its own, one step from noise."""

import copy
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core import losses
from cm_core.losses import add_noise
from cm_core.samplers import centre
from cm_core.schedule import SIGMA_MIN
from train.data import unfold
from train.objectives.base import Batch
from train.objectives.discrete import EasyConsistencyDistillation

EARLIER = 4  # steps, at most, that a further one is learned after
FINER = 1.5  # spread of ln t that pictures are compared at, below what they were drawn from
COARSE = 8  # as large are the patches whose means two pictures are compared by


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
        model.config = replace(model.config, boost=config.dmd.boost)
        # Of the last pictures moved, for the log.
        self.spread = self.gap = self.near = self.away = 0.0

    def moves(self, images: int) -> bool:
        """Whether the model learns in this step, or only the denoiser of its pictures."""
        dmd = self.config.dmd
        return images >= dmd.alone and (images // self.config.batch) % dmd.every == 0

    def levels(self, t: Tensor) -> Tensor:
        """(B,) noise levels at which pictures drawn from levels t (B,) are compared.

        Of pure noise ln s ~ N(mean, std^2); of less, below t: its start tells the whole already.
        """
        below = t * torch.exp(-FINER * torch.randn_like(t).abs())
        high = self.around(self.config.dmd.mean, self.config.dmd.std, t)
        return torch.where(self.pure(t), high, below.clamp(SIGMA_MIN, self.about.sigma_max))

    def around(self, mean: float, std: float, like: Tensor) -> Tensor:
        """(B,) noise levels, ln t ~ N(mean, std^2)."""
        ln_t = mean + std * torch.randn_like(like)
        return ln_t.exp().clamp(SIGMA_MIN, self.about.sigma_max)

    def starts(self, like: Tensor) -> Tensor:
        """(B,) noise levels that pictures are drawn from: of a share of them, the highest."""
        dmd = self.config.dmd
        level = self.around(dmd.start_mean, dmd.start_std, like)
        return torch.where(self.pure(like), self.about.sigma_max, level)

    def loss(self, model, still, batch: Batch, images: int):
        if not self.moves(images):
            return self.match(model, batch, moves=False)
        drawn = round(len(batch.x0) * self.config.dmd.share)
        matching, t = self.match(model, batch.part(0, drawn), moves=True)
        if drawn == len(batch.x0):
            return matching, t
        path, t_path = super().loss(model, still, batch.part(drawn, len(batch.x0)), images)
        return torch.cat([matching, self.config.dmd.path * path]), torch.cat([t, t_path])

    def begun(self, model, batch: Batch, t: Tensor, parts: tuple[int, int]) -> Tensor:
        """(B, 3, H, W) pictures noised to t (B,): pure noise around the centre up to the first of
        `parts`, the model's own pictures up to the second, as further steps are given (Yin et al.
        2024b, 4.5), then true ones.
        """
        first, last = parts
        own = self.own(model, batch.part(first, last), t[first:last])
        pure = centre(model, batch.x0).expand_as(batch.x0[:first])
        share = torch.cat(
            [torch.full_like(t[:first], self.config.dmd.boost), self.shares(t[first:])]
        )
        noise = share[:, None, None, None] * batch.noise
        return add_noise(torch.cat([pure, own, batch.x0[last:]]), noise, t)

    @torch.no_grad()
    def own(self, model, batch: Batch, t: Tensor) -> Tensor:
        """The model's pictures that a step at t (B,) would be given, as a sampler hands them on:
        after one to EARLIER evaluations, at levels that fall to t from the highest by equal ratios.
        """
        x0 = centre(model, batch.x0).expand_as(batch.x0)
        steps = int(torch.randint(1, EARLIER + 1, ())) if len(t) else 0
        for step in range(steps):
            level = self.about.sigma_max * (t / self.about.sigma_max) ** (step / steps)
            share = self.shares(t) if step else torch.full_like(t, self.config.dmd.boost)
            noise = share[:, None, None, None] * torch.randn_like(x0)
            x0 = model(add_noise(x0, noise, level), level, **batch.inputs)
            x0 = x0.clamp(-1, 1) if self.about.clip else x0
        # Some versions of torch would hand weights that were cast without gradients on to the next
        # evaluation, which then learns nothing (pytorch issue 112583).
        torch.clear_autocast_cache()
        return x0

    def shares(self, like: Tensor) -> Tensor:
        """(B,) how much of the noise told is in a picture that is not drawn from pure noise:
        evenly from `least` to all of it, since edits and further steps give less than they tell.
        """
        least = self.config.dmd.least
        if least == 1:
            return torch.ones_like(like)
        return least + (1 - least) * torch.rand_like(like)

    def pure(self, like: Tensor) -> Tensor:
        """(B,) whether a picture is drawn from pure noise: the first ones are."""
        return torch.arange(len(like), device=like.device) < self.config.dmd.pure * len(like)

    def parts(self, like: Tensor) -> tuple[int, int]:
        """How many pictures of a batch are drawn from pure noise, and up to which from the model's
        own."""
        first = int(self.pure(like).sum())
        return first, first + round(self.config.dmd.own * (len(like) - first))

    def match(self, model, batch: Batch, moves: bool) -> tuple[Tensor, Tensor]:
        """(loss of `fake`, and of the model where it moves; the levels drawn from), both (B,)."""
        dmd, t = self.config.dmd, self.starts(batch.level)
        parts = self.parts(t)
        x = self.begun(model, batch, t, parts)
        with torch.set_grad_enabled(moves):
            x0 = model(x, t, **batch.inputs)
        self.spread = float(x0.detach().std() / batch.x0.std())
        loss = self.judge(x0, t, batch, moves)
        if not moves:
            return loss, t
        if dmd.energy:
            first, last = parts
            scored = batch.part(0, last)
            score = self.energy(x0[:last], scored, self.again(model, scored, t[:last], first))
            loss = loss + dmd.energy * F.pad(score, (0, len(x0) - last))
        if dmd.palette:
            loss = loss + dmd.palette * losses.palette(x0, batch.x0)
        if dmd.weave:
            loss = loss + dmd.weave * losses.weave(x0, self.about.unet.position)
        return loss, t

    @torch.no_grad()
    def again(self, model, batch: Batch, t: Tensor, first: int) -> Tensor:
        """(B, 3, H, W) other pictures drawn from nothing, as those of the batch are: the first ones
        from pure noise, the rest by a further step at t."""
        batch = replace(batch, noise=torch.randn_like(batch.noise))
        x0 = model(self.begun(model, batch, t, (first, len(t))), t, **batch.inputs)
        torch.clear_autocast_cache()  # as in `own`
        return x0

    def energy(self, x0: Tensor, batch: Batch, other: Tensor) -> Tensor:
        """(B,) energy score of drawn pictures, by what is `seen` of them; `other` are drawn anew.

        Matching asks that each picture be likely, and all of a label can be by being the same one.
        """
        drawn = self.seen(x0)
        with torch.no_grad():
            goal, other = self.seen(batch.x0), self.seen(other)
            self.near, self.away = (
                float(losses.separation(drawn[0], x[0]).mean()) for x in (goal, other)
            )
        means, *parts = zip(drawn, goal, other, strict=True)
        score = losses.energy(*means, self.apart(batch))
        return score + sum(losses.energy(*part) for part in parts)

    def apart(self, batch: Batch) -> Tensor:
        """(B,) what the distance of two draws' means counts for: in full where a label leaves an
        axis open, since the middle of pictures of many kinds is of none."""
        apart = torch.full_like(batch.level, self.config.dmd.apart)
        if batch.label is None:
            return apart
        choices = unfold(batch.label, self.about.labels)
        return torch.where((choices < 0).any(1), 1.0, apart)

    def seen(self, x: Tensor) -> list[Tensor]:
        """What two pictures are compared by: the means of their patches, then anything else."""
        return [F.avg_pool2d(x, COARSE)]

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
        if not self.gap:
            return "fake alone"
        away = f" near {self.near:.2f} away {self.away:.2f}" if self.away else ""
        return f"spread {self.spread:.2f} gap {self.gap:.2f}{away}"
