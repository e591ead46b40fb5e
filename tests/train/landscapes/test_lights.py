"""The same scene in every light, and the table of what colours it has there."""

import numpy as np
import pytest

from train.landscapes.lights import drawn, measured, relit
from train.landscapes.scene import LIGHTS, scene_of
from train.landscapes.sky import light_of


@pytest.mark.parametrize("light", LIGHTS)
def test_a_scene_is_relit_by_its_weather_alone(light):
    for seed in range(40):
        before = scene_of(seed)
        after = relit(before, light)
        w = after.weather
        named = light_of(w.elevation, w.azimuth, w.turbidity, w.overcast, w.night).name
        assert named == light
        assert (after.camera, after.relief, after.water) == (
            before.camera,
            before.relief,
            before.water,
        )


def test_land_stays_where_it_is_in_every_light():
    (day, sky), (night, same) = (drawn(relit(scene_of(5), light), 32) for light in ("day", "night"))
    assert (sky == same).mean() > 0.97  # a tree's edge in the sky may count as either
    assert day.mean() > night.mean() + 30


def test_the_table_has_the_line_of_means_and_what_is_left_about_it():
    """Grey that brightens downwards: in OKLab its lightness, and nothing else, changes."""
    rows = np.linspace(60, 180, 64).round()
    picture = np.broadcast_to(rows[:, None, None], (64, 64, 3)).astype(np.uint8)
    inside = np.zeros((1, 64, 64), bool)
    inside[:, :32] = True  # at every place of the upper rows, at none of the lower
    part = measured(picture[None], inside, np.linspace(0, 1, 64)[None])
    assert part["mean"][0] == pytest.approx(0.354, abs=0.01)  # of sRGB 60, by OKLab's formula
    assert part["fall"][0] > 0.3 and abs(part["fall"][1]) + abs(part["fall"][2]) < 1e-4
    assert np.abs(part["covariance"]).max() < 1e-4
    assert part["share"][0] > 0.9 and part["share"][1] < 0.1
