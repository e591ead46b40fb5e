"""Rendered landscapes: one seed is one scene, at every size, with what is where."""

import cv2
import numpy as np
import pytest

from train.landscapes import LIGHTS, REGIONS, SCENES, crude, render
from train.landscapes.crude import PALETTE
from train.landscapes.scene import scene_of

SEEDS = range(24)


@pytest.fixture(scope="module")
def small():
    return [render(seed, 64) for seed in SEEDS]


def test_a_seed_is_one_picture_to_the_byte(small):
    again = render(5, 64)
    assert np.array_equal(again.picture, small[5].picture)
    assert np.array_equal(again.regions, small[5].regions)


def test_a_seed_is_one_scene_at_every_size(small):
    away = []
    for seed in SEEDS:
        large = render(seed, 256)
        assert (large.scene, large.light) == (small[seed].scene, small[seed].light)
        means = large.picture.reshape(64, 4, 64, 4, 3).mean((1, 3))
        away.append(np.abs(means - small[seed].picture).mean())
    assert np.mean(away) < 4
    assert max(away) < 10


def test_pictures_are_neither_flat_nor_burnt(small):
    for landscape in small:
        grey = landscape.picture.mean(2)
        assert grey.std() > 4
        assert (grey > 252).mean() < 0.25


def test_names_and_regions_are_known(small):
    for landscape in small:
        assert landscape.scene in SCENES
        assert landscape.light in LIGHTS
        assert landscape.regions.max() < len(REGIONS)
    assert len({landscape.scene for landscape in small}) > 6
    assert len({landscape.light for landscape in small}) >= 4


def mean_colour(landscape, region: str) -> np.ndarray:
    return landscape.picture[landscape.regions == REGIONS.index(region)].mean(0)


def found(seeds, **wanted):
    """The first landscape of a scene and a light."""
    for seed in seeds:
        scene = scene_of(seed)
        if scene.name == wanted["scene"]:
            landscape = render(seed, 64)
            if landscape.light == wanted["light"]:
                return landscape
    raise AssertionError(wanted)


def test_regions_say_what_the_picture_shows():
    meadow = found(range(400), scene="meadow", light="day")
    red, green, blue = mean_colour(meadow, "grass")
    assert green > red and green > blue
    sea = found(range(400), scene="sea", light="day")
    red, _, blue = mean_colour(sea, "water")
    assert blue > red
    rows = np.nonzero(sea.regions == REGIONS.index("water"))[0]
    assert rows.min() > np.nonzero(sea.regions == REGIONS.index("sky"))[0].min()
    night = found(range(2000), scene="lake", light="night")
    assert night.picture.mean() < 100


def test_crude_paintings_are_few_flat_colours_that_keep_to_the_scene():
    known = {tuple(colour) for colour in [*PALETTE.tolist(), [255, 255, 255]]}
    for seed in range(8):
        painting = crude(seed, 256)
        used = {tuple(colour) for colour in painting.reshape(-1, 3).tolist()}
        assert used <= known
        assert 2 <= len(used) <= 12
        blocks = cv2.resize(painting, (8, 8), interpolation=cv2.INTER_AREA).astype(float)
        true = cv2.resize(render(seed, 64).picture, (8, 8), interpolation=cv2.INTER_AREA)
        other = cv2.resize(render(seed + 50, 64).picture, (8, 8), interpolation=cv2.INTER_AREA)
        assert np.abs(blocks - true).mean() < np.abs(blocks - other).mean() + 10


def test_crude_paintings_are_one_at_every_size():
    large = crude(3, 256).reshape(64, 4, 64, 4, 3).mean((1, 3))
    assert np.abs(large - crude(3, 64)).max() <= 1
