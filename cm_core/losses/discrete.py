"""Consistency objectives on pairs of neighbouring noise levels: distillation, training, tuning."""

from collections.abc import Callable

import torch
from torch import Tensor

from cm_core.distance import l2, pseudo_huber
from cm_core.losses.common import RandomState, Weight, add_noise, karras_weight, uniform_weight
from cm_core.samplers import Model

Distance = Callable[[Tensor, Tensor], Tensor]


def estimates(
    model: Model,
    target: Model,
    x_hi: Tensor,
    t_hi: Tensor,
    x_lo: Tensor,
    t_lo: Tensor,
    label=None,
    **inputs,
) -> tuple[Tensor, Tensor]:
    """(model(x_hi, t_hi), target(x_lo, t_lo)), (B, 3, H, W) each, the second without gradient.

    Both evaluations see the same dropout mask: without this, at neighbouring levels the masks'
    difference would drown the levels' own.
    """
    rng = RandomState(x_hi.device)
    online = model(x_hi, t_hi, label, **inputs)
    with torch.no_grad():
        rng.restore()
        aim = target(x_lo, t_lo, label, **inputs)
    return online, aim


def cd(
    model: Model,
    target: Model,
    teacher: Model,
    solver: Callable[..., Tensor],
    x0: Tensor,
    noise: Tensor,
    t_hi: Tensor,
    t_lo: Tensor,
    sigma_data: float,
    label=None,
    distance: Distance = l2,
    weight: Weight = uniform_weight,
    **inputs,
) -> Tensor:
    """Consistency distillation, (B,) (Song et al. 2023, eq. 7).

    The teacher takes one `solver` step (cm_core.solvers) from the levels t_hi (B,) to t_lo (B,).
    """
    x_hi = add_noise(x0, noise, t_hi)
    with torch.no_grad():
        x_lo = solver(teacher, x_hi, t_hi, t_lo, label, **inputs)
    pair = estimates(model, target, x_hi, t_hi, x_lo, t_lo, label, **inputs)
    return weight(t_hi, sigma_data) * distance(*pair)


def ct(
    model: Model,
    target: Model,
    x0: Tensor,
    noise: Tensor,
    t_hi: Tensor,
    t_lo: Tensor,
    sigma_data: float,
    label=None,
    distance: Distance = l2,
    weight: Weight = uniform_weight,
    **inputs,
) -> Tensor:
    """Consistency training, (B,): the same noise at both levels (Song et al. 2023, eq. 10)."""
    x_hi, x_lo = add_noise(x0, noise, t_hi), add_noise(x0, noise, t_lo)
    pair = estimates(model, target, x_hi, t_hi, x_lo, t_lo, label, **inputs)
    return weight(t_hi, sigma_data) * distance(*pair)


def ict(
    model: Model,
    x0: Tensor,
    noise: Tensor,
    t_hi: Tensor,
    t_lo: Tensor,
    c: float,
    label=None,
    **inputs,
) -> Tensor:
    """Improved consistency training, (B,) (Song and Dhariwal 2023, eq. 5 to 8).

    The target is the network itself, the distance pseudo-Huber, the weight 1 / (t_hi - t_lo).
    """
    x_hi, x_lo = add_noise(x0, noise, t_hi), add_noise(x0, noise, t_lo)
    online, aim = estimates(model, model, x_hi, t_hi, x_lo, t_lo, label, **inputs)
    return pseudo_huber(online, aim, c) / (t_hi - t_lo)


def ect(
    model: Model,
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    r: Tensor,
    sigma_data: float,
    c: float,
    label=None,
    weight: Weight = karras_weight,
    **inputs,
) -> Tensor:
    """Easy consistency tuning, (B,): pseudo-Huber of `ect_estimates` (Geng et al. 2024, Alg. 1)."""
    online, aim = ect_estimates(model, x0, noise, t, r, label, **inputs)
    return weight(t, sigma_data) * pseudo_huber(online, aim, c)


def ect_estimates(
    model: Model, x0: Tensor, noise: Tensor, t: Tensor, r: Tensor, label=None, **inputs
) -> tuple[Tensor, Tensor]:
    """What `ect` compares, (B, 3, H, W) each: estimates at the level t and, without gradient, at r.

    The second is the same network's at the nearer level; where r = 0 it is x0 itself.
    """
    known = (r == 0)[:, None, None, None]

    def target(x: Tensor, level: Tensor, label, **inputs) -> Tensor:
        return torch.where(known, x0, model(x, level, label, **inputs))

    # t stands in where r = 0, whose network output is thrown away.
    safe_r = torch.where(r > 0, r, t)
    x_hi, x_lo = add_noise(x0, noise, t), add_noise(x0, noise, safe_r)
    return estimates(model, target, x_hi, t, x_lo, safe_r, label, **inputs)
