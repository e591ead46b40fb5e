"""Panoramas: what is there stays bit for bit, and windows agree exactly where they overlap."""

import itertools

import numpy as np
import pytest
from PIL import Image

from cm_core.errors import SettingError
from editing import panorama, stream_panorama
from editing.widening import growth, window
from tests.gaussian import consistency


def noise(width, height, mode="RGB"):
    channels = len(Image.new(mode, (1, 1)).getbands())
    shape = (height, width, channels) if channels > 1 else (height, width)
    return Image.fromarray(np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8), mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_every_window_keeps_every_bit_of_all_before_it(model, mode):
    picture = noise(20, 24, mode)
    steps = list(stream_panorama(model, picture, 75, 2, 3))
    assert [one.step.index for one in steps] == list(range(len(steps)))
    done = [picture, *(one.picture for one in steps[1::2])]
    turns = growth(picture.size, 75)
    assert len(turns) == len(done) - 1 and done[-1].size == (75, 24)
    for (before, after), (side, pixels) in zip(itertools.pairwise(done), turns, strict=True):
        old, new = np.asarray(before), np.asarray(after)
        kept = new[:, :-pixels] if side == "right" else new[:, pixels:]
        drawn = new[:, -pixels:] if side == "right" else new[:, :pixels]
        assert (kept == old).all() and after.mode == mode and drawn.std() > 0
    assert len({np.asarray(one).tobytes() for one in done}) == len(done)


def test_what_is_drawn_goes_on_from_the_picture_as_in_a_mirror():
    """Under almost no noise it is the mirror, at the right edge and at the left."""
    picture = noise(16, 16)
    still = {"size": 16, "sigmas": [0.0025]}
    made = np.asarray(panorama(consistency, picture, 24, **still)).astype(int)
    before = np.asarray(picture).astype(int)
    wanted = np.concatenate([before[:, 3::-1], before, before[:, :-5:-1]], 1)
    assert (made[:, 4:20] == before).all() and abs(made - wanted).max() <= 2


def test_no_step_shows_where_a_window_begins():
    """Of a model that answers lighter than what is there, half of a window is drawn."""
    grey = Image.new("RGB", (16, 16), (128, 128, 128))
    made = np.asarray(panorama(lambda x, sigma, label: 0.4 + 0 * x, grey, 32, size=16))[8, :, 0]
    right, left = made[24:].astype(int), made[7::-1].astype(int)
    for drawn in (right, left):
        steps = np.diff(np.concatenate([[128], drawn]))
        assert (steps >= 0).all() and steps.max() <= 10  # at once it would be 51
        assert drawn[-1] > 150


def test_windows_differ_and_a_seed_gives_the_same_ones_again(model):
    picture = noise(24, 24)
    made, again, other = (np.asarray(panorama(model, picture, 96, 1, seed)) for seed in (7, 7, 8))
    assert (made == again).all() and (made != other).mean() > 0.5
    assert (made[:, -12:] != made[:, -24:-12]).mean() > 0.5


@pytest.mark.parametrize(
    ("size", "width", "turns"),
    [
        ((256, 256), 300, [("right", 22), ("left", 22)]),
        ((256, 256), 257, [("right", 1)]),
        ((20, 24), 53, [("right", 8), ("left", 8), ("right", 9), ("left", 8)]),
        ((5, 1), 8, [("right", 1), ("left", 1), ("right", 1)]),
    ],
)
def test_it_grows_in_turns_by_half_a_window_at_most(size, width, turns):
    assert growth(size, width) == turns


def test_windows_are_squares_as_high_as_the_picture():
    assert window((700, 256), "right") == (444, 0, 700, 256)
    assert window((700, 256), "left") == (0, 0, 256, 256)
    assert window((20, 24), "right") == (0, 0, 20, 24)  # narrower than it is high: all of it


@pytest.mark.parametrize("width", [24, 10, 2049])
def test_a_width_that_cannot_be_is_refused(model, width):
    with pytest.raises(SettingError, match="wider than its picture, 24 pixels, and at most 2048"):
        stream_panorama(model, noise(24, 24), width)
