"""Panoramas: what is there stays bit for bit, and windows agree exactly where they overlap."""

import itertools

import numpy as np
import pytest
from PIL import Image

from cm_core.errors import SettingError
from editing import inpaint_region, panorama, stream_panorama
from editing.panorama import growth, window


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


def test_a_window_is_what_inpainting_makes_of_it_alone(model):
    picture = noise(24, 24)
    made = panorama(model, picture, 36, 2, 7)
    for side, seed, old in (("right", 7, picture), ("left", 8, made.crop((6, 0, 36, 24)))):
        canvas = Image.new("RGB", (old.width + 6, 24), "white")
        canvas.paste(old, (0 if side == "right" else 6, 0))
        box = window(canvas.size, side)
        hole = np.zeros((24, 24), bool)
        hole[:, slice(-6, None) if side == "right" else slice(6)] = True
        alone = inpaint_region(model, canvas.crop(box), hole, 2, seed)
        at = (12 if side == "right" else 0, 0)
        assert made.crop((*at, at[0] + 24, 24)).tobytes() == alone.tobytes()


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
