"""Exponential moving averages of the weights, which are sampled, evaluated and shipped."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


@torch.no_grad()
def blend(average: Mapping[str, Tensor], values: Mapping[str, Tensor], rate: float) -> None:
    """average <- rate average + (1 - rate) values, in place, for weights of the same names."""
    torch._foreach_lerp_(list(average.values()), [values[name] for name in average], 1 - rate)


def name_of(decay: float = 0.0, halflife: float = 0.0) -> str:
    """The name of an average and of its checkpoint folder."""
    return f"ema-halflife-{halflife:g}" if halflife else f"ema-{decay:g}"


class EMA:
    """One average: a fixed decay a step, or a half-life that is a fraction of the images seen."""

    def __init__(self, model: nn.Module, decay: float = 0.0, halflife: float = 0.0):
        self.decay, self.halflife = decay, halflife
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @property
    def name(self) -> str:
        return name_of(self.decay, self.halflife)

    def rate(self, images: int, batch: int) -> float:
        """The decay of the step of `batch` images that ends at `images` seen."""
        return 0.5 ** (batch / (self.halflife * images)) if self.halflife else self.decay

    def update(self, model: nn.Module, images: int, batch: int) -> None:
        """w <- rate w + (1 - rate) model."""
        blend(self.weights, model.state_dict(), self.rate(images, batch))
