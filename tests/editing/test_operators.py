import pytest
import torch

from cm_core.errors import ImageError, SettingError
from editing.operators import (
    ColourHints,
    Compose,
    Grey,
    Mask,
    PatchMean,
    fill,
    grey_picture,
    tint,
)
from editing.sampler import masked_multistep
from editing.tasks import stream_inpaint


def picture(seed=0, batch=2):
    return torch.rand((batch, 3, 16, 16), generator=torch.Generator().manual_seed(seed)) * 2 - 1


HOLE = torch.zeros(1, 1, 16, 16)
HOLE[..., 4:12, 4:12] = 1
DABS = torch.zeros(1, 1, 16, 16)
DABS[..., 2:6, 9:14] = 1
ODD_HOLE = torch.zeros(1, 1, 16, 16)
ODD_HOLE[..., 3:14, 5:9] = 1
ODD_HOLE[..., 0, 0] = 1
OPERATORS = {
    "mask": Mask(HOLE),
    "grey": Grey(),
    "mean2": PatchMean(2),
    "mean8": PatchMean(8),
    "hints": ColourHints(DABS),
    "hole in grey": Compose(Mask(HOLE), Grey()),
    "hints inside a hole": Compose(Mask(HOLE), ColourHints(DABS)),
    "grey means": Compose(Grey(), PatchMean(4)),
    "hole along patches": Compose(Mask(HOLE), PatchMean(4)),
    "hole across patches": Compose(PatchMean(8), Mask(ODD_HOLE)),
    "dabs across patches": Compose(ColourHints(DABS), PatchMean(4)),
    "everything": Compose(Mask(ODD_HOLE), PatchMean(8), ColourHints(DABS), PatchMean(4)),
}


def flat(measured):
    parts = measured if isinstance(measured, tuple) else (measured,)
    return torch.cat([p if torch.is_tensor(p) else flat(p) for p in map(leaf, parts)])


def leaf(part):
    return flat(part) if isinstance(part, tuple) else part.flatten()


@pytest.mark.parametrize("name", OPERATORS)
def test_merge_keeps_the_measurement_and_is_an_orthogonal_projection(name):
    operator, x, y = OPERATORS[name], picture(0).double(), picture(1).double()
    merged = operator.merge(operator.measure(x), y)
    assert (flat(operator.measure(merged)) - flat(operator.measure(x))).abs().max() < 1e-12
    # Merging its own measurement changes nothing, and the change made to y is orthogonal to what
    # is free: the rest of x's difference.
    assert torch.allclose(operator.merge(operator.measure(y), y), y, atol=1e-12)
    assert ((merged - y) * (merged - x)).sum().abs() < 1e-9
    assert not torch.allclose(merged, y, atol=1e-2)


@pytest.mark.parametrize("name", OPERATORS)
def test_edits_satisfy_the_measurement_exactly(name):
    operator, image = OPERATORS[name], picture()
    g = torch.Generator().manual_seed(3)
    steps = list(
        masked_multistep(lambda x, s, label=None: x.tanh(), operator, image, [9.0, 1.0, 0.2], g)
    )
    assert [s.sigma for s in steps] == [9.0, 1.0, 0.2]
    for step in steps:
        assert (flat(operator.measure(step.x0)) - flat(operator.measure(image))).abs().max() < 1e-6


def test_masked_pixels_are_the_very_same_bits():
    image = picture()
    *_, step = masked_multistep(lambda x, s, label=None: -x, Mask(HOLE), image, [5.0, 1.0])
    outside = (HOLE == 0).expand_as(image)
    assert torch.equal(step.x0[outside], image[outside])
    assert not torch.equal(step.x0, image)


def test_what_is_free_begins_around_zero_or_what_surrounds_it():
    """Around zero where no start is given, and where a hole is all there is."""

    def model(x, sigma, label=None):
        return torch.zeros_like(x)

    image, whole = torch.full((1, 3, 64, 64), 0.5), torch.ones(1, 1, 64, 64)
    half = whole.clone()
    half[..., :32] = 0
    step = next(masked_multistep(model, Mask(half), image, [0.01]))
    assert step.x[..., 32:].mean().abs() < 2e-3 and (step.x[..., :32].mean() - 0.5).abs() < 2e-3
    assert next(stream_inpaint(model, image, whole, sigmas=[0.01])).x.mean().abs() < 2e-3
    surrounded = next(stream_inpaint(model, image, half, sigmas=[0.01])).x[..., 32:]
    assert (surrounded.mean() - 0.5).abs() < 2e-3


