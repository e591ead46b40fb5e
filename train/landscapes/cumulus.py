"""Heaped clouds as sprites: small volumes of spheres, lit from six sides once and for all.

A volume is (depth, height, width) voxels, depth away from the viewer, height up. Each is seen level
and from below; a sprite keeps opacity and how much light reaches what is seen from the left, the
right, below, above, the front and the back. A sun anywhere is then a weighted mean of the six.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.noise import smoothstep

SHAPES = ("heap", "tower", "bank")
RISES = {"heap": (0.06, 0.28, 0.6), "tower": (0.05,), "bank": (0.08,)}  # slopes of bases, as seen
_DEPTH = 48
_SIDES = {"heap": (64, 120), "tower": (120, 144), "bank": (44, 144)}  # height, width
_BASE = 5  # voxels of air below the base
_VARIANTS = {"heap": 7, "tower": 8, "bank": 4}
_DENSE = 0.26  # optical depth of a full voxel


@dataclass(frozen=True)
class Sprite:
    """A cloud seen from one rise, rows upward.

    `levels` are (H, W, 8): opacity, light from six sides, light from everywhere, all premultiplied;
    each level has half the side of the one before. `base` is the row of the middle of its base.
    """

    levels: tuple[ndarray, ...]
    base: float


def _heap(rng: Generator, height: int, width: int) -> list[tuple[float, float, float, float]]:
    """Return spheres (x, y, z, radius) of a fair-weather cloud: a low row, one part towering."""
    peak, spread = rng.normal(0, 0.16) * width, rng.uniform(0.17, 0.24) * width
    spheres = []
    for _ in range(rng.integers(9, 14)):
        x = np.clip(rng.normal(0, spread), -0.34 * width, 0.34 * width)
        r = height * rng.uniform(0.13, 0.2) * (1.15 - abs(x) / (0.6 * width))
        tall = np.exp(-(((x - peak) / (0.2 * width)) ** 2)) * rng.uniform(0.3, 1)
        for level in np.arange(0, height * (0.12 + 0.42 * tall), r * 0.8):
            at = x + rng.normal(0, 0.3) * r, _BASE + level, rng.normal(0, 0.13) * _DEPTH
            spheres.append((*at, r * rng.uniform(0.8, 1.15)))
    return spheres


def _tower(rng: Generator, height: int, width: int) -> list[tuple[float, float, float, float]]:
    """Return spheres of a great cumulus: turrets, one far above the others; some bear an anvil."""
    spheres, lean, anvil = [], rng.normal(0, 0.12), rng.random() < 0.35
    count, middle = rng.integers(4, 7), rng.normal(0, 0.1)
    places = np.linspace(-0.25, 0.25, count) + rng.normal(0, 0.03, count)
    tallest = np.argmin(np.abs(places - middle))
    for i, x in enumerate(places):
        near = np.exp(-(((x - places[tallest]) / 0.2) ** 2))
        top = height * (0.14 + 0.52 * near * (1.1 if i == tallest else rng.uniform(0.6, 1.0)))
        foot = width * (0.07 + 0.07 * near)
        y = 0.0
        while y < top:
            r = foot * (1 - 0.4 * y / top) * rng.uniform(0.8, 1.15)
            at = (
                (x + lean * y / height) * width,
                _BASE + y,
                rng.normal(0, 0.1) * _DEPTH + 6 * (i % 2),
            )
            spheres.append((at[0] + rng.normal(0, 0.35) * r, at[1], at[2], r))
            y += 0.5 * r
    if anvil:
        for x in rng.normal(0, 0.2, 40):
            y = _BASE + height * (0.76 + 0.05 * abs(x) + rng.normal(0, 0.015))
            at = (
                np.clip(places[tallest] + lean * 0.7 + x, -0.42, 0.42) * width,
                y,
                rng.normal(0, 0.15) * _DEPTH,
            )
            spheres.append((*at, height * (0.075 - 0.08 * abs(x)) + 1))
    return spheres


def _bank(rng: Generator, height: int, width: int) -> list[tuple[float, float, float, float]]:
    """Return spheres of a long, flat bank."""
    spheres = []
    for x in np.linspace(-0.4, 0.4, 30) * width:
        thick = (1 - (x / (0.46 * width)) ** 2) * rng.uniform(0.12, 0.3) * height
        at = x + rng.normal(0, 3), _BASE + thick * rng.uniform(0.2, 1.3), rng.normal(0, 0.15)
        spheres.append((at[0], at[1], at[2] * _DEPTH, max(thick, 3)))
    return spheres


def _buds(rng: Generator, spheres: list, count: int, size: float) -> list:
    """Return spheres on the upper surface of others, as cauliflower grows."""
    buds = []
    for x, y, z, r in spheres:
        for _ in range(count):
            way = rng.normal(size=3)
            way[1] = abs(way[1]) - 0.25
            way *= r * rng.uniform(0.75, 1.0) / np.linalg.norm(way)
            at = x + way[0], y + way[1], z + way[2]
            buds.append((*at, r * size * rng.uniform(0.7, 1.2)))
    return buds


@lru_cache(maxsize=1)
def _grain() -> ndarray:
    """Return standardised noise (64, 64, 64) that repeats, with the spectrum of turbulence."""
    rng = np.random.default_rng(31)
    axes = np.fft.fftfreq(64) * 64
    k = np.sqrt(sum(a**2 for a in np.meshgrid(axes, axes, axes, indexing="ij")))
    amplitude = np.where(k >= 3, np.maximum(k, 1) ** -1.9, 0)
    field = np.fft.ifftn(amplitude * np.exp(2j * np.pi * rng.random(k.shape))).real
    return (field / field.std()).astype(np.float32)


def _volume(rng: Generator, shape: str) -> ndarray:
    """Return the density (depth, height, width) of one cloud, 0 to 1, with a flat base."""
    height, width = _SIDES[shape]
    spheres = {"heap": _heap, "tower": _tower, "bank": _bank}[shape](rng, height, width)
    buds = _buds(rng, spheres, 4, 0.5)
    buds += _buds(rng, buds, 2, 0.5) if shape == "tower" else []
    field = np.full((_DEPTH, height, width), -9, np.float32)
    z, y, x = (np.arange(n, dtype=np.float32) for n in field.shape)
    for cx, cy, cz, r in spheres + buds:
        cx, cz = cx + width / 2, cz + _DEPTH / 2
        box = [slice(max(int(c - r - 5), 0), int(c + r + 6)) for c in (cz, cy, cx)]
        away = np.sqrt(
            ((z[box[0]] - cz) ** 2)[:, None, None]
            + ((y[box[1]] - cy) ** 2)[:, None]
            + (x[box[2]] - cx) ** 2
        )
        if away.size:
            np.maximum(field[*box], r - away, out=field[*box])
    grain = np.tile(_grain(), (1, 3, 3))[:_DEPTH, :height, :width]
    density = smoothstep(-0.6, 2.6, field + 1.1 * np.roll(grain, rng.integers(64), 2))
    return (density * smoothstep(_BASE - 2, _BASE + 1.5, y)[:, None]).astype(np.float32)


def _reach(depth: ndarray, axis: int, flip: bool) -> ndarray:
    """Return the light that comes through optical depths along an axis; flip: from its end."""
    d = np.flip(depth, axis) if flip else depth
    passed = np.cumsum(d, axis) - d / 2
    light = 0.68 * np.exp(-0.85 * passed) + 0.32 * np.exp(
        -0.13 * passed
    )  # once and often scattered
    return np.flip(light, axis) if flip else light


def _halved(picture: ndarray) -> ndarray:
    """Return the picture (H, W, 8) at half its sides."""
    size = picture.shape[1] // 2, picture.shape[0] // 2
    parts = (np.ascontiguousarray(picture[..., i : i + 4]) for i in (0, 4))
    return np.concatenate([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in parts], -1)


def _lights(density: ndarray) -> tuple[ndarray, ndarray]:
    """Return optical depth (D, H, W) of each voxel and, as (D, H, W, 8), what it shows.

    That is 1 for opacity, then light from the six sides, then from everywhere, most from above.
    """
    depth = density * np.float32(_DENSE)
    ways = ((2, False), (2, True), (1, False), (1, True), (0, False), (0, True))
    lights = [_reach(depth, axis, flip) for axis, flip in ways]
    around = 0.45 * lights[3] + 0.13 * sum(lights[i] for i in (0, 1, 4, 5)) + 0.03 * lights[2]
    return depth, np.stack([np.ones_like(depth), *lights, around], -1)


def _seen(depth: ndarray, lights: ndarray, rise: float) -> Sprite:
    """Return the sprite of a volume seen at a rise: deeper slices stand lower in the picture."""
    slices, height, width = depth.shape
    drop = int(np.ceil(slices * rise))
    total = np.zeros((height + drop, width, 8), np.float32)
    through = np.ones(total.shape[:2], np.float32)
    for i in range(slices):
        start = drop - round(i * rise)
        rows = slice(start, start + height)
        thin = np.exp(-depth[i])
        total[rows] += (through[rows] * (1 - thin))[..., None] * lights[i]
        through[rows] *= thin
    padded = np.pad(total, ((3, 3), (2, 2), (0, 0)))
    blur = 0.4 + 1.0 * rise  # rows between which the slices' edges would show
    for channel in range(8):
        padded[..., channel] = cv2.GaussianBlur(padded[..., channel], (0, 0), 0.5, sigmaY=blur)
    levels = [padded]
    while min(levels[-1].shape[:2]) > 6:
        levels.append(_halved(levels[-1]))
    return Sprite(tuple(levels), drop - slices / 2 * rise + _BASE + 3)


@lru_cache(maxsize=1)
def sprites() -> dict[str, tuple[tuple[Sprite, ...], ...]]:
    """Return for each shape its variants, a sprite for each of its RISES; built once."""
    rng = np.random.default_rng(19)
    found = {}
    for shape in SHAPES:
        volumes = (_lights(_volume(rng, shape)) for _ in range(_VARIANTS[shape]))
        found[shape] = tuple(tuple(_seen(*v, rise) for rise in RISES[shape]) for v in volumes)
    return found
