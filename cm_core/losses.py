"""Training objectives: pure functions of network, batch, noise and times, one value a sample."""

import torch
from torch import Tensor

from cm_core.distance import l2, pseudo_huber
from cm_core.samplers import Model


def karras_weight(t: Tensor, sigma_data: float) -> Tensor:
    """1/t^2 + 1/sigma_data^2, which evens out the loss over noise levels (Karras et al. 2022)."""
    return t**-2 + sigma_data**-2


def add_noise(x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """x_t = x0 + t z for (B,) noise levels t."""
    return x0 + t[:, None, None, None] * noise


def edm(
    denoiser: Model, x0: Tensor, noise: Tensor, t: Tensor, sigma_data: float, label=None, **inputs
) -> Tensor:
    """Weighted denoising error, (B,) (Karras et al. 2022, eq. 2 and Table 1)."""
    estimate = denoiser(add_noise(x0, noise, t), t, label, **inputs)
    return karras_weight(t, sigma_data) * l2(estimate, x0)


def ect(
    model: Model,
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    r: Tensor,
    sigma_data: float,
    c: float,
    label=None,
    **inputs,
) -> Tensor:
    """Easy consistency tuning, (B,) (Geng et al. 2024, Algorithm 1).

    The target is the same network at the nearer level r, without gradient and under the same
    dropout mask; where r = 0 it is x0 itself. Pseudo-Huber with constant c.
    """
    rng = RandomState(x0.device)
    online = model(add_noise(x0, noise, t), t, label, **inputs)
    with torch.no_grad():
        rng.restore()
        # t stands in where r = 0, whose network output is thrown away.
        safe_r = torch.where(r > 0, r, t)
        target = model(add_noise(x0, noise, safe_r), safe_r, label, **inputs)
        target = torch.where((r > 0)[:, None, None, None], target, x0)
    return karras_weight(t, sigma_data) * pseudo_huber(online, target, c)


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
