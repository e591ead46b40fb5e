"""Where the objectives lead: closed forms for Gaussian data that a mistake would miss."""

import pytest
import torch
from torch import nn

from cm_core import losses
from cm_core.schedule import karras_path, karras_sigmas
from cm_core.solvers import euler_step, heun_step
from tests.gaussian import EPS, S, consistency, denoiser
from tests.toy import MIXTURE, TrueDenoiser, toy_model

# x0 and noise whose second moments are those of N(0, S^2) and N(0, 1), uncorrelated: for a linear
# student a sum over these four pairs is the whole expectation.
X0 = S * torch.tensor([1.0, 1, -1, -1], dtype=torch.float64)[:, None, None, None]
NOISE = torch.tensor([1.0, -1, 1, -1], dtype=torch.float64)[:, None, None, None]


class LinearStudent(nn.Module):
    """f(x, t_i) = a_i x on a grid, a = 1 at the clean end."""

    def __init__(self, grid):
        super().__init__()
        self.grid = grid
        self.a = nn.Parameter(torch.full_like(grid, 0.5))

    def forward(self, x, sigma, label=None):
        index = (self.grid[:, None] - sigma).abs().argmin(0)
        a = torch.where(index == len(self.grid) - 1, 1.0, self.a[index])
        return a[:, None, None, None] * x


def trained_gain(n: int, loss_of) -> float:
    """a(T) of a linear student trained on all pairs of N levels, over the true one.

    Gradient descent, each level's rate the inverse of its curvature; a level's error is gone one
    step after that of the level below it.
    """
    grid = karras_sigmas(n)
    student = LinearStudent(grid)
    x0, noise = X0.repeat(n - 1, 1, 1, 1), NOISE.repeat(n - 1, 1, 1, 1)
    t_hi, t_lo = (t.repeat_interleave(4) for t in (grid[:-1], grid[1:]))
    curvature = 8 * (S**2 + grid**2)
    for _ in range(n):
        student.zero_grad()
        loss_of(student, x0, noise, t_hi, t_lo).sum().backward()
        with torch.no_grad():
            student.a -= student.a.grad / curvature
    true = consistency(torch.ones(1, 1, 1, 1, dtype=torch.float64), 80.0).item()
    return student.a[0].item() / true


def ct(student, x0, noise, t_hi, t_lo):
    return losses.ct(student, student, x0, noise, t_hi, t_lo, S)


def cd(solver):
    def loss(student, x0, noise, t_hi, t_lo):
        return losses.cd(student, student, denoiser, solver, x0, noise, t_hi, t_lo, S)

    return loss


@pytest.mark.parametrize(
    ("loss", "n", "gain"),
    [
        (ct, 18, 0.84609),
        (ct, 150, 0.98111),
        (cd(euler_step), 18, 0.84609),
        (cd(euler_step), 150, 0.98111),
        (cd(heun_step), 18, 1.05528),
        (cd(heun_step), 150, 1.00064),
    ],
)
def test_trained_students_reach_the_optimum_of_their_n(loss, n, gain):
    assert trained_gain(n, loss) == pytest.approx(gain, abs=1e-5)


class PowerStudent(nn.Module):
    """f(x, t) = x ((s^2 + eps^2) / (s^2 + t^2))^p, the true one at p = 1/2."""

    def __init__(self, p: float):
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p, dtype=torch.float64))

    def forward(self, x, sigma, label=None):
        t = torch.as_tensor(sigma).reshape(-1, 1, 1, 1)
        return x * ((S**2 + EPS**2) / (S**2 + t**2)) ** self.p


def continuous_gradient(p: float, form: str) -> float:
    """d/dp of a continuous objective, over the Karras path and the four pairs."""
    student = PowerStudent(p)
    t, speed = karras_path(torch.linspace(0.02, 0.98, 25, dtype=torch.float64))
    t, speed = t.repeat_interleave(4), speed.repeat_interleave(4)
    x0, noise = X0.repeat(25, 1, 1, 1), NOISE.repeat(25, 1, 1, 1)
    batch = (x0, noise, t, speed, S)
    loss = {
        "cd": lambda: losses.continuous_cd(student, student, denoiser, *batch),
        "cd-full": lambda: losses.continuous_cd_full(student, denoiser, *batch),
        "ct": lambda: losses.continuous_ct(student, student, *batch),
    }[form]()
    loss.sum().backward()
    return student.p.grad.item()


