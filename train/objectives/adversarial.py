"""Distribution matching with true pictures beside the teacher's: a discriminator knows both."""

from torch import Tensor

from cm_core import losses
from train.augment import augment
from train.discriminator import Discriminator
from train.objectives.base import Batch
from train.objectives.matching import DistributionMatching


class AdversarialMatching(DistributionMatching):
    """Distribution matching and a discriminator against true pictures (Yin et al. 2024b, 4.3).

    The teacher's estimates are soft, and so are pictures that are moved by them alone; what only
    true pictures have, edges and even grounds, a discriminator asks for. It looks at both through
    the same small changes, so that it does not learn its few pictures by heart.
    """

    passes = 14  # the backbone, forward twice and once backward, counts for about three

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.discriminator = Discriminator(model.config.labels).eval()
        self.logits = (0.0, 0.0)  # mean of the last true and made pictures', for the log

    def judge(self, x0: Tensor, batch: Batch, moves: bool) -> Tensor:
        matching = super().judge(x0, batch, moves)
        chance, tell = self.config.gan.augment, self.discriminator
        made = tell.maps(augment(x0, chance)[0])
        true = tell(tell.maps(augment(batch.x0, chance)[0]), batch.label)
        told = tell([m.detach() for m in made], batch.label)
        self.logits = (float(true.detach().mean()), float(told.detach().mean()))
        contest = losses.discriminator_hinge(true, told)
        if moves:
            with tell.still():
                pleasing = losses.generator_hinge(tell(made, batch.label))
            contest = contest + self.config.gan.weight * pleasing
        return matching + contest

    def after_step(self, model, images: int) -> None:
        super().after_step(model, images)
        self.discriminator.settle()

    def stage(self, images: int) -> str:
        true, made = self.logits
        return f"{super().stage(images)} logits {true:.2f} {made:.2f}"
