"""Distribution matching with true pictures beside the teacher's: a discriminator knows both."""

import torch
from torch import Tensor

from cm_core import losses
from train.augment import shifted
from train.discriminator import Discriminator
from train.objectives.base import Batch
from train.objectives.matching import DistributionMatching

SHIFT = 1 / 16  # of a picture's side, at most
FEATURES = 0.002  # of maps, times their side: gradients as long as those of the patches


class AdversarialMatching(DistributionMatching):
    """Distribution matching and a discriminator against true pictures (Yin et al. 2024b, 4.3).

    The teacher's estimates are soft, and so are pictures that are moved by them alone; what only
    true pictures have, edges and even grounds, a discriminator asks for. It sees both as they are
    shown, moved by whole pixels: changes that blur them would hide what drawn ones lack.
    """

    passes = 14  # the backbone, forward twice and once backward, counts for about three

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.discriminator = Discriminator(model.config.labels).eval()
        self.logits = (0.0, 0.0)  # mean of the last true and drawn pictures', for the log

    def judge(self, x0: Tensor, t: Tensor, batch: Batch, moves: bool) -> Tensor:
        matching = super().judge(x0, t, batch, moves)
        gan, tell, label = self.config.gan, self.discriminator, batch.label
        drawn = tell.maps(shifted(x0.clamp(-1, 1), SHIFT))
        with torch.no_grad():
            true = tell.maps(shifted(batch.x0, SHIFT))
        passed, failed = tell(true, label), tell([m.detach() for m in drawn], label)
        self.logits = (float(passed.detach().mean()), float(failed.detach().mean()))
        contest = losses.passing_hinge(passed) + losses.failing_hinge(failed)
        if tell.labels.axes:
            # True pictures under other pictures' labels are to fail as well (Reed et al. 2016).
            other = label.roll(1)
            wrong = losses.failing_hinge(tell(true, other)) * tell.differ(label, other)
            contest = contest + gan.wrong * wrong
        if moves:
            with tell.still():
                pleasing = losses.generator_hinge(tell.grained(tell(drawn, label), gan.grain))
            contest = contest + gan.weight * pleasing
        return matching + contest

    def seen(self, x: Tensor) -> list[Tensor]:
        """Means of patches, as well as what the discriminator sees, where shapes and parts lie."""
        *maps, _ = self.discriminator.maps(x.clamp(-1, 1))
        return [*super().seen(x), *(FEATURES * m.shape[-1] * m for m in maps)]

    def after_step(self, model, images: int) -> None:
        super().after_step(model, images)
        self.discriminator.settle()

    def stage(self, images: int) -> str:
        true, drawn = self.logits
        return f"{super().stage(images)} logits {true:.2f} {drawn:.2f}"
