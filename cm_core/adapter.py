"""One way to ask a model what it is, trained or a plain callable, for samplers and for tasks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN
from cm_core.stream import Level

Model = Callable[..., Tensor]  # (x, sigma, label=None) -> x0


class Adapter:
    """A model (x, sigma, label=None) -> x0 that answers what a sampler or a task asks of it.

    It passes on what the model says of itself, in its `config` and as attributes. For a plain
    callable, which says nothing, it answers as below.
    """

    def __init__(self, model: Model):
        self.model = model
        self.config = getattr(model, "config", None)

    def __call__(self, x: Tensor, sigma: Level, label: Label = None) -> Tensor:
        return self.model(x, sigma, label)

    @property
    def device(self) -> torch.device | None:
        """Where x is to be; None is where it is already, for `x.to(model.device)`."""
        return getattr(self.model, "device", None)

    @property
    def image_size(self) -> int | None:
        """The side of the pictures that it draws; None is any."""
        return getattr(self.config, "image_size", None)

    @property
    def sigma_min(self) -> float:
        """The level that x0 stands for."""
        return getattr(self.config, "sigma_min", SIGMA_MIN)

    @property
    def sigma_max(self) -> float:
        """The highest level that it knows."""
        return getattr(self.config, "sigma_max", SIGMA_MAX)

    @property
    def clip(self) -> bool:
        """Whether x0 is clamped to [-1, 1] between steps."""
        return getattr(self.config, "clip", True)

    def side(self, size: int | None = None) -> int:
        """The side of what it is to draw: the size that is given, or its own. Raises SettingError
        where neither is known."""
        side = size or self.image_size
        if side is None:
            raise SettingError(
                "Give size, the side of the pictures: this model does not say its own."
            )
        return side

    def sigmas_for(self, steps: int) -> Sequence[float]:
        """Its noise levels for so many evaluations. Raises SettingError where it has none."""
        if not hasattr(self.model, "sigmas_for"):
            raise SettingError("Give sigmas, the noise levels: this model does not say its own.")
        return self.model.sigmas_for(steps)

    def between(self, labels: Sequence[int | None], weights: Tensor) -> Tensor | None:
        """Labels mixed by weights (frames, labels). Raises SettingError where it cannot."""
        if not hasattr(self.model, "between"):
            raise SettingError(
                "This model does not say what lies between labels: give one for all."
            )
        return self.model.between(labels, weights)


def adapt(model: Model) -> Adapter:
    """A model in its adapter; one that is in it already stays as it is."""
    return model if isinstance(model, Adapter) else Adapter(model)
