"""Consistency tuning whose estimates have to pass for true pictures, too."""

import torch
from torch import Tensor

from cm_core import losses
from cm_core.distance import pseudo_huber
from train.discriminator import Discriminator
from train.objectives.base import Batch
from train.objectives.discrete import EasyConsistencyTuning


class AdversarialTuning(EasyConsistencyTuning):
    """ECT, and a discriminator of its estimates beside (as in CTM: Kim et al. 2024, section 4).

    Whatever the level, estimates of noised true pictures are to be distributed as true pictures
    are. A network of few images makes soft and grainy ones, which a network that has seen
    photographs tells from them; the pairs of levels keep each at its place.
    """

    wrapped = False  # two networks learn by one loss
    passes = 8  # the backbone, forward twice and once backward, counts for about four

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.discriminator = Discriminator(model.config.labels).eval()
        self.logits = (0.0, 0.0)  # mean of the last true and drawn pictures', for the log
        self.spread = 0.0  # of the last pictures judged, relative to the true ones

    def loss(self, model, still, batch: Batch, images: int):
        t, r = self.pair(batch, images)
        x0, aim = losses.ect_estimates(model, batch.x0, batch.noise, t, r, **batch.inputs)
        pull = self.weight(t, self.about.sigma_data)
        loss = pull * pseudo_huber(x0, aim, c=self.config.ect.c)
        judged = self.judged(batch, t)
        passed = self.discriminator(self.true_maps(batch), batch.label)
        loss = loss + losses.passing_hinge(passed).mean()
        if not judged.any():
            return loss, t
        drawn, label = x0[judged].detach(), batch.label[judged]
        failed, push = self.judge(drawn, label, moves=images >= self.config.gan.warmup)
        self.logits = (float(passed.detach().mean()), float(failed.detach().mean()))
        self.spread = float(drawn.std() / batch.x0[judged].std())
        loss = loss + losses.failing_hinge(failed).mean()
        # Pseudo-Huber pulls each picture by its weight: the discriminator pushes as evenly.
        push = self.config.gan.weight * pull[judged, None, None, None] * push
        return loss.index_add(0, judged.nonzero()[:, 0], (push * x0[judged]).sum((1, 2, 3))), t

    def judged(self, batch: Batch, t: Tensor) -> Tensor:
        """(B,) which estimates: below sigma_min they are the true pictures, nearly."""
        return t >= self.config.gan.sigma_min

    @torch.no_grad()
    def true_maps(self, batch: Batch) -> list[Tensor]:
        """What the discriminator sees of the true pictures."""
        return self.discriminator.maps(batch.x0)

    def judge(self, drawn: Tensor, label: Tensor, moves: bool) -> tuple[Tensor, Tensor]:
        """(logits of drawn pictures (n, 3, H, W); the direction in which they pass less, of length
        1 on average, or 0 where the model does not move)."""
        tell, drawn = self.discriminator, drawn.clone().requires_grad_()
        maps = tell.maps(drawn.clamp(-1, 1))
        failed = tell([m.detach() for m in maps], label)
        if not moves:
            return failed, torch.zeros_like(drawn)
        with tell.still():
            pleasing = losses.generator_hinge(tell(maps, label)).sum()
        (push,) = torch.autograd.grad(pleasing, drawn)
        return failed, push / push.flatten(1).norm(dim=1).mean().clamp(min=1e-12)

    def after_step(self, model, images: int) -> None:
        super().after_step(model, images)
        self.discriminator.settle()

    def stage(self, images: int) -> str:
        true, drawn = self.logits
        return f"{super().stage(images)} logits {true:.2f} {drawn:.2f} spread {self.spread:.2f}"