@pytest.mark.parametrize("form", ["cd", "cd-full", "ct"])
def test_continuous_gradients_vanish_at_the_true_function_only(form):
    assert abs(continuous_gradient(0.5, form)) < 1e-9
    assert abs(continuous_gradient(0.4, form)) > 1e-2
    if form != "cd-full":  # a step down the gradient leads towards 1/2 from either side
        assert continuous_gradient(0.4, form) < 0 < continuous_gradient(0.6, form)


def test_scm_gradient_vanishes_at_the_true_function():
    """For data of standard deviation sigma_data f(x) = x along TrigFlow: F = (1 - cos) / sin x."""

    def network(gain):
        def raw(x, angle, label=None):
            return gain * ((1 - angle.cos()) / angle.sin())[:, None, None, None] * x

        return raw

    def gradient(value: float) -> float:
        gain = torch.tensor(value, dtype=torch.float64, requires_grad=True)
        t = torch.logspace(-2, 1.5, 25, dtype=torch.float64).repeat_interleave(4)
        x0, noise = X0.repeat(25, 1, 1, 1), NOISE.repeat(25, 1, 1, 1)
        raw, flat = network(gain), torch.zeros_like(t)
        loss = losses.scm(raw, raw, x0, noise, t, S, flat, teacher=denoiser)
        loss.sum().backward()
        return gain.grad.item()

    assert abs(gradient(1.0)) < 1e-9
    assert gradient(0.9) < -1e-2 and gradient(1.1) > 1e-2


def gradients(model, loss):
    model.zero_grad()
    loss.sum().backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("form", ["cd", "cd-full", "ct"])
def test_the_continuous_gradient_is_the_limit_of_the_discrete_one(form):
    """Song et al. 2023, Theorems 3, 5 and 6, in double precision, at an untrained network."""
    from cm_core import ConsistencyModel

    model = toy_model(ConsistencyModel)
    model.net.double()
    net, teacher = model.net, TrueDenoiser()

    def f(x, t, label=None):  # the model in double precision
        c_skip, c_out, c_in = (c[:, None, None, None] for c in model.coefficients(t))
        return c_skip * x + c_out * net(c_in * x, t.log() / 4)

    g = torch.Generator().manual_seed(0)
    x0, u = MIXTURE.sample(64, g).double(), torch.linspace(0.1, 0.9, 64, dtype=torch.float64)
    noise = torch.randn(x0.shape, generator=g).double()
    t, speed = karras_path(u)
    batch = (x0, noise, t, speed, 0.7)
    wanted = gradients(
        net,
        {
            "cd": lambda: losses.continuous_cd(f, f, teacher, *batch),
            "cd-full": lambda: losses.continuous_cd_full(f, teacher, *batch),
            "ct": lambda: losses.continuous_ct(f, f, *batch),
        }[form](),
    )

    def discrete(n: float):
        t_hi = karras_path(u + 1 / n)[0]
        if form == "cd":
            loss = losses.cd(f, f, teacher, euler_step, x0, noise, t_hi, t, 0.7)
        elif form == "ct":
            loss = losses.ct(f, f, x0, noise, t_hi, t, 0.7)
        else:
            x_hi = losses.add_noise(x0, noise, t_hi)
            x_lo = euler_step(teacher, x_hi, t_hi, t)
            loss = n * (f(x_hi, t_hi) - f(x_lo, t)).square().flatten(1).mean(1)
        return n * gradients(net, loss)

    errors = [float((discrete(n) - wanted).norm() / wanted.norm()) for n in (1e3, 1e4, 1e5)]
    assert errors[0] < 0.1 and errors[2] < 1e-3
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.2)  # first order in 1 / N


def test_progressive_distillation_of_linear_steps_is_exact():
    """A student at the optimum makes the teacher's two Euler steps in one, down to zero noise."""
    levels = torch.cat([karras_sigmas(8), torch.zeros(1, dtype=torch.float64)])
    t, middle, end = (level[None] for level in (levels[6], levels[7], levels[8]))
    gain = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    x0, noise = X0, NOISE
    batch = (x0, noise, *(level.expand(4) for level in (t, middle, end)), S)

    def student(x, sigma, label=None):
        return gain * x

    uniform = losses.WEIGHTS["uniform"]
    for _ in range(2):
        loss = losses.progressive_distillation(student, denoiser, *batch, weight=uniform)
        (slope,) = torch.autograd.grad(loss.sum(), gain)
        gain = (gain - slope / (8 * (S**2 + t**2))).detach().requires_grad_()
    x = losses.add_noise(x0, noise, t.expand(4))
    two = euler_step(denoiser, x, t.expand(4), middle.expand(4))
    two = euler_step(denoiser, two, middle.expand(4), end.expand(4))
    one = euler_step(student, x, t.expand(4), end.expand(4))
    assert torch.allclose(one, two, rtol=1e-12)
