"""How plants grow: limbs that fork, bark upon them, leaves in clumps, blades that hang.

Space is measured in tree heights: x right, y up, z away from the viewer, the root at zero.
What is made here are clouds of small marks, which `sprites` lights and paints.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.random import Generator

UP = np.array([0.0, 1.0, 0.0])
_NUDGE = np.array([1e-6, 0.0, 0.0])  # a limb that points at the viewer still has a side


@dataclass(frozen=True)
class Part:
    """Many small marks of one size: `place` (n, 3), unit `normal` (n, 3), `angle` (n,) in the
    picture in radians, `tone` (n,) of the albedo, half `length` and half `width` in tree heights;
    `cover` is the area for which one stands in the way of light; none passes what is `solid`.
    """

    place: ndarray
    normal: ndarray
    angle: ndarray
    tone: ndarray
    bark: bool
    length: float
    width: float
    cover: float
    solid: bool = False


@dataclass(frozen=True)
class Limbs:
    """Straight pieces of branch: from (n, 3) to (n, 3) and the radius at both ends (n,)."""

    start: ndarray
    end: ndarray
    thick: ndarray
    thin: ndarray


def unit(vectors: ndarray) -> ndarray:
    """The same directions, (..., 3), at length one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def scattered(rng: Generator, number: int) -> ndarray:
    """Directions (number, 3) spread evenly over the ball, each shifted a little."""
    high = 1 - 2 * (np.arange(number) + 0.5) / number
    turn = np.arange(number) * (np.pi * (3 - 5**0.5)) + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - high * high)
    even = np.stack([np.cos(turn) * flat, high, np.sin(turn) * flat], axis=1)
    return unit(even + 0.25 * rng.normal(size=even.shape))


def join(limbs: list[Limbs]) -> Limbs:
    names = ("start", "end", "thick", "thin")
    return Limbs(*(np.concatenate([getattr(limb, name) for limb in limbs]) for name in names))


def path(points: ndarray, radius: ndarray) -> Limbs:
    """One limb along `points` (n, 3) of `radius` (n,)."""
    return Limbs(points[:-1], points[1:], radius[:-1], radius[1:])


def grow(
    rng: Generator,
    root: ndarray,
    heading: ndarray,
    lengths: Sequence[float],
    radius: float,
    spread: float,
    rise: float,
    bend: float = 0.16,
) -> tuple[Limbs, ndarray]:
    """Fork limbs from `root`: Limbs and the joints (n, 3) of the last generation.

    `lengths` are those of each generation; `spread` turns each child away from its parent, `rise`
    turns all upwards (down if negative), `bend` is how crooked they are.
    """
    steps = 4
    place, heading = np.atleast_2d(root).astype(float), np.atleast_2d(heading).astype(float)
    length, radius = np.full(len(place), lengths[0]), np.full(len(place), radius)
    limbs = []
    for generation in range(len(lengths)):
        joints, headings = [], []
        for _ in range(steps):
            turn = bend * rng.normal(size=heading.shape) + rise / steps * UP
            heading = unit(heading + (turn if generation else 0.3 * turn))
            reach, thin = place + heading * (length / steps)[:, None], radius * 0.93
            limbs.append(Limbs(place, reach, radius, thin))
            joints.append(reach)
            headings.append(heading)
            place, radius = reach, thin
        if generation == len(lengths) - 1:
            break
        count = rng.integers(2, 5 if generation else 6, len(place))
        parent = np.repeat(np.arange(len(place)), count)
        first = np.concatenate([[True], parent[1:] != parent[:-1]])
        node = np.where(first, steps - 1, rng.integers(1 if generation else 2, steps, len(parent)))
        place, heading = np.stack(joints)[node, parent], np.stack(headings)[node, parent]
        aside = unit(rng.normal(size=heading.shape))
        turn = spread * np.where(first, 0.55, 1.0) * rng.uniform(0.7, 1.3, len(parent))
        heading = unit(heading + turn[:, None] * aside)
        length = lengths[generation + 1] * rng.uniform(0.7, 1.2, len(parent))
        radius = radius[parent] * np.where(first, 0.8, 0.6)
    return join(limbs), np.concatenate(joints[1:])


def reach(
    rng: Generator, foot: ndarray, goal: ndarray, thick: float, thin: float, bulge: float = 0.35
) -> Limbs:
    """Limbs from `foot` (n, 3) that rise first and then bend over to `goal` (n, 3)."""
    pieces = 7
    span = np.linalg.norm(goal - foot, axis=1, keepdims=True)
    knee = 0.5 * (foot + goal) + span * (bulge * UP * 0.5 + 0.1 * rng.normal(size=goal.shape))
    t = np.linspace(0, 1, pieces + 1)[:, None, None]
    points = foot * (1 - t) ** 2 + knee * 2 * t * (1 - t) + goal * t * t
    radius = np.linspace(thick, thin, pieces + 1)[:, None] + np.zeros(len(foot))
    flat = (points[:-1].reshape(-1, 3), points[1:].reshape(-1, 3))
    return Limbs(*flat, radius[:-1].ravel(), radius[1:].ravel())


