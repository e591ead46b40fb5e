"""Sheets of cloud: textures on a level plane overhead, seen and lit from below."""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.noise import (
    billow,
    fft_noise,
    mix,
    mounds,
    sample,
    smoothstep,
    standardised,
    warped,
)
from train.landscapes.sky import Light, toward_sun

_SIDE = 512
_FINEST = 140  # pixels across the view that textures are smoothed for, whatever its own
_BEND = 0.035  # slope added to a plane overhead, so that the round Earth ends it


@lru_cache(maxsize=1)
def _textures() -> dict[str, tuple[ndarray, ...]]:
    """Return standardised textures that repeat, each with its halves down to 8 texels a side."""
    rng = np.random.default_rng(23)
    soft = warped(fft_noise(_SIDE, 3.3, rng, 3), rng, 12)
    domes = standardised(warped(mounds(_SIDE, 9, rng, False), rng, 14))
    drawn = {
        "soft": soft,
        "heaped": domes + 0.35 * soft + 0.25 * billow(_SIDE, 12, rng),
        "cells": warped(mounds(_SIDE, 15, rng, False), rng, 5) + 0.05 * soft,
        "rolls": warped(billow(_SIDE, 6, rng), rng, 10),
        "broad": fft_noise(_SIDE, 4.0, rng, 2, 12),
    }
    found = {}
    for name, field in drawn.items():
        levels = [standardised(field)]
        while len(levels[-1]) > 8:
            half = len(levels[-1]) // 2
            levels.append(cv2.resize(levels[-1], (half, half), interpolation=cv2.INTER_AREA))
        found[name] = tuple(levels)
    return found


class _Plane:
    """A level plane overhead at height 1, seen on a slope grid; looks up textures laid on it."""

    def __init__(self, rng: Generator, wind: float, light: Light, u: ndarray, slope: ndarray):
        far = 1 / (np.maximum(slope, 0) + np.float32(_BEND))
        self.pixel = float(u[0, -1] - u[0, 0]) / _FINEST
        self.x, self.z, self.far = u * far, far, far[:, 0]
        self.rng, self.wind, self.light, self.slope = rng, wind, light, slope
        self.facing = toward_sun(light, u, slope)

    def origin(self) -> ndarray:
        """Draw where a texture starts, in its periods."""
        return self.rng.uniform(0, 1, 2).astype(np.float32)

    def field(
        self,
        name: str,
        period: float,
        stretch: float = 1.0,
        origin: ndarray | None = None,
        move: ndarray | float = 0.0,
        bend: ndarray | float = 0.0,
    ) -> ndarray:
        """Return a texture (R, C) that repeats every `period`, `stretch` times longer downwind.

        `move` (2,) shifts what is seen in x and z, `bend` (R, C) across the wind. Each row takes
        the two levels whose texels are about as long as a pixel is deep there.
        """
        start = self.origin() if origin is None else origin
        c, s = np.cos(self.wind), np.sin(self.wind)
        dx, dz = np.broadcast_to(np.float32(move), 2)
        x, z = self.x + dx, self.z + dz
        along = (x * np.float32(c) + z * np.float32(s)) * np.float32(1 / (period * stretch))
        across = (z * np.float32(c) - x * np.float32(s)) * np.float32(1 / period) + bend
        levels = _textures()[name]
        depth = self.pixel * self.far**1.7 / period * _SIDE
        wanted = np.clip(np.log2(depth), 0, len(levels) - 1.001).astype(np.float32)
        found = np.empty(along.shape, np.float32)
        for level in np.unique(np.floor(wanted).astype(int)):  # rows of one level are neighbours
            rows = np.flatnonzero(np.floor(wanted) == level)
            r = slice(rows[0], rows[-1] + 1)
            fine, coarse = (
                sample(
                    t, (along[r] + start[0]) * len(t) - 0.5, (across[r] + start[1]) * len(t) - 0.5
                )
                for t in levels[level : level + 2]
            )
            found[r] = mix(fine, coarse, (wanted[r] - level)[:, None])
        return found

    def lit(self, name: str, period: float, stretch: float = 1.0) -> tuple[ndarray, ndarray]:
        """Return a texture and how far it faces the sun, -1 to 1."""
        sun, origin = self.light.sun[[0, 2]], self.origin()
        way = sun / max(float(np.hypot(*sun)), 0.1) * np.float32(0.03 * period)
        here = self.field(name, period, stretch, origin)
        there = self.field(name, period, stretch, origin, way)
        return here, np.clip((here - there) * np.float32(1.2), -1, 1)


