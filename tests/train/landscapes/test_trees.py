"""Trees: the same bytes each time, lit on the sun's side, hidden by what is nearer."""

from itertools import pairwise

import numpy as np
import pytest

from train.landscapes import sprites as drawn
from train.landscapes.flora import PLANTS
from train.landscapes.sprites import sprites
from train.landscapes.trees import Tree, draw

LEAF = np.array([0.06, 0.12, 0.03], np.float32)
SUNLIGHT = np.array([3.0, 2.8, 2.4], np.float32)
SKY = np.array([0.3, 0.4, 0.6], np.float32)
CLEAR = (np.ones(3, np.float32), np.zeros(3, np.float32))


def tree(kind="broadleaf", height=96, x=64, y=120, depth=50.0, mirrored=False):
    return Tree(kind, 0, x, y, height, depth, LEAF, mirrored)


def picture(grey=0.0, size=128):
    return np.full((size, size, 3), grey, np.float32)


def lit(sun, which, grey=0.0, depth=None, fade=CLEAR, sunlight=SUNLIGHT, **kwargs):
    image = picture(grey)
    toward = np.array(sun, np.float32) / np.linalg.norm(sun)
    return image, draw(image, depth, which, toward, sunlight, SKY, fade, **kwargs)


def test_the_same_seed_draws_the_same_bytes():
    plant, _ = PLANTS["pine"]
    once, again = (drawn._sprite(plant(np.random.default_rng(3))) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    other = drawn._sprite(plant(np.random.default_rng(4)))
    assert once[0].shape != other[0].shape or not np.array_equal(once[0], other[0])


@pytest.mark.parametrize("kind", PLANTS)
def test_every_tree_stands_on_its_root_and_fills_its_height(kind):
    for levels in sprites()[kind]:
        alpha = levels[0][..., 0]
        middle = alpha.shape[1] // 2
        assert alpha[-8:, middle - 8 : middle + 8].max() == 255
        assert alpha[:4].max() > 0
        assert (levels[0][..., 1:] <= alpha[..., None].astype(int) + 1).all()  # premultiplied


def test_every_level_is_the_mean_of_the_finer_one():
    for levels in (sprites()["conifer"][0], sprites()["palm"][1]):
        for fine, coarse in pairwise(levels):
            h, w, c = coarse.shape
            mean = fine.reshape(h, 2, w, 2, c).mean((1, 3))
            assert np.abs(mean - coarse).max() <= 1.0


@pytest.mark.parametrize("height", [3, 12, 40, 41, 96, 200, 700])
def test_coverage_is_a_share_and_what_is_returned_is_what_changed(height):
    image, (rows, cols, alpha) = lit((0, 1, 0), tree(height=height), grey=5.0)
    assert alpha.min() >= -1e-6 and alpha.max() <= 1 + 1e-5 and alpha.max() > 0.2
    changed = np.abs(image - 5.0).max(-1)
    assert np.all((changed[rows, cols] > 0) >= (alpha > 0.01))
    changed[rows, cols] = 0
    assert changed.max() == 0


def test_what_is_nearer_hides_the_tree_and_what_is_farther_does_not():
    open_ground, part = lit((0, 1, 0), tree(), depth=np.full((128, 128), 60.0, np.float32))
    hidden, none = lit((0, 1, 0), tree(), depth=np.full((128, 128), 40.0, np.float32))
    assert none is None and hidden.max() == 0
    assert np.array_equal(open_ground, lit((0, 1, 0), tree())[0]) and part is not None
    half = np.full((128, 128), 60.0, np.float32)
    half[:, :64] = 40.0
    cut, _ = lit((0, 1, 0), tree(), depth=half)
    assert cut[:, :64].max() == 0 and np.array_equal(cut[:, 64:], open_ground[:, 64:])


@pytest.mark.parametrize("kind", ["conifer", "broadleaf", "birch", "bush", "poplar", "cactus"])
@pytest.mark.parametrize("height", [24, 96])
def test_the_side_to_the_sun_is_brighter(kind, height):
    def halves(sun):
        image, (rows, cols, alpha) = lit(sun, tree(kind, height))
        x = np.arange(128)[cols]
        middle = (alpha.sum(0) * x).sum() / alpha.sum()
        light = image[rows, cols].sum(-1)
        return [light[:, s].sum() / alpha[:, s].sum() for s in (x < middle, x > middle)]

    left_sun, right_sun = halves((-1, 0.2, 0)), halves((1, 0.2, 0))
    assert left_sun[0] > 1.05 * right_sun[0] and right_sun[1] > 1.05 * left_sun[1]
    assert left_sun[0] / left_sun[1] > 1.2 * right_sun[0] / right_sun[1]


@pytest.mark.parametrize("height", [12, 96, 300])
def test_upside_down_is_the_mirror_image(height):
    upright, _ = lit((0.6, 0.6, 0.2), tree(height=height, y=64))
    mirrored, _ = lit((0.6, 0.6, 0.2), tree(height=height, y=64), upside_down=True)
    np.testing.assert_allclose(mirrored, upright[::-1], atol=1e-5)


@pytest.mark.parametrize("height", [12, 96, 300])
def test_mirrored_is_the_picture_under_the_mirrored_sun(height):
    plain, _ = lit((0.6, 0.6, 0.2), tree(height=height))
    flipped, _ = lit((-0.6, 0.6, 0.2), tree(height=height, mirrored=True))
    np.testing.assert_allclose(flipped, plain[:, ::-1], atol=1e-5)


def test_thick_air_leaves_only_haze():
    haze = np.array([0.5, 0.6, 0.7], np.float32)
    image, (rows, cols, alpha) = lit((0, 1, 0), tree(), fade=(np.zeros(3, np.float32), haze))
    np.testing.assert_allclose(image[rows, cols], alpha[..., None] * haze, atol=1e-6)


def test_against_the_sun_leaves_are_darker_and_yellower():
    against, part = lit((0, 0.2, 1), tree())
    along, _ = lit((0, 0.2, -1), tree())
    rows, cols, _ = part
    assert against[rows, cols].sum() < 0.8 * along[rows, cols].sum()
    glow = against - lit((0, 0.2, 1), tree(), sunlight=0 * SUNLIGHT)[0]
    shine = along - lit((0, 0.2, -1), tree(), sunlight=0 * SUNLIGHT)[0]
    assert glow[..., 2].sum() / glow[..., 1].sum() < 0.8 * shine[..., 2].sum() / shine[..., 1].sum()


def test_a_tree_out_of_the_picture_or_too_small_shows_nothing():
    assert lit((0, 1, 0), tree(x=900))[1] is None
    assert lit((0, 1, 0), tree(height=1.2))[1] is None