def masses(
    rng: Generator, lobes: ndarray, size: float | ndarray, each: int, low: float = -0.5
) -> ndarray:
    """Middles of clumps (lobes * each, 3) over the upper skins of round lobes, not within."""
    way = unit(rng.normal(size=(len(lobes) * each, 3)))
    way[:, 1] = np.where(way[:, 1] < low, -way[:, 1], way[:, 1])
    far = np.repeat(np.broadcast_to(size, len(lobes)), each) * rng.uniform(0.55, 1.05, len(way))
    return np.repeat(lobes, each, axis=0) + way * far[:, None] * [1, 0.85, 1]


def bark(
    rng: Generator, limbs: Limbs, rough: float = 0.25, green: bool = False, ribs: int = 0
) -> tuple[Part, ...]:
    """The visible half of the limbs' skin: stout ones by wide marks, twigs by fine ones."""
    along = limbs.end - limbs.start
    length = np.linalg.norm(along, axis=1)
    parts = []
    for chosen, mark in ((limbs.thick > 0.0024, 0.0026), (limbs.thick <= 0.0024, 0.0011)):
        step = (1.5 * mark, 1.1 * mark)  # along and across: marks overlap, so no hole shows
        rows = np.ceil(length / step[0]).astype(int) * chosen
        columns = np.ceil(2 * limbs.thick / step[1]).astype(int)
        count = rows * columns
        which = np.repeat(np.arange(len(length)), count)
        if not len(which):
            continue
        number = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        u, t = number // columns[which], number % columns[which]
        u = (u + rng.uniform(0.25, 0.75, len(which))) / rows[which]
        t = 2 * (t + rng.uniform(0.2, 0.8, len(which))) / columns[which] - 1
        axis = unit(along[which])
        side = unit(np.stack([axis[:, 1], -axis[:, 0], 0 * u], axis=1) + _NUDGE)
        normal = side * t[:, None] + np.sqrt(1 - t * t)[:, None] * [0.0, 0.0, -1.0]
        radius = limbs.thick[which] * (1 - u) + limbs.thin[which] * u
        place = limbs.start[which] + along[which] * u[:, None] + normal * radius[:, None]
        tone = 1 + rough * rng.normal(size=len(which))
        if ribs:
            tone *= 0.78 + 0.32 * np.cos(ribs * np.arcsin(t))
        angle = np.arctan2(axis[:, 1], axis[:, 0])
        size = (1.5 * mark if mark > 0.002 else mark, (1.1 if mark > 0.002 else 0.7) * mark)
        parts.append(
            Part(place, normal, angle, tone, not green, *size, step[0] * step[1], solid=True)
        )
    return tuple(parts)


def leaves(
    rng: Generator,
    centres: ndarray,
    size: float | ndarray,
    each: int,
    length: float,
    width: float,
    flat: float = 1.0,
    hang: float = 0.0,
    rough: float = 0.22,
) -> Part:
    """`each` leaves in a round clump of radius `size` (scalar or (n,)) about every centre.

    `flat` squeezes the clumps upright, `hang` lets leaves point down rather than anywhere.
    """
    which = np.repeat(np.arange(len(centres)), each)
    ball = unit(rng.normal(size=(len(which), 3)))
    radius = np.broadcast_to(size, len(centres))[which] * rng.random(len(which)) ** 0.5
    place = centres[which] + ball * radius[:, None] * [1, flat, 1]
    normal = unit(ball + 0.35 * UP + 0.6 * unit(rng.normal(size=ball.shape)))
    angle = rng.uniform(0, np.pi, len(which)) * (1 - hang) + np.pi / 2 * hang
    tone = np.exp(rough * rng.normal(size=len(which)))
    return Part(place, normal, angle, tone, False, length, width, length * width * np.pi)


def strands(
    rng: Generator,
    start: ndarray,
    way: ndarray,
    length: ndarray,
    sag: ndarray,
    points: int,
    width: float,
    bark: bool = False,
    rough: float = 0.15,
) -> Part:
    """Thin curved blades from `start` along `way` (n, 3), falling by `sag` of `length`, (n,)."""
    u = (np.arange(points) + 0.5) / points
    reach = length[:, None] * u
    place = start[:, None] + way[:, None] * reach[..., None]
    place = place - UP * (sag[:, None] * length[:, None] * u * u)[..., None]
    slope = way[:, None] - 2 * UP * (sag[:, None] * u)[..., None]
    facing = unit(UP - slope * slope[..., 1:2] + 0.25 * rng.normal(size=place.shape))
    tone = np.exp(rough * rng.normal(size=(len(start), 1))) * (0.8 + 0.3 * u)
    angle = np.arctan2(slope[..., 1], slope[..., 0])
    flat = (place.reshape(-1, 3), facing.reshape(-1, 3), angle.ravel(), tone.ravel())
    half = float(length.mean()) / points * 0.8
    return Part(*flat, bark, half + width, width, 4 * half * width)
