"""Light and the clear sky: its colours, the sun, the moon and the stars.

A view is a slope grid: a pixel with u = x / z (columns) and slope = y / z (rows) looks along
(u, slope, 1); x is right, y up, z away from the viewer. Radiance is linear RGB, float32.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.noise import mix, smoothstep
from train.landscapes.scattering import AZIMUTHS, VIEWS, at, phases, tables

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_MOONLIGHT = np.array([0.5, 0.85, 1.7], np.float32) * 0.02  # what film shows, not the moon's grey
_AIRGLOW = np.array([0.4, 0.75, 1.5], np.float32) * 0.006  # nights are never black
_OVERCAST = np.array([0.93, 1.0, 1.1], np.float32)
_PEACH = np.array([1.5, 0.9, 0.72], np.float32)

# Colours of a low sun's sky, from far above (0) to the horizon under the sun (1).
_STOPS = (0.0, 0.3, 0.52, 0.78, 1.0)
_HUES = np.array(
    [
        [0.42, 0.82, 1.75],
        [0.64, 0.97, 1.4],
        [1.15, 0.96, 0.78],
        [1.55, 0.88, 0.36],
        [1.9, 0.75, 0.16],
    ],
    np.float32,
)
_BELT = np.array([1.32, 0.84, 1.18], np.float32)  # the pink belt opposite the sun


@dataclass(frozen=True)
class Light:
    """What lights a landscape.

    `sun` (3,) points to the sun, or to the moon at night; `sunlight` and `sunlight_high` (3,) are
    its light at the ground and at the height of clouds, on a surface that faces it; `ambient` (3,)
    is the irradiance of the sky on flat ground.
    """

    sun: ndarray
    sunlight: ndarray
    sunlight_high: ndarray
    ambient: ndarray
    overcast: float
    night: bool
    name: str

    @property
    def elevation(self) -> float:
        """Degrees of the sun or moon above the horizon."""
        return float(np.degrees(np.arcsin(self.sun[1])))


def luminance(colour: ndarray) -> ndarray:
    """Return the (...) luminance of linear (..., 3) colours."""
    return colour @ _LUMA


def _name(elevation: float, overcast: float, night: bool) -> str:
    """Return the light's name for a sun elevation in degrees."""
    if night:
        return "night"
    if overcast > 0.6:
        return "overcast"
    names = ((14.0, "day"), (3.5, "golden hour"), (-2.0, "sunset"))
    return next((name for above, name in names if elevation > above), "dusk")


def light_of(
    elevation: float, azimuth: float, turbidity: float, overcast: float, night: bool
) -> Light:
    """Return the light of a sun, or at night a moon, at `elevation` degrees above the horizon.

    `azimuth` is in radians from straight ahead to the right; `turbidity` and `overcast` run from
    0 to 1. An overcast sky takes the sunlight away and gives part of it back as even grey.
    """
    e, t = np.radians(elevation), tables()
    sun = np.array([np.sin(azimuth) * np.cos(e), np.sin(e), np.cos(azimuth) * np.cos(e)])
    ground, high, ambient = (at(a, e, turbidity) for a in (t.ground, t.high, t.ambient))
    if night:
        ground, high, ambient = (luminance(a) * _MOONLIGHT for a in (ground, high, ambient))
        ambient = ambient + _AIRGLOW * np.float32(np.pi)
    else:
        blue = luminance(ambient) * np.array([0.72, 0.97, 1.5], np.float32)
        ambient = mix(ambient, blue, np.float32(0.95 * smoothstep(10, 0, elevation)))
        last = float(smoothstep(9, -1, elevation))  # film holds the last light on clouds in range
        high = mix(high, luminance(high) * _PEACH, 0.6 * last) * np.float32(1 - 0.6 * last)
        # The last sun is redder than film and eyes take it.
        warm = luminance(ground) * np.array([1.45, 0.92, 0.6], np.float32)
        ground = mix(ground, warm, np.float32(0.6 * smoothstep(6, 1, elevation)))
    total = luminance(ambient + ground * max(sun[1], 0.02))
    grey = total * (_MOONLIGHT / luminance(_MOONLIGHT) if night else _OVERCAST)
    if elevation < 4:  # the last light through clouds keeps the sky's blue
        grey = mix(grey, ambient, 0.6)
    return Light(
        sun=sun.astype(np.float32),
        sunlight=ground * np.float32(1 - 0.94 * overcast),
        sunlight_high=high,
        ambient=mix(ambient, grey * 0.75, 0.9 * overcast).astype(np.float32),
        overcast=float(overcast),
        night=bool(night),
        name=_name(elevation, overcast, night),
    )


