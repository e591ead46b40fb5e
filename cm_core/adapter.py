"""One interface to trained models and plain callables, for samplers and tasks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN
from cm_core.stream import Level

Model = Callable[..., Tensor]  # (x, sigma, label=None) -> x0


class Adapter:
    """A model (x, sigma, label=None) -> x0 with the properties that samplers and tasks need.

    They come from the model's `config` and attributes. A plain callable has neither: it gets the
    defaults below.
    """

    def __init__(self, model: Model):
        self.model = model
        self.config = getattr(model, "config", None)

    def __call__(self, x: Tensor, sigma: Level, label: Label = None) -> Tensor:
        return self.model(x, sigma, label)

    @property
    def device(self) -> torch.device | None:
        """The device of the weights; None leaves x where it is, in `x.to(model.device)`."""
        return getattr(self.model, "device", None)

    @property
    def image_size(self) -> int | None:
        """The side of the pictures that it draws, in pixels; None is any."""
        return getattr(self.config, "image_size", None)

    @property
    def sigma_min(self) -> float:
        """The noise level of x0."""
        return getattr(self.config, "sigma_min", SIGMA_MIN)

    @property
    def sigma_max(self) -> float:
        """The highest noise level."""
        return getattr(self.config, "sigma_max", SIGMA_MAX)

    @property
    def clip(self) -> bool:
        """Whether x0 is clamped to [-1, 1] between steps."""
        return getattr(self.config, "clip", True)

    def side(self, size: int | None = None) -> int:
        """The side of the pictures to draw, in pixels: `size`, or the model's own.

        Raises SettingError where neither is known.
        """
        side = size or self.image_size
        if side is None:
            raise SettingError(
                "Give size, the side of the pictures: this model does not say its own."
            )
        return side

    def sigmas_for(self, steps: int) -> Sequence[float]:
        """The model's noise levels for a number of steps. Raises SettingError without any."""
        if not hasattr(self.model, "sigmas_for"):
            raise SettingError("Give sigmas, the noise levels: this model does not say its own.")
        return self.model.sigmas_for(steps)

    def between(self, labels: Sequence[int | None], weights: Tensor) -> Tensor | None:
        """Labels mixed by weights (frames, labels). Raises SettingError for a plain callable."""
        if not hasattr(self.model, "between"):
            raise SettingError(
                "This model does not say what lies between labels: give one for all."
            )
        return self.model.between(labels, weights)


def adapt(model: Model) -> Adapter:
    """A model in its adapter; one that is in it already stays as it is."""
    return model if isinstance(model, Adapter) else Adapter(model)
