import pytest
import torch

from cm_core.noise import generators, randn
from editing.operators import Mask
from editing.sampler import antithetic_noise, masked_multistep


@pytest.mark.parametrize("count", [2, 3, 8])
def test_noises_of_a_step_sum_to_zero_and_each_is_normal(count):
    noises = antithetic_noise(torch.zeros(1, 3, 64, 64), count, torch.Generator().manual_seed(3))
    assert noises.shape == (count, 1, 3, 64, 64)
    assert noises.sum(0).abs().max() < 1e-5
    for noise in noises:
        assert float(noise.mean()) == pytest.approx(0, abs=0.03)
        assert float(noise.std()) == pytest.approx(1, rel=0.03)


def test_a_single_noise_is_what_the_seed_draws():
    like, drawn = torch.zeros(2, 3, 8, 8), generators(5, 2)
    assert torch.equal(antithetic_noise(like, 1, generators(5, 2))[0], randn(like.shape, drawn))


def test_a_step_is_the_mean_of_its_samples():
    """What a model copies of its noise cancels, and |x0 + sigma z| is averaged."""
    image, operator = torch.full((1, 3, 64, 64), 0.1), Mask(torch.ones(1, 1, 64, 64))

    def made(count, model):
        given = {"start": image, "generator": torch.Generator().manual_seed(3)}
        return next(
            masked_multistep(model, operator, image, [0.2], samples_per_step=count, **given)
        ).x0

    for count in (2, 3, 4):
        linear = made(count, lambda x, *_: 0.9 * x)
        assert torch.allclose(linear, 0.9 * image, atol=1e-6)
        given = image + (0.2**2 - 0.002**2) ** 0.5 * antithetic_noise(
            image, count, torch.Generator().manual_seed(3)
        )
        assert torch.allclose(made(count, lambda x, *_: x.abs()), given.abs().mean(0), atol=1e-6)
    assert float(made(1, lambda x, *_: 0.9 * x).std()) == pytest.approx(0.18, rel=0.03)


def test_noise_and_what_x0_stands_for_add_up_to_the_level():
    """x = x0 + sqrt(sigma^2 - sigma_min^2) z at every step (Song et al. 2023, Algorithm 1)."""
    image, operator = torch.zeros(1, 3, 64, 64), Mask(torch.ones(1, 1, 64, 64))
    drawn = torch.Generator().manual_seed(3)
    steps = masked_multistep(
        lambda x, *_: torch.full_like(x, 0.25), operator, image, [9.0, 0.4], drawn, sigma_min=0.3
    )
    drawn = torch.Generator().manual_seed(3)
    for x0, step in zip((0.0, 0.25), steps, strict=True):
        noise = torch.randn(1, 3, 64, 64, generator=drawn)
        assert torch.allclose(step.x, x0 + (step.sigma**2 - 0.3**2) ** 0.5 * noise, atol=1e-5)