def toward_sun(light: Light, u: ndarray, slope: ndarray) -> ndarray:
    """Return (R, C) cosines between each pixel's view and the sun."""
    x, y, z = (np.float32(c) for c in light.sun)
    return (x * u + y * slope + z) / np.sqrt(1 + u * u + slope * slope)


def clear_sky(light: Light, turbidity: float, u: ndarray, slope: ndarray) -> ndarray:
    """Return the radiance (R, C, 3) of a sky without clouds, sun, moon or stars."""
    elevation, bearing = np.arcsin(light.sun[1]), np.arctan2(light.sun[0], light.sun[2])
    view = np.arctan(np.maximum(slope, 0) / np.sqrt(1 + u * u))
    azimuth = np.abs((np.arctan(u) - bearing + np.pi) % (2 * np.pi) - np.pi)
    azimuth = np.broadcast_to(azimuth.astype(np.float32), view.shape)
    rows = (np.sqrt(view / (np.pi / 2)) * (VIEWS - 1)).astype(np.float32)
    columns = azimuth * np.float32((AZIMUTHS - 1) / np.pi)
    t = tables()
    air, haze, multiple = (
        cv2.remap(at(a, elevation, turbidity), columns, rows, cv2.INTER_LINEAR)
        for a in (t.rayleigh, t.mie, t.multiple)
    )
    by_air, by_haze = (p[..., None] for p in phases(toward_sun(light, u, slope)))
    sky = air * by_air + haze * by_haze + multiple
    if light.night:
        return luminance(sky)[..., None] * _MOONLIGHT + _AIRGLOW * (1 - 0.35 * view[..., None])
    return _low_sun(sky, light.elevation, view, np.cos(azimuth)) if light.elevation < 12 else sky


def _low_sun(sky: ndarray, elevation: float, view: ndarray, facing: ndarray) -> ndarray:
    """Return a low sun's sky with its colours parted: warm near sun and horizon, else blue.

    One scattering alone tints the whole sky with the reddened sun. `view` is the elevation and
    `facing` the cosine of the azimuth from the sun, both (R, C).
    """
    weight = np.float32(0.9 * smoothstep(12, 2, elevation))
    lit = luminance(sky)
    if elevation < 0:  # light scattered many times fills the shadow of the Earth
        lit = lit.mean() * (lit / lit.mean()) ** np.float32(1 + 0.045 * max(elevation, -9))
    near = (0.5 + 0.5 * facing) ** 2
    depth = np.float32(0.16 + 0.01 * np.clip(elevation, -6, 6))  # how far up warmth reaches
    warmth = np.exp(-view / (depth * (0.45 + 1.1 * near))) * (0.42 + 0.6 * near)
    hue = np.stack([np.interp(warmth, _STOPS, c).astype(np.float32) for c in _HUES.T], -1)
    belt = np.exp(-(((view - 0.17) / 0.1) ** 2)) * (0.5 - 0.5 * facing) ** 2
    hue = mix(hue, _BELT, (0.6 * belt)[..., None])
    return mix(sky, (lit / luminance(hue))[..., None] * hue, weight)