def test_sampler_follows_the_published_algorithm():
    """Against the steps of Algorithm 4 written out for a mask."""
    image, sigmas = picture(), [9.0, 1.5, 0.3]
    g, replay = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)

    def model(x, sigma, label=None):
        return x / (1 + sigma)

    *_, made = masked_multistep(model, Mask(HOLE), image, sigmas, g)
    x0 = image * (1 - HOLE)
    for sigma in sigmas:
        x = x0 + (sigma**2 - 0.002**2) ** 0.5 * torch.randn(image.shape, generator=replay)
        x0 = image * (1 - HOLE) + model(x, sigma).clamp(-1, 1) * HOLE
    assert torch.allclose(made.x0, x0, atol=1e-6)


def test_measurements_by_hand():
    red = torch.tensor([1.0, -1.0, -1.0])[None, :, None, None].expand(1, 3, 4, 4)
    luma = 2 * 0.2989 - 0.9999
    norm = (0.2989**2 + 0.5870**2 + 0.1140**2) ** 0.5
    assert torch.allclose(Grey().measure(red), torch.full((1, 1, 4, 4), luma / norm))
    assert torch.allclose(grey_picture(red), torch.full((1, 3, 4, 4), luma / 0.9999))
    ramp = torch.arange(16.0).reshape(1, 1, 4, 4).expand(1, 3, 4, 4)
    assert PatchMean(2).measure(ramp)[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_contradicting_measurements_are_refused():
    x = picture()[..., :12, :12]
    with pytest.raises(SettingError, match="contradict"):
        Compose(PatchMean(4), PatchMean(6)).measure(x)


def test_a_cut_patch_keeps_its_mean_by_its_free_pixels():
    """By hand: of four pixels one is free, so it must make up for the other three."""
    hole = torch.zeros(1, 1, 2, 2)
    hole[..., 1, 1] = 1
    both = Compose(Mask(hole), PatchMean(2))
    known = torch.tensor([[0.1, 0.2], [0.3, 0.8]]).expand(1, 3, 2, 2)
    merged = both.merge(both.measure(known), torch.zeros(1, 3, 2, 2))
    assert torch.allclose(merged, known) and torch.equal(merged[..., 0, :], known[..., 0, :])
    alone = Compose(Mask(1 - hole), PatchMean(2))
    merged = alone.merge(alone.measure(known), torch.zeros(1, 3, 2, 2))
    assert torch.allclose(merged, torch.tensor([[0.2, 0.2], [0.2, 0.8]]).expand(1, 3, 2, 2))


def test_impossible_shapes_are_refused():
    with pytest.raises(ImageError):
        Mask(torch.zeros(16, 16))
    with pytest.raises(ImageError):
        PatchMean(3).measure(picture())
    with pytest.raises(SettingError):
        PatchMean(0)


def test_tint_keeps_luma_and_range_and_only_touches_hints():
    grey, hints = grey_picture(picture(2)), picture(5)
    tinted = tint(grey, hints, DABS)
    assert torch.allclose(grey_picture(tinted), grey, atol=1e-6)
    assert tinted.abs().max() <= 1 + 1e-6
    outside = (DABS == 0).expand_as(grey)
    assert torch.equal(tinted[outside], grey[outside])
    middle = torch.zeros(1, 3, 16, 16)
    soft = torch.tensor([0.2, 0.0, -0.1])[None, :, None, None].expand(1, 3, 16, 16)
    inside = tint(middle, soft, DABS)[(DABS == 1).expand(1, 3, 16, 16)].reshape(3, -1)[:, 0]
    assert torch.allclose(inside, (soft - grey_picture(soft))[0, :, 0, 0], atol=1e-6)


def test_fill_spreads_what_surrounds_a_hole():
    free = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    free[..., 3:11, 5:12] = True
    flat = torch.tensor([0.3, -0.7, 0.9])[None, :, None, None].expand(1, 3, 16, 16)
    assert torch.allclose(fill(torch.where(free, 5.0, flat), free), flat, atol=1e-6)
    ramp = torch.linspace(-1, 1, 16).expand(1, 3, 16, 16)
    filled = fill(torch.where(free, 0.0, ramp), free)
    assert torch.equal(filled[~free.expand_as(ramp)], ramp[~free.expand_as(ramp)])
    assert (filled - ramp).abs().max() < 0.3 and filled.abs().max() <= 1
    assert filled[0, 0, 7, 6] < filled[0, 0, 7, 10]
    assert fill(ramp, torch.ones_like(free)).abs().max() == 0
