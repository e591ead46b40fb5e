"""A model of one size on pictures of any size."""

import itertools

import pytest
import torch

from cm_core.tiles import overlapping
from editing.tiled import OVERLAP, Tiled, drawn_size, mirrored_indices
from tests.gaussian import consistency


@pytest.mark.parametrize("length", [16, 17, 24, 28, 29, 100, 1000])
def test_windows_cover_a_length_and_share_what_they_must(length):
    windows = overlapping(length, 16, OVERLAP)
    assert windows[0].start == 0 and windows[-1].stop == length
    assert all(w.stop - w.start == 16 for w in windows)
    shared = [a.stop - b.start for a, b in itertools.pairwise(windows)]
    assert min(shared, default=4) >= 4
    assert len(windows) <= 1 + -(-(length - 16) // 12)  # no more of them than that takes


@pytest.mark.parametrize("shape", [(16, 16), (16, 40), (37, 100), (3, 40), (1, 1)])
def test_what_a_model_does_to_each_pixel_alone_is_done_everywhere(shape):
    x = torch.randn(2, 3, *shape)
    sigma = torch.tensor([0.5, 2.0])
    made = Tiled(consistency, 16)(x, sigma)
    assert torch.allclose(made, consistency(x, sigma), atol=1e-6)


def test_a_picture_of_the_models_size_is_what_the_model_makes_of_it(model):
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(Tiled(model, 16)(x, 0.5, 3), model(x, 0.5, 3))


def test_windows_are_blended_without_a_step():
    """Each window answers one number, its own: the whole goes from one to the next smoothly."""
    told = []

    def model(x, sigma, label=None):
        told.append(x)
        return torch.full_like(x, float(len(told)))

    row = Tiled(model, 64)(torch.zeros(1, 3, 64, 112), 1.0)[0, 0, 30]
    assert row[0] == 1 and row[-1] == 2 and len(told) == 2
    assert (row.diff() >= 0).all() and row.diff().max() < 0.15


def test_a_short_picture_goes_on_as_in_a_mirror():
    assert mirrored_indices(3, 8).tolist() == [0, 1, 2, 2, 1, 0, 0, 1]
    assert mirrored_indices(4, 2).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("size", "squeeze", "drawn"),
    [
        ((500, 500), 1, (64, 64)),
        ((20, 10), 1, (128, 64)),
        ((900, 600), 1, (96, 64)),
        ((900, 600), 2, (64, 64)),
        ((100, 400), 2, (64, 128)),
        ((1, 5000), 1, (64, 512)),
        ((40000, 300), 2, (512, 64)),
    ],
)
def test_pictures_are_drawn_with_their_shorter_side_the_models(size, squeeze, drawn):
    assert drawn_size(size, 64, squeeze) == drawn
