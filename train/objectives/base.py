"""The interface of objectives, and the batch that they take."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from cm_core.checkpoints.checkpoint import TrainedModel
from cm_core.detailer import Detailer
from cm_core.errors import ConfigError
from cm_core.model import ConsistencyModel, Preconditioned
from train.config import RunConfig
from train.progress import Progress


@dataclass(frozen=True)
class Batch:
    """The pictures and random numbers of a micro-batch, on the training device.

    x0 (B, 3, H, W) in [-1, 1]; noise of that shape and level (B,), both standard normal: the
    objective makes its noise levels from `level`; label (B,) of label indices.
    """

    x0: Tensor
    label: Tensor
    noise: Tensor
    level: Tensor

    @property
    def u(self) -> Tensor:
        """(B,) uniform in [0, 1]: the level's quantile."""
        return torch.special.ndtr(self.level)

    @property
    def inputs(self) -> dict[str, Tensor | None]:
        """The networks' inputs other than x and t."""
        return {"label": self.label}


class Objective(nn.Module, ABC):
    """A loss, and the networks that it needs besides the model: target, teacher, discriminator.

    Its state_dict is saved with a run's state. Its parameters that require gradients are trained
    with the model's.
    """

    form: ClassVar[type[Preconditioned] | type[Detailer]] = ConsistencyModel
    zero_sigma_min: ClassVar[bool] = False  # whether its model's sigma_min is 0
    needs_teacher: ClassVar[bool] = False
    wrapped: ClassVar[bool] = True  # whether its loss uses the network in DistributedDataParallel
    teacher: TrainedModel  # frozen, of an objective that needs one
    passes: ClassVar[int]  # network evaluations of a picture in a step; a backward pass counts two

    def __init__(self, config: RunConfig, model: TrainedModel, teacher: TrainedModel | None = None):
        super().__init__()
        self.config = config
        self.sigma_data = model.config.sigma_data
        self.sigma_min, self.sigma_max = model.config.sigma_min, model.config.sigma_max
        if self.needs_teacher:
            if teacher is None:
                raise ConfigError(f"{config.name}: '{config.objective}' needs a teacher's folder.")
            self.teacher = frozen(teacher)

    @abstractmethod
    def loss(
        self, model: TrainedModel, unwrapped: TrainedModel, batch: Batch, progress: Progress
    ) -> tuple[Tensor, Tensor]:
        """(loss, noise level t) of each sample, both (B,), at some progress of the run.

        model: the trained one, compiled or wrapped for several processes: its gradients count.
        unwrapped: the same weights without any wrapper, for forward-mode derivatives.
        """

    def after_step(self, model: TrainedModel, progress: Progress) -> None:
        """Update target, teacher or discriminator after an optimiser step, at its progress."""

    def sigmas(self) -> dict[int, tuple[float, ...]]:
        """The noise levels that the model can be sampled at, by number of steps; empty: any."""
        return {}

    def needs_fine_precision(self, progress: Progress) -> bool:
        """Whether the objective's two levels are too close for half precision."""
        return False

    def status(self, progress: Progress) -> str:
        """Where the schedule stands, for the log."""
        return ""

    def lognormal(self, batch: Batch) -> Tensor:
        """(B,) noise levels, ln t ~ N(mean, std^2), clamped to [sigma_min, sigma_max]."""
        ln_t = self.config.noise.mean + self.config.noise.std * batch.level
        return ln_t.exp().clamp(self.sigma_min, self.sigma_max)


def frozen(model: TrainedModel) -> TrainedModel:
    """The model in eval mode, its weights without gradients."""
    return model.eval().requires_grad_(False)
