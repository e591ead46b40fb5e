"""What each picture of a batch gets is what it gets alone, to the last bit."""

import pytest
import torch

from cm_core.adapter import adapt
from cm_core.errors import ImageError, SettingError
from cm_core.samplers import levels
from editing import colorize, denoise, inpaint, stroke
from editing.operators import Mask
from editing.sampler import masked_multistep
from tests.gaussian import as_column, consistency

SIDE = 16
SEEDS = [5, 9, 2]


def pictures():
    """Three pictures, the first dark and the last bright, with noise of their own levels."""
    g = torch.Generator().manual_seed(0)
    x = torch.rand((3, 3, SIDE, SIDE), generator=g) * 0.6 - 0.3
    return x + torch.tensor([-0.6, 0.0, 0.6])[:, None, None, None]


def masks():
    """A small hole, a large one and all of the picture."""
    made = torch.zeros(3, 1, SIDE, SIDE)
    made[0, :, 3:5, 3:5] = made[1, :, 2:13, 1:15] = made[2] = 1
    return made


def hints():
    """Dabs of colour on the first and the last picture alone."""
    made = torch.zeros(3, 4, SIDE, SIDE)
    made[0, :, 2:4, 2:6] = torch.tensor([0.5, -0.5, 0.1, 1])[:, None, None]
    made[2, :, 9:12, 2:6] = torch.tensor([-0.5, 0.2, 0.7, 1])[:, None, None]
    return made


EDITS = {
    "inpaint": (inpaint, {"mask": masks()}),
    "inpaint by one mask": (inpaint, {"mask": masks()[:1]}),
    "colorize": (colorize, {}),
    "colorize with hints": (colorize, {"hints": hints()}),
    "colorize with one layer of hints": (colorize, {"hints": hints()[:1]}),
    "stroke": (stroke, {"mask": masks()}),
    "stroke on paper": (stroke, {"paper": True}),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_batch_is_its_pictures_alone(name):
    edit, given = EDITS[name]
    batch = pictures()
    together = edit(consistency, batch, seed=SEEDS, **given)
    for i, seed in enumerate(SEEDS):
        own = {
            key: value[i : i + 1] if torch.is_tensor(value) and len(value) == 3 else value
            for key, value in given.items()
        }
        alone = edit(consistency, batch[i : i + 1], seed=seed, **own)
        assert torch.equal(together[i : i + 1], alone)


def test_noise_levels_are_estimated_for_each_picture():
    g = torch.Generator().manual_seed(1)
    spread = torch.tensor([0.05, 0.3, 1.5])
    noisy = spread[:, None, None, None] * torch.randn((3, 3, 64, 64), generator=g)
    seen = []
    together = denoise(consistency, noisy, on_step=seen.append)
    assert seen[0].sigma.tolist() == pytest.approx(spread.tolist(), rel=0.1)
    for i in range(3):
        assert torch.equal(together[i : i + 1], denoise(consistency, noisy[i : i + 1]))
    given = denoise(consistency, noisy, spread.tolist())
    assert torch.equal(given[1:2], denoise(consistency, noisy[1:2], float(spread[1])))


def test_a_level_of_each_picture_reaches_the_model():
    told = []

    def model(x, sigma, label=None):
        told.append(as_column(sigma, x).flatten().tolist())
        return torch.zeros_like(x)

    inpaint(model, pictures(), masks(), steps=2, samples_per_step=1)
    (first, second) = told
    fractions = masks().mean((1, 2, 3))
    assert first == pytest.approx((60.0 ** fractions.square()).tolist())
    assert second == pytest.approx([0.3] * 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: colorize(consistency, x, hints=torch.zeros(1, 4, SIDE, SIDE + 1)),
        lambda x: colorize(consistency, x, hints=torch.zeros(2, 4, SIDE, SIDE)),
        lambda x: colorize(consistency, x, hints=torch.zeros(1, 3, SIDE, SIDE)),
        lambda x: inpaint(consistency, x, torch.ones(2, 1, SIDE, SIDE)),
    ],
)
def test_hints_and_masks_of_another_shape_are_refused(call):
    with pytest.raises(ImageError, match=r"shape .* not \("):
        call(pictures())


@pytest.mark.parametrize(
    "sigmas", [[[1.0, 2.0]], [[0.5, 0.5, 0.5], [0.4, 0.6, 0.4]], [float("nan")], ["much"], [[]]]
)
def test_levels_that_cannot_be_are_refused(sigmas):
    with pytest.raises(SettingError):
        levels(sigmas, 3)


def test_noise_starts_from_the_models_own_lowest_level():
    """x = x0 + sqrt(sigma^2 - sigma_min^2) z, with the sigma_min that the model's config says."""

    class Coarse:
        class config:
            sigma_min = 0.3

        def __call__(self, x, sigma, label=None):
            return torch.zeros_like(x)

    image, free = torch.zeros(1, 3, 64, 64), Mask(torch.ones(1, 1, 64, 64))
    (step,) = masked_multistep(Coarse(), free, image, [0.5], torch.Generator().manual_seed(3))
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(3))
    assert adapt(Coarse()).sigma_min == 0.3
    assert torch.allclose(step.x, 0.4 * noise)
