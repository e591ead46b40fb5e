"""Noise levels: Karras and DDIM grids, the schedules of consistency training, and ECT's r(t).

Index 0 is always the noisiest level; the papers count the other way.
"""

import math

import torch
from torch import Tensor

from cm_core.errors import SettingError

SIGMA_MIN = 0.002
SIGMA_MAX = 80.0
RHO = 7.0


def karras_sigmas(
    n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX, rho: float = RHO
) -> Tensor:
    """n noise levels, descending, (n,) float64 with exact ends (Karras et al. 2022, eq. 5)."""
    if n < 1:
        raise SettingError(f"A noise schedule needs at least one level, not {n}.")
    if n == 1:
        return torch.tensor([sigma_max], dtype=torch.float64)
    ramp = torch.linspace(0, 1, n, dtype=torch.float64)
    top, bottom = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    sigmas = (top + ramp * (bottom - top)) ** rho
    sigmas[0], sigmas[-1] = sigma_max, sigma_min
    return sigmas


def ddim_sigmas(n: int, sigma_max: float = SIGMA_MAX) -> Tensor:
    """n noise levels, descending, at evenly spaced timesteps of DDPM, (n,) float64.

    sigma = sqrt((1 - a) / a), where a is the product of 1 - beta and beta rises from 1e-4 to .02 in
    1000 steps (Ho et al. 2020; Song, Meng and Ermon 2021, section 4.2). The first level is
    sigma_max, the last one that of the first timestep. On this grid a deterministic DDIM step is
    an Euler step in sigma.
    """
    if n < 1:
        raise SettingError(f"A noise schedule needs at least one level, not {n}.")
    kept = (1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)).cumprod(0)
    sigmas = ((1 - kept) / kept).sqrt()
    top = float(torch.searchsorted(sigmas, sigma_max))  # the timestep of sigma_max, or the last
    chosen = torch.linspace(top, 0, n, dtype=torch.float64).round().long().clamp(max=999)
    grid = sigmas[chosen]
    grid[0] = sigma_max
    return grid


def karras_path(
    u: Tensor, sigma_min: float = SIGMA_MIN, sigma_max: float | Tensor = SIGMA_MAX, rho: float = RHO
) -> tuple[Tensor, Tensor]:
    """(t, dt/du) of the continuous Karras grid at u in [0, 1], from clean to noisy.

    t is tau(u) of Song et al. 2023, section 5; a grid of n levels has u = i / (n - 1).
    """
    top, bottom = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    root = bottom + u * (top - bottom)
    return root**rho, rho * (top - bottom) * root ** (rho - 1)


def nearest_index(sigmas: Tensor, sigma: float) -> int:
    """The index of the level nearest to sigma in log space."""
    return int((sigmas.log() - math.log(sigma)).abs().argmin())


def ct_discretisation(step: int, total: int, s0: int = 2, s1: int = 150) -> int:
    """N(k), the number of noise levels at training step k (Song et al. 2023, App. C)."""
    growth = step / total * ((s1 + 1) ** 2 - s0**2) + s0**2
    return math.ceil(math.sqrt(growth) - 1) + 1


def ct_ema_decay(
    step: int,
    total: int,
    s0: int = 2,
    s1: int = 150,
    mu0: float = 0.9,
    openai_compatible: bool = False,
) -> float:
    """mu(k), the target network's EMA decay at training step k (Song et al. 2023, App. C).

    OpenAI's code divides by N - 1 where the paper divides by N.
    """
    n = ct_discretisation(step, total, s0, s1)
    return math.exp(s0 * math.log(mu0) / (n - 1 if openai_compatible else n))


def ict_discretisation(step: int, total: int, s0: int = 10, s1: int = 1280) -> int:
    """N(k) of improved consistency training, doubling from s0 + 1 to s1 + 1 levels.

    Song and Dhariwal 2023, eq. 7 and Table 1.
    """
    steps_per_doubling = math.floor(total / (math.log2(s1 // s0) + 1))
    return min(s0 * 2 ** (step // max(steps_per_doubling, 1)), s1) + 1


def lognormal_index(u: Tensor, sigmas: Tensor, mean: float, std: float) -> Tensor:
    """Index i of the pair (sigmas[i], sigmas[i + 1]) for u uniform in [0, 1]: (B,) long.

    A pair is drawn as often as ln t ~ N(mean, std^2) falls between its levels, within the grid
    (Song and Dhariwal 2023, eq. 10). sigmas: a descending grid.
    """
    above = torch.special.ndtr(-(sigmas.double().log() - mean) / std)  # chance of more noise
    above = (above - above[0]) / (above[-1] - above[0])
    pair = torch.searchsorted(above, u.to(above), right=True) - 1
    return pair.clamp(0, len(sigmas) - 2)


def ect_r(t: Tensor, stage: int, q: float = 4.0, k: float = 8.0, b: float = 1.0) -> Tensor:
    """The nearer noise level r < t that ECT pairs with t (Geng et al. 2024, eq. 13).

    r = max(0, t (1 - d n(t))) with n(t) = 1 + k sigmoid(-b t) and the relative step
    d = q^-(stage + 1): 1/4 in stage 0 with q = 4.
    """
    n = 1 + k * torch.sigmoid(-b * t)
    return (t * (1 - n * q ** -(stage + 1))).clamp(min=0)
