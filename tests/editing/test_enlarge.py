"""Enlarging by a detailer and by a consistency model: means that are kept, and one name."""

import pytest
import torch
import torch.nn.functional as F

from cm_core.detailer import bicubic
from cm_core.errors import ImageError, SettingError
from editing import enlarge, stream_enlarge, super_resolve
from editing.detail import with_means
from editing.operators import PatchMean


@pytest.fixture
def small():
    """Two pictures with pixels at both ends of the range."""
    x = torch.rand(2, 3, 9, 14, generator=torch.Generator().manual_seed(1)) * 2 - 1
    x[:, :, :3], x[:, :, 3:5] = 1, -1
    return x


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("faithful", [False, True])
def test_the_means_are_the_small_pictures(detailer, small, factor, faithful):
    made = enlarge(detailer, small, factor, seed=3, faithful=faithful)
    assert made.shape == (2, 3, 9 * factor, 14 * factor)
    assert (PatchMean(factor).measure(made) - small).abs().max() < 1e-5
    assert made.abs().max() < 1 + 1e-5
    loose = enlarge(detailer, small, factor, seed=3, faithful=faithful, keep_means=False)
    assert (PatchMean(factor).measure(loose) - small).abs().max() > 0.01


def test_by_two_is_the_mean_of_by_four(detailer, small):
    four = detailer.enlarge(small, 3)
    assert torch.equal(enlarge(detailer, small, 4, 3, keep_means=False), four)
    two = enlarge(detailer, small, 2, 3, keep_means=False)
    assert torch.allclose(two, F.avg_pool2d(four, 2))


def test_pixels_take_up_what_is_missing_as_far_as_they_have_room():
    """By hand: 0.25 up, of rooms 0.5, 1, 1, 1.5 with mean 1; then down, of rooms 1.5 to 0.5."""
    x = torch.tensor([[0.5, 0.0], [0.0, -0.5]]).reshape(1, 1, 2, 2)
    up = with_means(PatchMean(2), torch.full((1, 1, 1, 1), 0.25), x)
    assert up.flatten().tolist() == pytest.approx([0.625, 0.25, 0.25, -0.125])
    down = with_means(PatchMean(2), torch.full((1, 1, 1, 1), -0.25), x)
    assert down.flatten().tolist() == pytest.approx([0.125, -0.25, -0.25, -0.625])
    for end in (-1.0, 1.0):
        made = with_means(PatchMean(2), torch.full((1, 1, 1, 1), end), x)
        assert made.flatten().tolist() == pytest.approx([end] * 4)
        full = torch.full((1, 1, 2, 2), end)
        assert torch.equal(with_means(PatchMean(2), torch.full((1, 1, 1, 1), end), full), full)


def test_a_seed_is_one_picture_alone_and_in_a_batch(detailer, small):
    both = enlarge(detailer, small, 4, [5, 6])
    assert (enlarge(detailer, small[1:], 4, 6) - both[1:]).abs().max() < 1e-5
    generator = torch.Generator().manual_seed(6)
    by_generator = enlarge(detailer, small[1:], 4, generator=generator)
    assert (by_generator - both[1:]).abs().max() < 1e-5


def test_the_stream_is_one_step(detailer, small):
    (step,) = stream_enlarge(detailer, small, 2, 5)
    told = []
    made = enlarge(detailer, small, 2, 5, on_step=told.append)
    assert torch.equal(step.x0, made) and len(told) == 1
    assert step.sigma == detailer.config.sigma_max
    assert torch.allclose(step.x, F.avg_pool2d(bicubic(small), 2))


def test_what_cannot_be_enlarged_is_refused(detailer, small):
    with pytest.raises(SettingError, match="enlarged by 2 or 4, not 3"):
        enlarge(detailer, small, 3)
    with pytest.raises(SettingError, match="Give size"):
        enlarge(lambda x, sigma, label=None: x, small)
    with pytest.raises(ImageError, match="lies in"):
        enlarge(detailer, 3 * small)
    with pytest.raises(ImageError, match="has the shape"):
        enlarge(detailer, small[:, :1])


def test_a_consistency_model_enlarges_to_its_own_size(model, small):
    square = small[..., :4, :4]
    made = enlarge(model, square, seed=[5, 6])
    assert made.shape == (2, 3, 16, 16)
    assert (PatchMean(4).measure(made) - square).abs().max() < 1e-6
    assert torch.equal(enlarge(model, square, 4, [5, 6]), made)
    assert torch.equal(enlarge(model, square, 4, 5)[:1], made[:1])


def test_super_resolve_is_enlarge_with_the_steps_third(model, detailer, small):
    square, seen = small[..., :4, :4], []
    by_one = super_resolve(model, square, 3, 7, samples_per_step=1, on_step=seen.append)
    assert len(seen) == 3
    assert torch.equal(enlarge(model, square, seed=7, steps=3, samples_per_step=1), by_one)
    assert torch.equal(super_resolve(detailer, small, seed=7), enlarge(detailer, small, seed=7))
    by_two = super_resolve(detailer, small, factor=2)
    assert torch.equal(by_two, enlarge(detailer, small, 2))


@pytest.mark.parametrize(
    "how",
    [{"steps": 2}, {"samples_per_step": 1}, {"sigmas": [0.5]}, {"size": 16}, {"label": 1}],
)
def test_a_detailer_refuses_what_only_others_know(detailer, small, how):
    with pytest.raises(SettingError, match="one evaluation"):
        enlarge(detailer, small, **how)


@pytest.mark.parametrize(
    "how",
    [{"keep_means": False}, {"faithful": True}, {"augmentation": (0.1, 0)}, {"noise_scale": 0.5}],
)
def test_others_refuse_what_only_a_detailer_knows(model, small, how):
    with pytest.raises(SettingError, match="Only a detailer"):
        enlarge(model, small[..., :4, :4], **how)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(2, "side 8"), (0, "between 1 and"), (4.0, "whole number"), (1, "side 16")],
)
def test_a_factor_that_leads_elsewhere_is_refused(model, small, factor, said):
    with pytest.raises(SettingError, match=said):
        enlarge(model, small[..., :4, :4], factor)
