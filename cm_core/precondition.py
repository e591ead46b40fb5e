"""Preconditioning: how a network's raw output becomes an estimate of x0.

x0 = c_skip(t) x + c_out(t) F(c_in(t) x, c_noise(t)). All functions broadcast over t.
"""

import torch
from torch import Tensor

from cm_core.schedule import SIGMA_MIN


def edm(t: Tensor, sigma_data: float) -> tuple[Tensor, Tensor, Tensor]:
    """(c_skip, c_out, c_in) of a diffusion denoiser (Karras et al. 2022, Table 1)."""
    return consistency(t, sigma_data, sigma_min=0.0)


def consistency(
    t: Tensor, sigma_data: float, sigma_min: float = SIGMA_MIN
) -> tuple[Tensor, Tensor, Tensor]:
    """(c_skip, c_out, c_in) with f(x, sigma_min) = x exactly (Song et al. 2023, App. C)."""
    shifted = t - sigma_min
    norm = torch.rsqrt(t**2 + sigma_data**2)
    # In this form it is exactly 1 at sigma_min.
    c_skip = 1 / (1 + (shifted / sigma_data) ** 2)
    c_out = sigma_data * shifted * norm
    return c_skip, c_out, norm


def noise_quarter_log(t: Tensor, sigma_data: float) -> Tensor:
    """c_noise = ln(t) / 4, the network's time input (Karras et al. 2022, Table 1)."""
    return t.clamp(min=1e-44).log() / 4


def noise_openai(t: Tensor, sigma_data: float) -> Tensor:
    """c_noise = 250 ln(t + 1e-44), the time input of OpenAI's published networks."""
    return 250 * (t + 1e-44).log()


def noise_angle(t: Tensor, sigma_data: float) -> Tensor:
    """c_noise = atan(t / sigma_data), TrigFlow's time (Lu and Song 2024, section 3)."""
    return torch.atan(t / sigma_data)


C_NOISE = {"quarter_log": noise_quarter_log, "openai": noise_openai, "angle": noise_angle}
