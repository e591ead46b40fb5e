"""Trees drawn once: each plant's cloud of marks lit from five sides and painted at 256 rows.

A sprite holds what a tree returns under a unit light from each side, so that any sun is a sum of
them (the ambient cube of McTaggart, Half-Life 2 / Valve Source Shading, 2004). All channels are
premultiplied by coverage: they may be averaged, and so make an exact mip pyramid.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from train.landscapes.flora import PLANTS
from train.landscapes.growth import Part

HEIGHT = 256
# What the eight channels are: coverage; leaves lit from the left, the right, above, the viewer's
# side and the far side (through the leaf); bark lit from the left and the right.
CHANNELS = ("alpha", "left", "right", "above", "front", "behind", "bark left", "bark right")
_FINE = 2 * HEIGHT  # rows while painting: each pixel is the mean of four
_CELL = 1 / 40  # edge of the cells in which light is followed, in tree heights
_WIDEST = 0.8  # half the width of the widest sprite, in tree heights
_TURNS = 8  # angles a mark can have


def _fit(parts: tuple[Part, ...]) -> tuple[list[Part], float]:
    """The plant so scaled that it is one high, and half of its width."""
    top = max(float(part.place[:, 1].max()) for part in parts)
    side = max(float(np.quantile(np.abs(part.place[:, 0]), 0.998)) for part in parts) / top
    squeeze = min(1.0, (_WIDEST - 0.01) / side)
    size = 0.992 / top
    fitted = [
        replace(
            part,
            place=part.place * np.array([squeeze, 1, squeeze]) * size,
            length=part.length * size,
            width=part.width * size,
            cover=part.cover * size**2,
        )
        for part in parts
    ]
    return fitted, min(side * squeeze + 0.01, _WIDEST)


def _visibility(parts: list[Part]) -> list[np.ndarray]:
    """Share of the light from left, right, above, front, behind that reaches each mark (n, 5)."""
    places = [part.place for part in parts]
    half = max(float(np.abs(place[:, [0, 2]]).max()) for place in places) + _CELL
    low = np.array([-half, -0.1, -half])
    shape = np.ceil((np.array([half, 1.05, half]) - low) / _CELL).astype(int)
    cells = [np.clip(((p - low) / _CELL).astype(int), 0, shape - 1) @ np.array(
        [shape[1] * shape[2], shape[2], 1]) for p in places]  # fmt: skip
    area = sum(
        np.bincount(cell, minlength=int(shape.prod())) * part.cover
        for cell, part in zip(cells, parts, strict=True)
    ).reshape(shape)
    depth = area * (0.45 / _CELL**2)
    past = [np.cumsum(depth, axis=axis) - 0.5 * depth for axis in range(3)]
    whole = [depth.sum(axis=axis, keepdims=True) for axis in range(3)]
    sides = [past[0], whole[0] - past[0], whole[1] - past[1], past[2], whole[2] - past[2]]
    light = np.exp(-np.stack([side.ravel() for side in sides], axis=1, dtype=np.float32))
    return [light[cell] for cell in cells]


def _lit(part: Part, seen: np.ndarray) -> np.ndarray:
    """Channels 1 to 7 of each mark, (n, 7): visibility times how it faces the light."""
    x, y, z = part.normal.T
    faces = np.stack([-x, x, y, -z, z], axis=1)
    out = np.zeros((len(seen), 7))
    if part.bark:
        round_off = np.clip(0.15 + 0.85 * faces[:, :2], 0.05, 1)
        out[:, 5:] = round_off * (0.25 + 0.75 * seen[:, :2])
    else:
        wrapped = np.clip(0.3 + 0.7 * faces, 0.06, 1)
        out[:, :4] = (wrapped * (0.06 + 0.94 * seen))[:, :4]
        out[:, 4] = 0.6 * seen[:, 4] * (not part.solid)
    return out * np.clip(part.tone, 0.2, 1.6)[:, None] * 0.75


@cache
def _stamps(length: float, width: float) -> np.ndarray:
    """Pixels (turns, k, 2), row and column, of an ellipse at each angle; spare ones repeat."""
    reach = int(np.ceil(max(length, width)))
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    stamps = []
    for turn in range(_TURNS):
        c, s = np.cos(np.pi * turn / _TURNS), np.sin(np.pi * turn / _TURNS)
        along, across = cols * c - rows * s, cols * s + rows * c
        inside = (along / max(length, 0.5)) ** 2 + (across / max(width, 0.5)) ** 2 <= 1.05
        stamps.append(np.stack([rows[inside], cols[inside]], axis=1))
    most = max(map(len, stamps))
    return np.stack([np.concatenate([s, np.repeat(s[:1], most - len(s), 0)]) for s in stamps])


def _paint(part: Part, width: int) -> np.ndarray:
    """Number of the nearest mark over each fine pixel, -1 where there is none."""
    place = part.place
    order = np.argsort((place[:, 2] * -9999).astype(np.int16), kind="stable")
    stamp = _stamps(round(part.length * _FINE * 2) / 2, round(part.width * _FINE * 2) / 2)
    turn = np.round(part.angle[order] * (_TURNS / np.pi)).astype(np.int32) % _TURNS
    rows = np.round(_FINE - 1 - place[order, 1] * _FINE).astype(np.int32)
    cols = np.round(width / 2 - 0.5 + place[order, 0] * _FINE).astype(np.int32)
    rows, cols = rows[:, None] + stamp[turn, :, 0], cols[:, None] + stamp[turn, :, 1]
    inside = (rows >= 0) & (rows < _FINE) & (cols >= 0) & (cols < width)
    out = np.full(_FINE * width, -1, np.int32)
    # numpy lets the last of several writes stand: the nearest, as they come far ones first
    out[(rows * width + cols)[inside]] = np.repeat(order, inside.sum(axis=1))
    return out


def _halved(level: np.ndarray) -> np.ndarray:
    """Every pixel the rounded mean of four, uint8."""
    pairs = level[::2].astype(np.uint16) + level[1::2]
    return ((pairs[:, ::2] + pairs[:, 1::2] + 2) >> 2).astype(np.uint8)


def _sprite(parts: tuple[Part, ...]) -> tuple[np.ndarray, ...]:
    """Mip levels (256, w, 8), (128, w/2, 8) ... (8, w/32, 8) of one plant, uint8."""
    parts, half = _fit(parts)
    width = 2 * 32 * int(np.ceil(2 * half * HEIGHT / 32))
    seen = zip(parts, _visibility(parts), strict=True)
    lit = np.concatenate([_lit(part, light) for part, light in seen])
    table = np.zeros((len(lit) + 1, 8), np.uint8)  # the last row is what no mark covers
    table[:-1, 0] = 255
    table[:-1, 1:] = np.round(255 * np.minimum(lit, 1))
    away = np.append(np.concatenate([part.place[:, 2] for part in parts]), 9).astype(np.float32)
    mark, first = np.full(_FINE * width, len(lit)), 0
    for part in parts:
        painted = _paint(part, width)
        painted = np.where(painted < 0, len(lit), painted + first)
        mark = np.where(away[painted] < away[mark], painted, mark)
        first += len(part.place)
    pixels = table.view(np.uint64)[mark, 0].view(np.uint8)
    levels = [_halved(pixels.reshape(_FINE, width, 8))]
    while levels[-1].shape[0] > 8:
        levels.append(_halved(levels[-1]))
    return tuple(levels)


@cache
def sprites(seed: int = 7) -> dict[str, tuple[tuple[np.ndarray, ...], ...]]:
    """All trees by kind and variant: mip levels uint8 (h, w, 8), root at the bottom centre."""
    out = {}
    for number, (kind, (plant, variants)) in enumerate(PLANTS.items()):
        grown = (plant(np.random.default_rng([seed, number, v])) for v in range(variants))
        out[kind] = tuple(_sprite(parts) for parts in grown)
    return out
