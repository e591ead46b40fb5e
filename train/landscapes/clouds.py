"""Clouds over a clear sky: heaps as lit sprites in depth, sheets as textures on a plane overhead.

A view is a slope grid as in `sky`. All draws are made before the grid is looked at and in slopes,
so that a finer grid shows the same clouds.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.heaps import draw_heap, heaps
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
_COARSE = 128  # pixels a side up to which clouds are drawn finer
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
    stormy, veil = rng.random() < 0.3, rng.random() < 0.2
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

    `sky` is the clear sky, left as it is; far clouds fade into `horizon_colour` (3,). Clouds on a
    coarse grid are drawn at half its pixels' side and averaged: edges, and what is near the
    horizon, are finer than its pixels.
    """
    if parameters.kind == "none":
        return sky, np.zeros(sky.shape[:2], np.float32)
    coarse = u.shape[1] <= _COARSE
    grid = (_halves(u.T).T, _halves(slope)) if coarse else (u, slope)
    layer = _layer(rng, parameters, light, *grid, horizon_colour)
    if coarse:
        layer = cv2.resize(layer, sky.shape[1::-1], interpolation=cv2.INTER_AREA)
    alpha = np.clip(layer[..., 3], 0, 1)
    return sky * (1 - alpha[..., None]) + layer[..., :3], alpha


def _layer(
    rng: Generator,
    p: CloudParameters,
    light: Light,
    u: ndarray,
    slope: ndarray,
    horizon_colour: ndarray,
) -> ndarray:
    """Return the clouds alone (R, C, 4): radiance times opacity, and opacity."""
    layer = np.zeros((len(slope), u.shape[1], 4), np.float32)
    for name in [p.kind] if p.kind in SHEETS else ["cirrus"] * p.veil:
        colour, over = sheet(rng, name, p.cover, p.scale, p.wind, light, u, slope)
        layer[..., :3], layer[..., 3] = colour * over[..., None], over
    for heap in heaps(rng, p.kind, p.cover, p.scale):
        draw_heap(heap, light, layer, u, slope, horizon_colour)
    return layer


def _halves(axis: ndarray) -> ndarray:
    """Return the middles (2N, 1) of the halves of evenly spaced pixels with middles (N, 1)."""
    quarter = (axis[1] - axis[0]) / 4
    return np.stack([axis - quarter, axis + quarter], 1).reshape(-1, 1)
