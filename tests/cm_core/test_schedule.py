import pytest
import torch

from cm_core.errors import SettingError
from cm_core.schedule import (
    ct_discretisation,
    ct_ema_decay,
    ddim_sigmas,
    ect_r,
    ict_discretisation,
    karras_path,
    karras_sigmas,
    lognormal_index,
    nearest_index,
)


def test_karras_golden_numbers():
    grid = karras_sigmas(40)
    wanted = torch.tensor([69.4509, 4.36556, 3.51970, 1.38237, 0.00367659])
    assert torch.allclose(grid[[1, 17, 18, 22, 38]].float(), wanted, rtol=2e-6)
    assert grid[0] == 80.0 and grid[-1] == 0.002 and grid.shape == (40,)
    assert (grid.diff() < 0).all()
    assert karras_sigmas(201)[106].item() == pytest.approx(1.912844, rel=1e-6)
    assert karras_sigmas(151)[67].item() == pytest.approx(3.991219, rel=1e-6)


def test_karras_of_one_level_is_the_noisiest():
    assert karras_sigmas(1).tolist() == [80.0]
    with pytest.raises(SettingError):
        karras_sigmas(0)


def test_ddim_levels_are_those_of_the_published_timesteps():
    # sqrt(1 / a - 1) of DDPM's linear schedule, at its last step but the rest, and its first.
    grid = ddim_sigmas(1000, sigma_max=157.4)
    assert grid[0] == 157.4 and grid[-1].item() == pytest.approx(0.01, rel=1e-3)
    assert grid[500].item() == pytest.approx(3.424137, rel=1e-6)
    few = ddim_sigmas(5)
    assert few[0] == 80 and (few.diff() < 0).all() and len(few) == 5
    with pytest.raises(SettingError):
        ddim_sigmas(0)


def test_nearest_index_is_in_log_space():
    assert nearest_index(torch.tensor([100.0, 1.0, 0.01]), 5.0) == 1
    assert nearest_index(karras_sigmas(40), 1.38) == 22


@pytest.mark.parametrize(
    ("step", "mu", "n"),
    [
        (0, 0.9025, 2),
        (1, 0.95, 3),
        (1000, 0.985452, 8),
        (400_000, 0.999278, 143),
        (800_000, 0.999487, 201),
    ],
)
def test_consistency_training_schedules_match_the_published_run(step, mu, n):
    assert ct_discretisation(step, 800_000, 2, 200) == n
    decay = ct_ema_decay(step, 800_000, 2, 200, mu0=0.95, openai_compatible=True)
    assert decay == pytest.approx(mu, abs=1e-6)


def test_paper_decay_divides_by_n():
    assert ct_ema_decay(0, 100, 2, 150, mu0=0.9) == pytest.approx(0.9)


def test_ect_pairs_come_nearer_with_each_stage():
    t = torch.tensor([0.01, 0.5, 5.0, 80.0])
    far, near = ect_r(t, stage=0), ect_r(t, stage=3)
    assert (far >= 0).all() and (far < near).all() | (far == 0).all()
    assert (near < t).all()
    # At large t the relative step is d itself; at t = 0 it is d (1 + k/2).
    assert far[-1].item() == pytest.approx(80 * 3 / 4)
    n = 1 + 8 / (1 + torch.tensor(0.01).exp().item())
    assert near[0].item() == pytest.approx(0.01 * (1 - n / 256), rel=1e-5)
    assert far[0] == 0


def test_the_continuous_path_runs_through_the_grid():
    u = torch.linspace(0, 1, 40, dtype=torch.float64)
    t, speed = karras_path(u)
    assert torch.allclose(t.flip(0), karras_sigmas(40), rtol=1e-12)
    h = 1e-6
    differences = (karras_path(u + h)[0] - karras_path(u - h)[0]) / (2 * h)
    assert torch.allclose(speed, differences, rtol=1e-6)


def test_improved_discretisation_doubles_eight_times():
    """K' = floor(800 / (log2(1280 / 10) + 1)) = 100 steps a doubling."""
    seen = [ict_discretisation(k, 800) for k in (0, 99, 100, 200, 699, 700, 799, 800)]
    assert seen == [11, 11, 21, 41, 641, 1281, 1281, 1281]


def test_lognormal_pairs_come_as_often_as_the_density_says():
    """Song and Dhariwal 2023, eq. 10: erf differences of neighbouring ln sigma, normalised."""
    sigmas, mean, std = karras_sigmas(11), -1.1, 2.0
    scaled = (sigmas.log() - mean) / (2**0.5 * std)
    share = torch.erf(scaled[:-1]) - torch.erf(scaled[1:])
    u = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    counts = torch.bincount(lognormal_index(u, sigmas, mean, std), minlength=10)
    assert torch.allclose(counts.double() / 200_000, share / share.sum(), atol=1e-4)
    ends = lognormal_index(torch.tensor([0.0, 1.0]), sigmas, mean, std)
    assert ends.tolist() == [0, 9]
