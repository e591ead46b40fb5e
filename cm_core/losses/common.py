"""What all objectives need: noise, weights over noise levels, the random state of dropout."""

from collections.abc import Callable

import torch
from torch import Tensor

Weight = Callable[[Tensor, float], Tensor]


def add_noise(x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """x_t = x0 + t z for (B,) noise levels t."""
    return x0 + t[:, None, None, None] * noise


def uniform_weight(t: Tensor, sigma_data: float) -> Tensor:
    """1 at every noise level."""
    return torch.ones_like(t)


def truncated_snr_weight(t: Tensor, sigma_data: float) -> Tensor:
    """max(1/t^2, 1) (Salimans and Ho 2022, section 4)."""
    return (t**-2).clamp(min=1)


def karras_weight(t: Tensor, sigma_data: float) -> Tensor:
    """1/t^2 + 1/sigma_data^2, which evens out the loss over noise levels (Karras et al. 2022)."""
    return t**-2 + sigma_data**-2


def inverse_weight(t: Tensor, sigma_data: float) -> Tensor:
    """1/t + 1/sigma_data: what `karras_weight` is to squares, for distances that grow linearly."""
    return t**-1 + sigma_data**-1


def between_weight(t: Tensor, sigma_data: float) -> Tensor:
    """1/t^1.5 + 1/sigma_data^1.5: between `inverse` and `karras`; low noise still counts."""
    return t**-1.5 + sigma_data**-1.5


WEIGHTS: dict[str, Weight] = {
    "uniform": uniform_weight,
    "truncated-snr": truncated_snr_weight,
    "karras": karras_weight,
    "inverse": inverse_weight,
    "between": between_weight,
}


class RandomState:
    """The random state of the CPU and of one device, to be gone back to."""

    def __init__(self, device: torch.device):
        self.device = device
        self.cpu = torch.get_rng_state()
        self.cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None

    def restore(self) -> None:
        torch.set_rng_state(self.cpu)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda, self.device)
