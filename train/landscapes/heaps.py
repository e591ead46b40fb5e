"""Heaped clouds in a sky: where they stand, and how they are lit and laid over it."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.cumulus import RISES, Sprite, sprites
from train.landscapes.noise import fft_noise, mix, sample, smoothstep
from train.landscapes.sky import Light, toward_sun


@dataclass(frozen=True)
class Heap:
    """A heap: where its base stands (slope), its middle and width (in u), and its sprite."""

    base: float
    middle: float
    width: float
    shape: str
    variant: int
    mirrored: bool


def heaps(rng: Generator, kind: str, cover: float, scale: float) -> list[Heap]:
    """Draw the heaps of a cumulus sky or one with a tower, the farthest first; none otherwise.

    Bases share one height, so that a base at twice the slope is at half the distance, and its cloud
    twice as wide; they are spread over slopes evenly enough that few stand behind each other.
    """

    def heap(base: float, middle: float, width: float, shape: str) -> Heap:
        return Heap(base, middle, width, shape, int(rng.integers(60)), bool(rng.random() < 0.5))

    found = []
    if kind == "cumulus":
        bases = np.geomspace(0.05, 0.95, 6 + round(5 * cover))
        start = rng.random()
        for i, base in enumerate(bases * np.exp(rng.normal(0, 0.12, len(bases)))):
            width = (
                (0.16 + 1.15 * base**0.8) * scale * (0.75 + 0.5 * cover) * rng.uniform(0.7, 1.25)
            )
            middle = (start + 0.618 * i) % 1 * 1.7 - 0.85 + rng.normal(0, 0.06)
            found.append(heap(base, middle, width, "bank" if base < 0.1 else "heap"))
            aside = middle + rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)
            if base < 0.16 + 0.2 * cover:
                found.append(heap(base, aside, 0.8 * width, "heap"))
    if kind == "tower":
        width = scale * rng.uniform(0.6, 1.1)
        found.append(heap(rng.uniform(0.01, 0.06), rng.uniform(-0.32, 0.32), width, "tower"))
        for _ in range(rng.integers(0, 4)):
            base, middle = rng.uniform(0.03, 0.07), rng.uniform(-0.8, 0.8)
            found.append(heap(base, middle, rng.uniform(0.25, 0.5), "bank"))
    return sorted(found, key=lambda h: h.base)


def _weights(light: Light, mirrored: bool) -> ndarray:
    """Return the weights (6,) of a sprite's lit sides: left, right, below, above, front, back.

    A low sun, seen from the height of clouds, stands lower still and reaches their undersides.
    """
    x, y, z = (float(c) for c in light.sun)
    x, y = -x if mirrored else x, y - 0.3 * float(smoothstep(8, -2, light.elevation))
    weights = np.maximum([-x, x, -y, y, -z, 0.8 * z], 0) ** 2
    return (weights / max(weights.sum(), 0.8)).astype(np.float32)


@lru_cache(maxsize=1)
def _ripples() -> ndarray:
    """Return standardised noise (256, 256) that repeats, to roughen sprites seen large."""
    return fft_noise(256, 2.4, np.random.default_rng(5), 8, 60)


def draw_heap(
    heap: Heap,
    light: Light,
    layer: ndarray,
    u: ndarray,
    slope: ndarray,
    horizon_colour: ndarray,
) -> None:
    """Lay one heap over `layer` (R, C, 4), radiance times opacity and opacity, in place."""
    variants = sprites()[heap.shape]
    rise = int(np.argmin(np.abs(np.array(RISES[heap.shape]) - heap.base)))
    sprite: Sprite = variants[heap.variant % len(variants)][rise]
    height, width = sprite.levels[0].shape[:2]
    texel, pixel = heap.width / width, float(u[0, 1] - u[0, 0])
    left, bottom = heap.middle - heap.width / 2, heap.base - sprite.base * texel
    columns = slice(*np.searchsorted(u[0], (left, left + heap.width)))
    rows = slice(*np.searchsorted(slope[:, 0], (bottom, bottom + height * texel)))
    if columns.start == columns.stop or rows.start == rows.stop:
        return
    level = int(np.clip(np.ceil(np.log2(pixel / texel) - 0.5), 0, len(sprite.levels) - 1))
    lit = _lit(sprite.levels[level], _weights(light, heap.mirrored))
    x = (u[:, columns] - left) / heap.width
    x = (1 - x if heap.mirrored else x) * lit.shape[1] - 0.5
    y = (slope[rows] - bottom) / (height * texel) * lit.shape[0] - 0.5
    x, y = np.broadcast_arrays(x.astype(np.float32), y.astype(np.float32))
    if level == 0:
        x, y = (
            a + np.float32(0.5) * sample(_ripples(), x + shift, y) for a, shift in ((x, 0), (y, 99))
        )
    opaque, sun, around = cv2.split(cv2.remap(lit, x, y, cv2.INTER_LINEAR))
    facing = toward_sun(light, u[:, columns], slope[rows])
    low = float(smoothstep(10, 0, light.elevation))  # shade that a bright sky fills
    phase = 0.235 * (0.8 + 0.35 * facing**2 + 1.2 * np.exp((facing - 1) * 9))
    colour = (sun * phase)[..., None] * light.sunlight_high
    colour += around[..., None] * (light.ambient * np.float32((0.9 + 0.6 * low) / np.pi))
    haze = (0.025 if heap.shape != "tower" else 0.005) / max(heap.base, 0.01)
    colour = mix(colour, opaque[..., None] * horizon_colour, np.float32(1 - np.exp(-(haze**2))))
    layer[rows, columns] *= (1 - opaque)[..., None]
    layer[rows, columns] += np.concatenate([colour, opaque[..., None]], -1)


def _lit(picture: ndarray, weights: ndarray) -> ndarray:
    """Return opacity, light of the sun and light of the sky (H, W, 3) of a sprite's level.

    Creases, where little comes from around, keep some shade even in full sun.
    """
    opaque, around = picture[..., 0], picture[..., 7]
    crease = 0.4 + 0.75 * around / np.maximum(opaque, 1e-3)
    return np.stack([opaque, picture[..., 1:7] @ weights * crease, around], -1)