def _colour(plane: _Plane, thick: ndarray, side: ndarray) -> ndarray:
    """Return the radiance (R, C, 3) of a sheet seen from below.

    `thick` from 0 to 1 darkens it, `side` from -1 to 1 tells how far it faces the sun. A low sun
    lights undersides instead of tops.
    """
    light, facing = plane.light, plane.facing
    low = np.float32(smoothstep(10, 0, light.elevation))
    forward = 0.5 + 0.6 * np.exp((facing - 1) * 4) + 1.2 * np.exp((facing - 1) * 20)
    through = mix(np.exp(-2.2 * thick), np.float32(0.5) * (1.2 - thick), low)
    sun = through * forward * np.clip(1 + 0.8 * side, 0.1, 2) * np.float32(0.2)
    sun *= np.float32(1 - 0.96 * light.overcast)
    even = (1 - 0.5 * thick * (1 - 0.4 * side)) * np.float32(0.95 / np.pi)
    return sun[..., None] * light.sunlight_high + even[..., None] * light.ambient


def _stratocumulus(plane: _Plane, cover: float, scale: float) -> tuple[ndarray, ndarray]:
    """Banks of rounded, dark-based cloud with gaps between them."""
    here, side = plane.lit("heaped", 13 * scale, 1.4)
    thick = here + 0.6 * plane.field("broad", 18 * scale) + np.float32(1.1 * cover - 0.6)
    over = smoothstep(-0.5, 0.7, thick) * smoothstep(0, 0.05, plane.slope)
    return _colour(plane, smoothstep(-0.3, 2.2, thick), side), over * np.float32(0.97)


def _altocumulus(plane: _Plane, cover: float, scale: float) -> tuple[ndarray, ndarray]:
    """Small heaps in rows, fields of them, never all over the sky."""
    here, side = plane.lit("cells", 8.5 * scale, 1.5)
    patch = plane.field("broad", 20 * scale) + np.float32(1.1 * cover - 0.4)
    thick = here + np.clip(1.2 * patch, -2.5, 0.7)
    over = smoothstep(-0.1, 1.3, thick) * smoothstep(0.02, 0.14, plane.slope)
    return _colour(plane, smoothstep(0.3, 3, thick) * 0.7, side), over * np.float32(0.9)


def _cirrus(plane: _Plane, cover: float, scale: float) -> tuple[ndarray, ndarray]:
    """Streaks of ice, thin and bright, bent by winds aloft."""
    light = plane.light
    bend = plane.field("broad", 20 * scale) * np.float32(0.06)
    here = plane.field("soft", 6 * scale, 5.0, bend=bend)
    patch = plane.field("broad", 12 * scale, 1.6)
    over = smoothstep(0.1, 3.0, here + np.minimum(patch, 0.8) + np.float32(0.7 * cover - 0.2))
    bright = 0.1 + 0.14 * np.exp((plane.facing - 1) * 6)
    colour = bright[..., None] * light.sunlight_high + light.ambient * np.float32(0.8 / np.pi)
    thin = smoothstep(0, 0.14, plane.slope) * (1 - 0.35 * smoothstep(0.3, 0.9, plane.slope))
    return colour, over * thin * np.float32(0.85)


def _overcast(plane: _Plane, cover: float, scale: float) -> tuple[ndarray, ndarray]:
    """A closed sheet in soft rolls, brighter towards the sun."""
    here, side = plane.lit("heaped", 15 * scale, 1.3)
    rolls = 0.55 * here + 0.6 * plane.field("broad", 22 * scale, 1.4)
    shade = np.clip(0.6 - 0.17 * rolls + 0.16 * side, 0.22, 1.1)
    glow = (1 + 0.4 * np.exp((plane.facing - 1) * 3)) * np.float32(0.72 / np.pi)
    over = np.full(here.shape, mix(0.9, 1.0, plane.light.overcast), np.float32)
    return (shade * glow)[..., None] * plane.light.ambient, over


def _storm(plane: _Plane, cover: float, scale: float) -> tuple[ndarray, ndarray]:
    """Dark, torn cloud that leaves a bright gap, dimmed by a veil, above the horizon."""
    gap = np.float32(plane.rng.uniform(0.03, 0.12))
    here, side = plane.lit("heaped", 14 * scale, 1.3)
    thick = 0.7 * here + 0.8 * plane.field("broad", 16 * scale)
    edge = gap + 0.05 * plane.field("broad", 30, 0.4)
    over = smoothstep(-1.9, -0.7, thick) * smoothstep(-0.03, 0.06, plane.slope - edge)
    shade = np.clip(0.42 - 0.17 * thick + 0.14 * side, 0.1, 1.0) * np.float32(0.8 / np.pi)
    return shade[..., None] * plane.light.ambient, 0.3 + over * np.float32(0.68)


_DRAW: dict[str, Callable[[_Plane, float, float], tuple[ndarray, ndarray]]] = {
    "stratocumulus": _stratocumulus,
    "altocumulus": _altocumulus,
    "cirrus": _cirrus,
    "overcast": _overcast,
    "storm": _storm,
}
SHEETS = tuple(_DRAW)


def sheet(
    rng: Generator,
    kind: str,
    cover: float,
    scale: float,
    wind: float,
    light: Light,
    u: ndarray,
    slope: ndarray,
) -> tuple[ndarray, ndarray]:
    """Return colour (R, C, 3) and opacity (R, C) of a sheet; `kind` is one of SHEETS."""
    return _DRAW[kind](_Plane(rng, wind, light, u, slope), cover, scale)
