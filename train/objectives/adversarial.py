"""Distribution matching with true pictures beside the teacher's: a discriminator knows both."""

import torch
from torch import Tensor

from cm_core import losses
from train.discriminator import Discriminator
from train.objectives.base import Batch
from train.objectives.matching import DistributionMatching


class AdversarialMatching(DistributionMatching):
    """Distribution matching and a discriminator against true pictures (Yin et al. 2024b, 4.3).

    The teacher's estimates are soft, and so are pictures that are moved by them alone; what only
    true pictures have, edges and texture, a discriminator asks for.
    """

    passes = 14  # the backbone, forward twice and once backward, counts for about three

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.discriminator = Discriminator(model.config.labels).eval()
        self.logits = (0.0, 0.0)  # mean of the last true and drawn pictures', for the log

    def judge(self, x0: Tensor, t: Tensor, batch: Batch, moves: bool) -> Tensor:
        matching = super().judge(x0, t, batch, moves)
        tell, label = self.discriminator, batch.label
        drawn = tell.maps(x0.clamp(-1, 1))
        with torch.no_grad():
            true = tell.maps(batch.x0)
        passed, failed = tell(true, label), tell([m.detach() for m in drawn], label)
        self.logits = (float(passed.detach().mean()), float(failed.detach().mean()))
        contest = losses.passing_hinge(passed) + losses.failing_hinge(failed)
        if moves:
            with tell.still():
                pleasing = losses.generator_hinge(tell(drawn, label))
            contest = contest + self.config.gan.weight * pleasing
        return matching + contest

    def after_step(self, model, images: int) -> None:
        super().after_step(model, images)
        self.discriminator.settle()

    def stage(self, images: int) -> str:
        true, drawn = self.logits
        return f"{super().stage(images)} logits {true:.2f} {drawn:.2f}"
