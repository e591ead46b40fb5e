import itertools

import pytest
import torch

from cm_core import precondition
from cm_core.errors import SettingError
from cm_core.noise import generators, randn
from cm_core.samplers import (
    sample_euler,
    sample_heun,
    sample_multistep,
    sample_onestep,
    stream_heun,
    stream_multistep,
)
from cm_core.schedule import karras_sigmas
from cm_core.stream import last_x0
from tests.gaussian import EPS, S, consistency, denoiser

SHAPE = (4, 3, 8, 8)


def noise(seed: int = 0, dtype=torch.float64):
    return randn(SHAPE, torch.Generator().manual_seed(seed)).to(dtype)


def euler_factor(grid, heun=False):
    """What each ODE step multiplies a Gaussian sample by; the last level ends at its denoiser."""
    factor = float(grid[0])
    for t, r in itertools.pairwise(grid.tolist()):
        slope = t / (S**2 + t**2)
        step = 1 + (r - t) * slope
        if heun:
            step = 1 + (r - t) / 2 * (slope + step * r / (S**2 + r**2))
        factor *= step
    return factor * S**2 / (S**2 + float(grid[-1]) ** 2)


def test_one_step_of_a_gaussian_is_its_closed_form():
    z = noise()
    wanted = z * 80 * ((S**2 + EPS**2) / (S**2 + 80**2)) ** 0.5
    assert torch.allclose(sample_onestep(consistency, z), wanted, rtol=1e-12)


def test_multistep_of_a_gaussian_is_its_closed_form():
    z, sigmas = noise(), [80.0, 3.0, 0.7]
    generator = torch.Generator().manual_seed(5)
    made = sample_multistep(consistency, z, sigmas, generator=generator)
    replay = torch.Generator().manual_seed(5)
    x0 = consistency(80.0 * z, 80.0)
    for sigma in sigmas[1:]:
        fresh = torch.randn(SHAPE, generator=replay).double()
        x0 = consistency(x0 + (sigma**2 - EPS**2) ** 0.5 * fresh, sigma)
    assert torch.allclose(made, x0, rtol=1e-12)


@pytest.mark.parametrize("levels", [2, 18])
def test_euler_and_heun_of_a_gaussian_are_their_closed_forms(levels):
    z, grid = noise(), karras_sigmas(levels)
    assert torch.allclose(sample_euler(denoiser, z, grid), z * euler_factor(grid), rtol=1e-9)
    assert torch.allclose(sample_heun(denoiser, z, grid), z * euler_factor(grid, True), rtol=1e-9)


def test_heun_is_of_second_order():
    # f maps to t = eps; the samplers go on to t = 0, where a Gaussian is smaller by this much.
    to_zero = S / (S**2 + EPS**2) ** 0.5
    z = noise()
    truth = to_zero * sample_onestep(consistency, z)

    def error(sampler, levels):
        return (sampler(denoiser, z, karras_sigmas(levels)) - truth).abs().max().item()

    assert error(sample_euler, 80) / error(sample_euler, 160) == pytest.approx(2, rel=0.1)
    assert error(sample_heun, 80) / error(sample_heun, 160) == pytest.approx(4, rel=0.15)


def test_streams_count_evaluations_and_end_in_the_sample():
    calls = []

    def counting(x, sigma, label=None):
        calls.append(sigma)
        return denoiser(x, sigma)

    steps = list(stream_heun(counting, noise(), karras_sigmas(18)))
    assert len(steps) == len(calls) == 2 * 18 - 1
    assert [s.index for s in steps] == list(range(35)) and [s.sigma for s in steps] == calls
    assert torch.equal(steps[-1].x0, sample_heun(denoiser, noise(), karras_sigmas(18)))
    seen = []
    last_x0(stream_multistep(consistency, noise(), [80.0, 1.0]), on_step=seen.append)
    assert [s.sigma for s in seen] == [80.0, 1.0]


def test_clip_holds_x0_in_range():
    made = sample_multistep(lambda x, sigma, label=None: x, noise(), [80.0, 1.0], clip=True)
    assert made.abs().max() == 1


def test_a_seed_gives_the_same_picture_alone_and_in_a_batch():
    seeds, sigmas = [7, 3, 11], [80.0, 2.0, 0.5]

    def draw(seeds):
        g = generators(seeds, len(seeds))
        return sample_multistep(consistency, randn((len(seeds), 3, 8, 8), g), sigmas, g)

    together = draw(seeds)
    for i, seed in enumerate(seeds):
        assert torch.equal(together[i : i + 1], draw([seed]))


@pytest.mark.parametrize("sigmas", [[], [1.0, 2.0], [1.0, 0.0], [1.0, 1.0]])
def test_bad_levels_are_refused(sigmas):
    with pytest.raises(SettingError):
        sample_multistep(consistency, noise(), sigmas)


def test_seeds_must_match_the_batch():
    with pytest.raises(SettingError):
        generators([1, 2], 3)
    for nothing in (None, 0.5, "seven"):
        with pytest.raises(SettingError, match="whole number"):
            generators(nothing, 1)


def test_multistep_matches_diffusers_scheduler():
    """The same noise through both gives the same pictures (CMStochasticIterativeScheduler)."""
    from diffusers import CMStochasticIterativeScheduler

    scheduler = CMStochasticIterativeScheduler(
        num_train_timesteps=40, sigma_min=EPS, sigma_max=80.0, sigma_data=S, rho=7.0
    )
    # diffusers counts timesteps up while its noise levels come down.
    scheduler.set_timesteps(timesteps=[39, 22, 7, 0])
    sigmas = karras_sigmas(40)[[0, 7, 22, 39]].tolist()
    assert scheduler.sigmas[:-1].tolist() == pytest.approx(sigmas, rel=1e-5)
    network = torch.nn.Conv2d(3, 3, 3, padding=1).requires_grad_(False)

    def model(x, sigma, label=None):
        c_skip, c_out, c_in = precondition.consistency(torch.tensor(sigma), S, EPS)
        return c_skip * x + c_out * network(c_in * x)

    z = noise(dtype=torch.float32)
    ours = sample_multistep(model, z, sigmas, torch.Generator().manual_seed(1), clip=True)
    theirs, g = z * scheduler.init_noise_sigma, torch.Generator().manual_seed(1)
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(theirs, timestep)
        theirs = scheduler.step(network(scaled), timestep, theirs, generator=g).prev_sample
    assert torch.allclose(ours, theirs, atol=2e-5)
