"""Closed forms against each other: mixtures, their paths, and what students of n levels learn."""

import math

import pytest
import torch

from cm_core.errors import SettingError
from cm_core.exact import TWO, Mixture, gaussian_gain, optimal_gain, walked_gain
from cm_core.schedule import SIGMA_MIN

ROUND = Mixture(torch.zeros(1, 2), 0.5)  # one Gaussian: everything is linear
PAIR = Mixture(TWO)


def at(*points):
    return torch.tensor(points, dtype=torch.float64)[..., None, None]


def test_one_cluster_is_a_gaussian():
    x = at((3.0, -1.0), (0.2, 0.1))
    t = torch.tensor([2.0, 0.3], dtype=torch.float64)
    part = (0.25 / (0.25 + t**2))[:, None, None, None]
    torch.testing.assert_close(ROUND.denoiser(x, t), part * x)
    gain = ((0.25 + SIGMA_MIN**2) / (0.25 + t**2)).sqrt()[:, None, None, None]
    torch.testing.assert_close(ROUND.consistency(x, t), gain * x, rtol=2e-4, atol=1e-6)


def test_the_score_is_the_slope_of_the_density():
    x = at((0.3, -0.4), (-1.1, 0.2)).requires_grad_()
    log = PAIR.density(x, 0.4).log().sum()
    torch.testing.assert_close(PAIR.score(x, 0.4), torch.autograd.grad(log, x)[0])


def test_the_density_has_an_integral_of_one():
    side = torch.linspace(-6, 6, 241, dtype=torch.float64)
    x = torch.cartesian_prod(side, side)[..., None, None]
    assert float(PAIR.density(x, 0.5).sum() * (side[1] - side[0]) ** 2) == pytest.approx(
        1, abs=1e-6
    )


def test_the_first_coordinate_of_a_path_keeps_its_quantile():
    # Along the line between the clusters the flow is one-dimensional, and preserves order.
    def below(x, t):
        z = torch.tensor([(x - c) / math.hypot(0.2, t) for c in (-1.0, 1.0)], dtype=torch.float64)
        return float(torch.special.ndtr(z).mean())

    x = at((4.0, 0.0), (-0.7, 0.0), (0.01, 0.0))
    end = PAIR.consistency(x, 5.0, levels=2000)
    for start, made in zip(x[:, 0].flatten(), end[:, 0].flatten(), strict=True):
        assert below(float(made), SIGMA_MIN) == pytest.approx(below(float(start), 5.0), abs=2e-5)
    assert end[:, 1].abs().max() == 0


def test_a_path_is_consistent():
    t, points = PAIR.path(at((30.0, 50.0)), 60.0)
    ends = torch.cat([PAIR.consistency(points[i], t[i]) for i in (0, 50, 120, 199)])
    assert (ends - points[-1]).abs().max() < 1e-4
    assert float(t[0, 0]) == pytest.approx(60) and float(t[-1, 0]) == pytest.approx(SIGMA_MIN)


def test_samples_have_the_spread_that_it_says():
    points = PAIR.sample(20_000, torch.Generator().manual_seed(0))
    assert float(points.square().mean().sqrt()) == pytest.approx(PAIR.sigma_data, rel=0.01)
    assert PAIR.sigma_data == pytest.approx(math.sqrt((1 + 2 * 0.2**2) / 2))


@pytest.mark.parametrize(
    ("solver", "n", "gain"),
    [
        ("euler", 18, 0.84609),
        ("euler", 150, 0.98111),
        ("heun", 18, 1.05528),
        ("heun", 150, 1.00064),
    ],
)
def test_what_a_student_learns_of_its_levels(solver, n, gain):
    assert optimal_gain(n, solver) == pytest.approx(gain, abs=1e-5)
    assert walked_gain(n, solver) == pytest.approx(gain, abs=1e-5)


def test_the_true_gain_is_one_at_the_clean_end():
    assert gaussian_gain(0.5, SIGMA_MIN) == 1


def test_refusals():
    with pytest.raises(SettingError, match="euler or heun"):
        optimal_gain(18, "rk4")
    with pytest.raises(SettingError, match="two levels"):
        PAIR.path(at((0.0, 0.0)), 1.0, levels=1)