def sun_disc(
    light: Light, turbidity: float, sky: ndarray, u: ndarray, slope: ndarray, alpha: ndarray
) -> tuple[ndarray, ndarray]:
    """Return the sky with the sun or moon and its glow, and the disc's share (R, C) of each pixel.

    Clouds of opacity `alpha` (R, C) hide the disc. It is drawn at three times its true size, as
    through a long lens, with an edge one pixel of the grid wide.
    """
    cosine = np.clip(toward_sun(light, u, slope), -1, 1)
    distance = np.sqrt(2 * (1 - cosine))
    pixel = float(u[0, 1] - u[0, 0]) / (1 + float(light.sun[1] / max(light.sun[2], 0.2)) ** 2)
    radius = 0.017 if light.night else 0.021
    seen = np.clip(1 - 1.15 * alpha, 0, 1) ** 2
    disc = np.clip((radius - distance) / pixel + 0.5, 0, 1) * seen
    colour = light.sunlight_high if light.elevation < 3 else light.sunlight
    glow = np.exp(-distance / np.float32(0.05 + 0.05 * turbidity)) * np.float32(0.1)
    wide = np.exp(-distance / 0.22) * np.float32(0.015 + 0.03 * turbidity)
    halo = (glow + wide) * (0.25 + 0.75 * seen) * (1 - 0.9 * light.overcast)
    if light.night:
        shade = 1 - 0.4 * smoothstep(0.2, 0.9, _maria(light, u, slope, radius))
        warm = luminance(light.sunlight) * np.array([1.05, 1.0, 0.9], np.float32)
        return sky + halo[..., None] * colour + (disc * shade * 1.2)[..., None] * warm, disc
    return sky + (halo + disc * 1.5)[..., None] * colour, disc


def _maria(light: Light, u: ndarray, slope: ndarray, radius: float) -> ndarray:
    """Return the moon's dark plains (R, C), a few soft spots placed on its disc."""
    x = (u - light.sun[0] / max(light.sun[2], 1e-3)) / radius
    y = (slope - light.sun[1] / max(light.sun[2], 1e-3)) / radius
    spots = ((-0.35, 0.3, 0.4), (0.25, 0.35, 0.25), (-0.1, -0.25, 0.3), (0.45, -0.1, 0.2))
    return sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / r**2) for a, b, r in spots)


def stars(
    rng: Generator, light: Light, sky: ndarray, u: ndarray, slope: ndarray, alpha: ndarray
) -> ndarray:
    """Return the sky with stars where it is dark and no cloud of opacity `alpha` hides them.

    Places and magnitudes are drawn from `rng` whatever the grid; a star's light is one flux, shared
    among the four pixels around it, so that a finer grid shows the same sky.
    """
    count = 320
    across, up = rng.uniform(-0.8, 0.8, count), rng.uniform(0.02, 1.3, count)
    flux = rng.pareto(1.3, count) + 0.25
    hue = mix(np.array([0.8, 0.9, 1.2]), np.array([1.2, 1.0, 0.75]), rng.random((count, 1)))
    dark = 1.0 if light.night else float(smoothstep(-6, -11, light.elevation))
    if dark == 0:
        return sky
    pixel = float(u[0, 1] - u[0, 0])
    column, row = (across - u[0, 0]) / pixel, (up - slope[0, 0]) / pixel
    glow = np.zeros_like(sky)
    strength = np.float32(2.2e-5 * dark * luminance(sky).mean()) / np.float32(pixel**2)
    for right, down in ((0, 0), (0, 1), (1, 0), (1, 1)):
        i, j = np.floor(row).astype(int) + down, np.floor(column).astype(int) + right
        share = (1 - np.abs(row - i)) * (1 - np.abs(column - j)) * np.minimum(flux, 12) * strength
        inside = (i >= 0) & (i < sky.shape[0]) & (j >= 0) & (j < sky.shape[1])
        np.add.at(glow, (i[inside], j[inside]), (share[:, None] * hue)[inside].astype(np.float32))
    low = smoothstep(0, 0.15, slope)  # haze hides what stands low
    return sky + glow * (np.clip(1 - 1.3 * alpha, 0, 1) * low)[..., None]
