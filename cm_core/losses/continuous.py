"""Continuous-time objectives, by forward-mode differentiation along the path.

g = df/dt is taken along (dx/dt, 1); a consistency function is where it vanishes. The stop-gradient
forms return |f - sg(f) + sg(g)|^2 and the like: their gradient is that of the papers' f . sg(g),
and their value tells how far from zero g is.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from cm_core.distance import l2
from cm_core.losses.common import RandomState, Weight, add_noise, uniform_weight
from cm_core.samplers import Model
from cm_core.solvers import path_slope


def tangent(
    function: Callable[..., Tensor], x: Tensor, t: Tensor, dx: Tensor, dt: Tensor, *args, **inputs
) -> tuple[Tensor, Tensor]:
    """(function(x, t, ...), its derivative along (dx, dt)); shapes as the function's value.

    Fused attention has no forward-mode derivative, so its explicit softmax form is chosen.
    """
    with sdpa_kernel(SDPBackend.MATH):
        made = torch.func.jvp(lambda x, t: function(x, t, *args, **inputs), (x, t), (dx, dt))
    return made[0], made[1]


def _stop_gradient(
    model: Model, unwrapped: Model, x: Tensor, t: Tensor, dx: Tensor, label, inputs: dict
) -> Tensor:
    """Mean of (f - sg(f) + sg(g))^2, (B,), both evaluations under one dropout mask."""
    rng = RandomState(x.device)
    f = model(x, t, label, **inputs)
    with torch.no_grad():
        rng.restore()
        _, g = tangent(unwrapped, x, t, dx, torch.ones_like(t), label, **inputs)
    return l2(f, f.detach() - g)


def continuous_cd(
    model: Model,
    unwrapped: Model,
    teacher: Model,
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    speed: Tensor,
    sigma_data: float,
    label=None,
    weight: Weight = uniform_weight,
    **inputs,
) -> Tensor:
    """Continuous-time distillation, stop-gradient form with l2, (B,) (Song et al. 2023, Theorem 5).

    unwrapped: the model without any wrapper, for the forward-mode pass. speed (B,): dt/du of the
    noise path whose u the levels t were drawn from.
    """
    x = add_noise(x0, noise, t)
    dx = path_slope(teacher, x, t, label, **inputs)
    return weight(t, sigma_data) * speed * _stop_gradient(model, unwrapped, x, t, dx, label, inputs)


def continuous_cd_full(
    model: Model,
    teacher: Model,
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    speed: Tensor,
    sigma_data: float,
    label=None,
    weight: Weight = uniform_weight,
    **inputs,
) -> Tensor:
    """Continuous-time distillation with theta- = theta and l2, (B,) (Song et al. 2023, Theorem 3).

    The gradient runs through g itself: reverse mode over forward mode.
    """
    x = add_noise(x0, noise, t)
    dx = path_slope(teacher, x, t, label, **inputs)
    _, g = tangent(model, x, t, dx, torch.ones_like(t), label, **inputs)
    return weight(t, sigma_data) * speed**2 * g.square().flatten(1).mean(1)


def continuous_ct(
    model: Model,
    unwrapped: Model,
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    speed: Tensor,
    sigma_data: float,
    label=None,
    weight: Weight = uniform_weight,
    **inputs,
) -> Tensor:
    """Continuous-time training, stop-gradient form with l2, (B,) (Song et al. 2023, Theorem 6).

    As `continuous_cd`; the slope of the path is the noise itself, (x - x0) / t.
    """
    x = add_noise(x0, noise, t)
    return (
        weight(t, sigma_data) * speed * _stop_gradient(model, unwrapped, x, t, noise, label, inputs)
    )


def scm(
    network: Callable[..., Tensor],
    unwrapped: Callable[..., Tensor],
    x0: Tensor,
    noise: Tensor,
    t: Tensor,
    sigma_data: float,
    log_weight: Tensor,
    ramp: float = 1.0,
    c: float = 0.1,
    teacher: Model | None = None,
    label=None,
    **inputs,
) -> Tensor:
    """sCM: TrigFlow, normalised tangent, adaptive weight, (B,) (Lu and Song 2024, Algorithm 1).

    network: (x / sigma_data, angle, label) -> F, the raw network, whose f is cos x + sin sigma_data
    F (the paper's F is -F); unwrapped: the same for the forward-mode pass. t (B,): noise levels as
    everywhere here, angle = atan(t / sigma_data). log_weight (B,): the learned w(t). ramp in
    [0, 1]: the tangent's warm-up r. teacher: a denoiser gives the slope, else the noise does.
    """
    angle = torch.atan(t / sigma_data)
    cos, sin = (a[:, None, None, None] for a in (angle.cos(), angle.sin()))
    x = cos * add_noise(x0, noise, t)
    if teacher is None:
        clean = x0
    else:
        with torch.no_grad():
            clean = teacher(x / cos, t, label, **inputs)
    dx = (cos * x - clean) / sin  # cos z - sin x0, where x = cos x0 + sin z
    rng = RandomState(x.device)
    online = network(x / sigma_data, angle, label, **inputs)
    with torch.no_grad():
        rng.restore()
        # The factor cos sin goes in with the tangents, which keeps them bounded (section 4.1).
        along = (cos * sin * dx / sigma_data, angle.cos() * angle.sin())
        raw, d_raw = tangent(unwrapped, x / sigma_data, angle, *along, label, **inputs)
        g = cos**2 * (sigma_data * raw + dx) - ramp * (cos * sin * x - sigma_data * d_raw)
        norm = g.flatten(1).norm(dim=1)[:, None, None, None]
        aim = online.detach() - g / (norm + c)
    prior = 1 / t  # 1 / (sigma_data tan angle), App. G
    return prior * log_weight.exp() * l2(online, aim) - log_weight
