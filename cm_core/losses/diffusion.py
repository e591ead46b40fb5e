"""Losses of denoisers: of the diffusion teacher, and of its progressive distillation."""

import torch
from torch import Tensor

from cm_core.distance import l2
from cm_core.losses.common import Weight, add_noise, karras_weight, truncated_snr_weight
from cm_core.samplers import Model
from cm_core.solvers import euler_step


def edm(
    denoiser: Model, x0: Tensor, noise: Tensor, t: Tensor, sigma_data: float, label=None, **inputs
) -> Tensor:
    """Weighted denoising error, (B,) (Karras et al. 2022, eq. 2 and Table 1)."""
    estimate = denoiser(add_noise(x0, noise, t), t, label, **inputs)
    return karras_weight(t, sigma_data) * l2(estimate, x0)


def progressive_distillation(
    student: Model,
    teacher: Model,
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    t_middle: Tensor,
    t_end: Tensor,
    sigma_data: float,
    label=None,
    weight: Weight = truncated_snr_weight,
    **inputs,
) -> Tensor:
    """One Euler step of the student for two of the teacher, (B,) (Salimans and Ho 2022, Alg. 2).

    All three levels are (B,), descending; t_end may be 0. The student's aim is the x0 whose one
    Euler step from t to t_end ends where the teacher's two steps did.
    """
    x = add_noise(x0, noise, t)
    with torch.no_grad():
        middle = euler_step(teacher, x, t, t_middle, label, **inputs)
        end = euler_step(teacher, middle, t_middle, t_end, label, **inputs)
        left = (t_end / t)[:, None, None, None]
        aim = (end - left * x) / (1 - left)
    return weight(t, sigma_data) * l2(student(x, t, label, **inputs), aim)
