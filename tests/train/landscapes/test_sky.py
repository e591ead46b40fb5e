"""The sky of rendered landscapes: its colours, names, clouds, and the same sky at every size."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from train.landscapes.clouds import KINDS, cloud_parameters, draw_clouds
from train.landscapes.sky import clear_sky, light_of, luminance, stars, sun_disc

ROWS = 0.625  # of the picture's side above the horizon


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of a square picture's columns and of its rows above the horizon."""
    u = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    slope = ((np.arange(int(size * ROWS)) + 0.5) / size).astype(np.float32)
    return u[None], slope[:, None]


def clouded(kind: str, seed: int, size: int, light, turbidity: float = 0.3):
    """A sky with its clouds of one kind, and their opacity."""
    u, slope = grid(size)
    rng = np.random.default_rng(seed)
    parameters = replace(cloud_parameters(rng, 0.8, 0.0), kind=kind)
    sky = clear_sky(light, turbidity, u, slope)
    return draw_clouds(rng, parameters, light, sky, u, slope, sky[0].mean(0))


def developed(radiance: np.ndarray, exposure: float) -> np.ndarray:
    """Radiance as it is shown, 0 to 255: a filmic curve and gamma."""
    x = radiance * exposure
    return 255 * np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2)


def test_the_zenith_is_blue_and_the_suns_side_is_brighter():
    light = light_of(60, np.pi / 2, 0.2, 0.0, False)
    zenith = clear_sky(light, 0.2, np.zeros((1, 1), np.float32), np.full((1, 1), 50, np.float32))
    red, green, blue = zenith[0, 0]
    assert blue > 1.2 * green > 1.2 * red > 0
    u, slope = grid(64)
    brightness = luminance(clear_sky(light, 0.2, u, slope))
    assert np.all(brightness[:, -1] > brightness[:, 0])
    assert brightness[-1, -1] > 1.2 * brightness[-1, 0]


def test_a_low_sun_warms_its_own_horizon_only():
    light = light_of(1, 0.0, 0.3, 0.0, False)
    u, slope = grid(64)
    near = clear_sky(light, 0.3, u, slope)[:3, 32].mean(0)
    far = clear_sky(light_of(1, np.pi, 0.3, 0.0, False), 0.3, u, slope)[-3:, 32].mean(0)
    assert near[0] > 1.3 * near[2]
    assert far[2] > 1.2 * far[0]


def test_ambient_light_falls_with_the_sun():
    fall = [luminance(light_of(e, 0.0, 0.4, 0.0, False).ambient) for e in range(80, -12, -2)]
    assert np.all(np.diff(fall) < 0)
    assert fall[-1] > 0


@pytest.mark.parametrize(
    ("elevation", "overcast", "night", "name"),
    [
        (40, 0.0, False, "day"),
        (14.1, 0.6, False, "day"),
        (13.9, 0.0, False, "golden hour"),
        (3.4, 0.0, False, "sunset"),
        (-1.9, 0.0, False, "sunset"),
        (-2.1, 0.0, False, "dusk"),
        (40, 0.61, False, "overcast"),
        (-5, 0.9, False, "overcast"),
        (30, 0.9, True, "night"),
    ],
)
def test_lights_are_named_by_their_parameters(elevation, overcast, night, name):
    assert light_of(elevation, 0.0, 0.5, overcast, night).name == name


def test_an_overcast_sky_takes_the_sun_away_but_not_the_light():
    clear, grey = (light_of(40, 0.0, 0.3, overcast, False) for overcast in (0.0, 1.0))
    assert luminance(grey.sunlight) < 0.1 * luminance(clear.sunlight)
    assert luminance(grey.ambient) > luminance(clear.ambient)
    assert grey.ambient.max() < 1.25 * grey.ambient.min()


def test_a_third_of_skies_is_clear_and_a_clear_one_is_left_as_it_is():
    rng = np.random.default_rng(0)
    kinds = [cloud_parameters(rng, rng.random(), 0.0).kind for _ in range(2000)]
    assert 0.3 < kinds.count("none") / 2000 < 0.45
    light, (u, slope) = light_of(30, 0.0, 0.3, 0.0, False), grid(64)
    sky, alpha = clouded("none", 1, 64, light)
    assert np.array_equal(sky, clear_sky(light, 0.3, u, slope))
    assert not alpha.any()


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_same_clouds_at_every_size(kind):
    light = light_of(25, 0.6, 0.3, 0.8 if kind in ("storm", "overcast") else 0.0, False)
    for seed in (3, 4):
        small, alpha = clouded(kind, seed, 64, light)
        large, _ = clouded(kind, seed, 256, light)
        exposure = 0.5 / luminance(small).mean()
        mean = cv2.resize(developed(large, exposure), (64, 40), interpolation=cv2.INTER_AREA)
        assert np.abs(mean - developed(small, exposure)).mean() < 3
        assert alpha.min() >= 0
        assert 0.05 < alpha.max() <= 1


def test_a_cloud_hides_sun_and_stars():
    light, (u, slope) = light_of(10, 0.0, 0.3, 0.0, False), grid(64)
    sky, clear = clear_sky(light, 0.3, u, slope), np.zeros((40, 64), np.float32)
    shown, disc = sun_disc(light, 0.3, sky, u, slope, clear)
    row, column = np.unravel_index(disc.argmax(), disc.shape)
    assert disc.max() == 1
    assert abs(slope[row, 0] - np.tan(np.radians(10))) < 1 / 64
    assert abs(u[0, column]) < 1 / 64
    assert np.all(shown >= sky)
    assert not sun_disc(light, 0.3, sky, u, slope, clear + 1)[1].any()

    moon = light_of(30, 2.0, 0.3, 0.0, True)
    dark = clear_sky(moon, 0.3, u, slope)
    draw = [stars(np.random.default_rng(2), moon, dark, u, slope, a) for a in (clear, clear + 1)]
    assert (draw[0] - dark).max() > 0.1 * dark.max()
    assert np.array_equal(draw[1], dark)


def test_stars_keep_their_light_at_every_size():
    moon, total = light_of(30, 2.0, 0.3, 0.0, True), []
    for size in (64, 256):
        u, slope = grid(size)
        dark = np.full((len(slope), size, 3), 0.01, np.float32)
        sky = stars(np.random.default_rng(2), moon, dark, u, slope, np.zeros(dark.shape[:2]))
        total.append((sky - dark).sum() / size**2)
    assert total[0] == pytest.approx(total[1], rel=0.05)
