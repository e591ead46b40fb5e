"""Closed forms for pictures drawn from N(0, s^2 I): the denoiser and the consistency function."""

import torch
from torch import Tensor

S, EPS = 0.5, 0.002


def as_column(sigma: float | Tensor, x: Tensor) -> Tensor:
    t = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
    return t.reshape(-1, *[1] * (x.ndim - 1)) if t.ndim else t


def denoiser(x: Tensor, sigma: float | Tensor, label=None) -> Tensor:
    """D(x, t) = x s^2 / (s^2 + t^2)."""
    return x * S**2 / (S**2 + as_column(sigma, x) ** 2)


def consistency(x: Tensor, sigma: float | Tensor, label=None) -> Tensor:
    """f(x, t) = x sqrt((s^2 + eps^2) / (s^2 + t^2))."""
    return x * ((S**2 + EPS**2) / (S**2 + as_column(sigma, x) ** 2)).sqrt()
