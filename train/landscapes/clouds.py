"""Clouds over a clear sky: heaps as lit sprites in depth, sheets as textures on a plane overhead.

A view is a slope grid as in `sky`. All draws are made before the grid is looked at and in slopes,
so that a finer grid shows the same clouds.
"""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.heaps import draw_heap, heaps
from train.landscapes.noise import mix
from train.landscapes.sheets import SHEETS, sheet
from train.landscapes.sky import Light

KINDS = ("none", "cumulus", "tower", "stratocumulus", "altocumulus", "cirrus", "storm", "overcast")
_CHANCES = {
    "cumulus": 0.42,
    "tower": 0.16,
    "stratocumulus": 0.15,
    "altocumulus": 0.11,
    "cirrus": 0.16,
}
_CLEAR = 0.37  # cover below which no cloud is drawn


@dataclass(frozen=True)
class CloudParameters:
    """What clouds a sky has: `kind` of KINDS, `cover` from 0 to 1, `scale` about 1, the direction
    of the `wind` in radians, and whether a `veil` of cirrus lies above heaps."""

    kind: str
    cover: float
    scale: float
    wind: float
    veil: bool


def cloud_parameters(rng: Generator, cover: float, overcast: float) -> CloudParameters:
    """Draw the clouds of a sky by its cover and overcast, both from 0 to 1."""
    kind = str(rng.choice(list(_CHANCES), p=list(_CHANCES.values())))
    stormy, veil = rng.random() < 0.3, rng.random() < 0.25
    scale, wind = float(np.exp(rng.normal(0, 0.22))), float(rng.uniform(0, np.pi))
    if overcast > 0.6:
        kind = "storm" if stormy else "overcast"
    elif cover < _CLEAR:
        kind = "none"
    rest = float(np.clip((cover - _CLEAR) / (1 - _CLEAR), 0, 1))
    return CloudParameters(kind, rest, scale, wind, bool(veil))


def draw_clouds(
    rng: Generator,
    parameters: CloudParameters,
    light: Light,
    sky: ndarray,
    u: ndarray,
    slope: ndarray,
    horizon_colour: ndarray,
) -> tuple[ndarray, ndarray]:
    """Return the sky (R, C, 3) with clouds and their opacity (R, C).

    `sky` is the clear sky, left as it is; far clouds fade into `horizon_colour` (3,).
    """
    p, kind = parameters, parameters.kind
    sky, alpha = sky.copy(), np.zeros(sky.shape[:2], np.float32)
    if kind == "none":
        return sky, alpha
    layers = [kind] if kind in SHEETS else ["cirrus"] * p.veil
    for name in layers:
        colour, over = sheet(rng, name, p.cover, p.scale, p.wind, light, u, slope)
        sky, alpha = mix(sky, colour, over[..., None]), over
    for heap in heaps(rng, kind, p.cover, p.scale):
        draw_heap(heap, light, sky, alpha, u, slope, horizon_colour)
    return sky, alpha
