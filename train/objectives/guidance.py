"""Guidance built into a model, so that sampling needs one evaluation where guidance needs two."""

from functools import partial

from cm_core import losses
from cm_core.errors import ConfigError
from cm_core.model import ConsistencyModel
from train.objectives.base import Batch, Objective, frozen, known


class GuidanceDistillation(Objective):
    """A guided consistency model into one without guidance (Meng et al. 2023, stage one)."""

    needs_teacher = True
    passes = 5

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        if not isinstance(teacher, ConsistencyModel):
            raise ConfigError(f"{config.teacher} is not a consistency model: guide builds on one.")
        self.teacher = frozen(teacher)
        self.weight = known(losses.WEIGHTS, config.guide.weight, "weight")

    def loss(self, model, still, batch: Batch, images: int):
        t = self.lognormal(batch)
        guided = partial(self.teacher, guidance=self.config.guide.guidance)
        loss = losses.imitation(
            model, guided, batch.x0, batch.noise, t, self.about.sigma_data,
            weight=self.weight, **batch.inputs,
        )  # fmt: skip
        return loss, t
