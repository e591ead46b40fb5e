import pytest
import torch

from cm_core.noise import generators, randn
from editing.operators import Mask
from editing.sampler import masked_multistep, opposed


@pytest.mark.parametrize("count", [2, 3, 8])
def test_noises_of_a_step_sum_to_zero_and_each_is_normal(count):
    noises = opposed(torch.zeros(1, 3, 64, 64), count, torch.Generator().manual_seed(3))
    assert noises.shape == (count, 1, 3, 64, 64)
    assert noises.sum(0).abs().max() < 1e-5
    for noise in noises:
        assert float(noise.mean()) == pytest.approx(0, abs=0.03)
        assert float(noise.std()) == pytest.approx(1, rel=0.03)


def test_a_single_noise_is_what_the_seed_draws():
    like, drawn = torch.zeros(2, 3, 8, 8), generators(5, 2)
    assert torch.equal(opposed(like, 1, generators(5, 2))[0], randn(like.shape, drawn))


def test_a_step_is_the_mean_of_its_guesses():
    """What a model copies of its noise cancels, and |x0 + sigma z| is averaged."""
    image, operator = torch.full((1, 3, 64, 64), 0.1), Mask(torch.ones(1, 1, 64, 64))

    def made(guesses, model):
        given = {"start": image, "generator": torch.Generator().manual_seed(3)}
        return next(masked_multistep(model, operator, image, [0.2], guesses=guesses, **given)).x0

    for guesses in (2, 3, 4):
        linear = made(guesses, lambda x, *_: 0.9 * x)
        assert torch.allclose(linear, 0.9 * image, atol=1e-6)
        given = image + (0.2**2 - 0.002**2) ** 0.5 * opposed(
            image, guesses, torch.Generator().manual_seed(3)
        )
        assert torch.allclose(made(guesses, lambda x, *_: x.abs()), given.abs().mean(0), atol=1e-6)
    assert float(made(1, lambda x, *_: 0.9 * x).std()) == pytest.approx(0.18, rel=0.03)


class Sharing:
    """A model that is given half of the noise it is told, and draws one grey."""

    class config:
        image_size, share = 64, 0.5

    def __call__(self, x, sigma, label=None):
        return torch.full_like(x, 0.25)


def test_a_model_may_ask_for_less_noise_than_it_is_told():
    """x = x0 + share sqrt(sigma^2 - sigma_min^2) z for a guess alone, all of it for two; without a
    share the paper's."""
    image, operator = torch.zeros(1, 3, 64, 64), Mask(torch.ones(1, 1, 64, 64))
    for guesses, part in ((1, 0.5), (2, 1.0)):

        def given(model, guesses=guesses):
            drawn = torch.Generator().manual_seed(3)
            return list(
                masked_multistep(
                    model, operator, image, [9.0, 0.4], drawn, start=image, guesses=guesses
                )
            )

        for calm, plain in zip(given(Sharing()), given(Sharing().__call__), strict=True):
            x0 = 0.25 if calm.index else 0.0
            assert torch.allclose(calm.x - x0, (plain.x - x0) * part, rtol=1e-4, atol=1e-5)
            assert float(plain.x.std()) == pytest.approx(plain.sigma, rel=0.03)
