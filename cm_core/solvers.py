"""Steps of a diffusion model along the probability-flow ODE, dx/dt = (x - D(x, t)) / t."""

import torch
from torch import Tensor

from cm_core.samplers import Model


def euler_step(denoiser: Model, x: Tensor, t: Tensor, below: Tensor, label=None, **inputs):
    """Euler step of x from the levels t to `below`, both (B,); `below` may be 0.

    One evaluation (Karras et al. 2022, Algorithm 1 without its correction).
    """
    x0 = denoiser(x, t, label, **inputs)
    return x0 + (below / t)[:, None, None, None] * (x - x0)


def heun_step(denoiser: Model, x: Tensor, t: Tensor, below: Tensor, label=None, **inputs):
    """Heun step of x from the levels t to `below`, both (B,); `below` must be positive.

    Two evaluations (Karras et al. 2022, Algorithm 1).
    """
    t4, below4 = t[:, None, None, None], below[:, None, None, None]
    slope = (x - denoiser(x, t, label, **inputs)) / t4
    x_below = x + (below4 - t4) * slope
    slope_below = (x_below - denoiser(x_below, below, label, **inputs)) / below4
    return x + (below4 - t4) * (slope + slope_below) / 2


def path_slope(denoiser: Model, x: Tensor, t: Tensor, label=None, **inputs) -> Tensor:
    """dx/dt at (x, t), t (B,): -t times the score (Song et al. 2023, eq. 2)."""
    with torch.no_grad():
        return (x - denoiser(x, t, label, **inputs)) / t[:, None, None, None]


SOLVERS = {"euler": euler_step, "heun": heun_step}
