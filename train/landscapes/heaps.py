"""Heaped clouds in a sky: where they stand, and how they are lit and laid over it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.cumulus import RISES, Sprite, sprites
from train.landscapes.noise import mix, smoothstep
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
        ranks = np.geomspace(0.05, 0.95, 6 + round(5 * cover))
        side = rng.random()
        for i, base in enumerate(ranks * np.exp(rng.normal(0, 0.12, len(ranks)))):
            width = (
                scale * (0.16 + 1.15 * base**0.8) * rng.uniform(0.7, 1.25) * (0.75 + 0.5 * cover)
            )
            middle = (side + 0.618 * i) % 1 * 1.7 - 0.85 + rng.normal(0, 0.06)
            found.append(heap(base, middle, width, "bank" if base < 0.1 else "heap"))
            if base < 0.16 + 0.2 * cover:
                found.append(
                    heap(
                        base,
                        middle + rng.choice([-1, 1]) * rng.uniform(0.4, 0.9),
                        width * 0.8,
                        "heap",
                    )
                )
    if kind == "tower":
        middle, width = rng.uniform(-0.32, 0.32), scale * rng.uniform(0.55, 0.95)
        found.append(heap(rng.uniform(0.01, 0.06), middle, width, "tower"))
        for _ in range(rng.integers(0, 4)):
            found.append(
                heap(
                    rng.uniform(0.03, 0.07), rng.uniform(-0.8, 0.8), rng.uniform(0.25, 0.5), "bank"
                )
            )
    return sorted(found, key=lambda h: h.base)


def _six(light: Light) -> ndarray:
    """Return the weights (6,) of a sprite's lit sides: left, right, below, above, front, back.

    A low sun, seen from the height of clouds, stands lower still and reaches their undersides.
    """
    x, y, z = (float(c) for c in light.sun)
    y -= 0.3 * float(smoothstep(8, -2, light.elevation))
    parts = np.array([-x, x, -y, y, -z, z])
    weights = np.maximum(parts, 0) ** 2
    return (weights / weights.sum()).astype(np.float32)


def draw_heap(
    cloud: Heap, light: Light, sky: ndarray, alpha: ndarray, u: ndarray, slope: ndarray,
    horizon_colour: ndarray,
) -> None:  # fmt: skip
    """Lay one heap over `sky` and `alpha`, in place."""
    variants = sprites()[cloud.shape]
    sprite: Sprite = variants[cloud.variant % len(variants)][
        int(np.argmin(np.abs(np.array(RISES) - cloud.base)))
    ]
    height, width = sprite.levels[0].shape[:2]
    texel, pixel = cloud.width / width, float(u[0, 1] - u[0, 0])
    level = int(np.clip(np.ceil(np.log2(pixel / texel) - 0.5), 0, len(sprite.levels) - 1))
    picture = sprite.levels[level]
    left, bottom = cloud.middle - cloud.width / 2, cloud.base - sprite.base * texel
    columns = slice(*np.searchsorted(u[0], (left, left + cloud.width)))
    rows = slice(*np.searchsorted(slope[:, 0], (bottom, bottom + height * texel)))
    if columns.start == columns.stop or rows.start == rows.stop:
        return
    x = (u[0, columns] - left) / cloud.width
    x = (1 - x if cloud.mirrored else x) * picture.shape[1] - 0.5
    y = (slope[rows, 0] - bottom) / (height * texel) * picture.shape[0] - 0.5
    weights = _six(light)
    if cloud.mirrored:
        weights = weights[[1, 0, 2, 3, 4, 5]]
    lit = np.stack([picture[..., 0], picture[..., 1:7] @ weights, picture[..., 7]], -1)
    x, y = np.broadcast_arrays(x[None], y[:, None])
    lit = cv2.remap(lit, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    opaque, sun, around = lit[..., 0], lit[..., 1], lit[..., 2]
    facing = toward_sun(light, u[:, columns], slope[rows])
    phase = 0.2 * (0.8 + 0.35 * facing**2 + 1.4 * np.exp((facing - 1) * 9))
    colour = (sun * phase)[..., None] * light.sunlight_high
    colour += around[..., None] * (light.ambient * np.float32(0.9 / np.pi))
    fade = np.float32(
        np.exp(-0.018 / max(cloud.base, 0.01) * (1 if cloud.shape != "tower" else 0.3))
    )
    colour = mix(opaque[..., None] * horizon_colour, colour, fade)
    sky[rows, columns] = sky[rows, columns] * (1 - opaque[..., None]) + colour
    alpha[rows, columns] = 1 - (1 - alpha[rows, columns]) * (1 - opaque)
