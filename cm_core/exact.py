"""Data with exact denoiser, score and consistency function, for tests and lessons.

Points in the plane are (B, 2, 1, 1), so that samplers and losses take them as pictures.
"""

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN, karras_path, karras_sigmas
from cm_core.solvers import SOLVERS, heun_step

LEVELS = 200  # of a path: its end is off by less than a thousandth of the data's standard deviation
TWO = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Mixture:
    """Equally likely round Gaussians in the plane. centres (K, 2); std: along each axis."""

    centres: Tensor
    std: float = 0.2

    @property
    def sigma_data(self) -> float:
        """The standard deviation of a coordinate."""
        return math.sqrt(float(self.centres.var(0, correction=0).mean()) + self.std**2)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Random points of the mixture, (count, 2, 1, 1)."""
        which = torch.randint(len(self.centres), (count,), generator=generator)
        noise = torch.randn(count, 2, generator=generator)
        return (self.centres[which] + self.std * noise)[..., None, None]

    def denoiser(self, x: Tensor, sigma: float | Tensor, label: None = None) -> Tensor:
        """D(x, t) = E[x0 | x] at noise level t; x (B, 2, 1, 1), sigma a float or (B,)."""
        variance = self.std**2 + levels_of(sigma, x).square()
        away = x.flatten(1)[:, None] - self.centres.to(x)
        weights = (-away.square().sum(2) / (2 * variance)).softmax(1)[..., None]
        each = self.centres.to(x) + away * (self.std**2 / variance)[..., None]
        return (weights * each).sum(1).reshape(x.shape)

    def score(self, x: Tensor, sigma: float | Tensor) -> Tensor:
        """The gradient of log p_t at x: (D(x, t) - x) / t^2 (Karras et al. 2022, eq. 3)."""
        return (self.denoiser(x, sigma) - x) / levels_of(sigma, x)[..., None, None].square()

    def density(self, x: Tensor, sigma: float | Tensor) -> Tensor:
        """p_t at x, (B,)."""
        variance = self.std**2 + levels_of(sigma, x).square()
        away = x.flatten(1)[:, None] - self.centres.to(x)
        each = torch.exp(-away.square().sum(2) / (2 * variance)) / (2 * math.pi * variance)
        return each.mean(1)

    def path(self, x: Tensor, sigma: float | Tensor, levels: int = LEVELS) -> tuple[Tensor, Tensor]:
        """The probability-flow path through x at sigma, down to sigma_min, by Heun steps.

        Returns t (levels, B) and points (levels, B, 2, 1, 1), the noisiest first.
        """
        t, points = grid_below(levels_of(sigma, x)[:, 0], levels), [x.double()]
        for above, below in itertools.pairwise(t):
            points.append(heun_step(self.denoiser, points[-1], above, below))
        return t, torch.stack(points)

    def consistency(
        self, x: Tensor, sigma: float | Tensor, label: None = None, levels: int = LEVELS
    ) -> Tensor:
        """f(x, t): where the path through x at t ends (Song et al. 2023, section 3)."""
        return self.path(x, sigma, levels)[1][-1].to(x)


def levels_of(sigma: float | Tensor, x: Tensor) -> Tensor:
    """Noise levels (B, 1), one a point, in the dtype of x."""
    return torch.as_tensor(sigma, dtype=x.dtype, device=x.device).expand(len(x))[:, None]


def grid_below(t: Tensor, levels: int) -> Tensor:
    """Karras grids from each of t (B,) down to sigma_min, (levels, B) of float64."""
    if levels < 2:
        raise SettingError(f"A path has at least two levels, not {levels}.")
    u = torch.linspace(1, 0, levels, dtype=torch.float64)[:, None]
    return karras_path(u, sigma_max=t.double())[0]


def gaussian_denoiser(x: Tensor, sigma: float | Tensor, std: float = 0.5) -> Tensor:
    """D(x, t) = x s^2 / (s^2 + t^2), for data N(0, s^2 I) of any shape (B, ...)."""
    t = levels_of(sigma, x).reshape(-1, *[1] * (x.ndim - 1))
    return x * std**2 / (std**2 + t**2)


def gaussian_gain(std: float = 0.5, t: float = SIGMA_MAX) -> float:
    """a(t) of the true f(x, t) = a(t) x: sqrt((s^2 + eps^2) / (s^2 + t^2))."""
    return math.sqrt((std**2 + SIGMA_MIN**2) / (std**2 + t**2))


def optimal_gain(n: int, solver: str = "euler", std: float = 0.5) -> float:
    """a(T) of the optimal linear student f(x, T) = a(T) x on n levels, divided by the true a(T).

    The closed form is a product over neighbouring levels. With "euler" it is what consistency
    training reaches, too, and distillation by Euler steps: (s^2 + t t') / (s^2 + t^2). With "heun",
    1 + (t' - t) / 2 (m(t) + m(t') (1 + (t' - t) m(t))), where m(t) = t / (s^2 + t^2) is the slope.
    """
    grid = karras_sigmas(n)
    t, below = grid[:-1], grid[1:]
    if solver == "euler":
        factors = (std**2 + t * below) / (std**2 + t**2)
    elif solver == "heun":
        m, m_below = (v / (std**2 + v**2) for v in (t, below))
        factors = 1 + (below - t) / 2 * (m + m_below * (1 + (below - t) * m))
    else:
        raise SettingError(f"A solver is euler or heun, not {solver}.")
    return float(factors.prod()) / gaussian_gain(std)


def walked_gain(n: int, solver: str = "euler", std: float = 0.5) -> float:
    """As `optimal_gain`, by the solver's own steps from x = 1 at T down the n levels."""
    x = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    grid = karras_sigmas(n)
    for t, below in itertools.pairwise(grid[:, None]):
        x = SOLVERS[solver](lambda x, t, label: gaussian_denoiser(x, t, std), x, t, below)
    return float(x) / gaussian_gain(std)
