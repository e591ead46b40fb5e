"""The kinds of plants, each grown from a random generator as a tuple of parts."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from train.landscapes.growth import (
    UP,
    Limbs,
    Part,
    bark,
    grow,
    join,
    leaves,
    masses,
    path,
    reach,
    scattered,
    strands,
    unit,
)


def conifer(rng: Generator) -> tuple[Part, ...]:
    """A spruce or fir: layers of drooping boughs, each a fan of hanging sprays."""
    width, base, power = rng.uniform(0.13, 0.25), rng.uniform(0.03, 0.13), rng.uniform(0.75, 1.1)
    droop, turned = rng.uniform(0.15, 0.7), rng.uniform(0.1, 0.4)
    number = rng.integers(110, 170)
    high = ((np.arange(number) + rng.random(number)) / number) ** 1.1
    high = high + 0.5 * (np.round(high * 24) / 24 - high)  # boughs keep to whorls
    far_out = (width * (1 - high) ** power + 0.012) * rng.uniform(0.6, 1.15, number)
    around = np.arange(number) * 2.4 + rng.normal(size=number) * 0.4
    bough = np.repeat(np.arange(number), (8 + far_out * 780).astype(int))
    u = rng.random(len(bough)) ** 0.7
    out = np.stack([np.cos(around), 0 * around, np.sin(around)], axis=1)[bough]
    side = np.stack([-out[:, 2], 0 * u, out[:, 0]], axis=1)
    fan = rng.uniform(-1, 1, len(bough)) * (0.42 * (1.05 - u))
    far = far_out[bough]
    fall = -droop * u + turned * u * u - 0.45 * np.abs(fan) - 0.1 * rng.random(len(bough)) ** 2
    place = out * (far * u)[:, None] + side * (far * fan)[:, None]
    place[:, 1] = base + (0.985 - base) * high[bough] + far * fall + 0.006 * rng.normal(size=len(u))
    place[:, 1] = np.maximum(place[:, 1], 0.01 + 0.03 * rng.random(len(u)))
    spray = out + side * np.sign(fan)[:, None] * 0.8 + UP * (2 * turned * u - droop - 0.5)[:, None]
    angle = np.arctan2(spray[:, 1], spray[:, 0]) + 0.25 * rng.normal(size=len(u))
    normal = unit(0.6 * out + 0.7 * UP + 0.5 * unit(rng.normal(size=out.shape)))
    tone = np.exp(0.2 * rng.normal(size=len(u))) * (0.75 + 0.35 * u)
    needles = Part(place, normal, angle, tone, False, 0.0095, 0.003, 0.5e-4)
    trunk = path(np.array([[0, 0, 0], [0, base, 0], [0, 0.97, 0]]), np.array([0.016, 0.013, 0.001]))
    foot = UP * (base + (0.985 - base) * high)[:, None]
    tips = np.stack([np.cos(around), -droop + 0 * around, np.sin(around)], axis=1)
    inner = reach(rng, foot, foot + tips * (0.6 * far_out)[:, None], 0.002, 0.001)
    return needles, *bark(rng, trunk), *bark(rng, inner)


def broadleaf(rng: Generator) -> tuple[Part, ...]:
    """An oak, ash or maple: stout limbs into round lobes of leaves, with sky between some."""
    fork, wide, tall = rng.uniform(0.12, 0.24), rng.uniform(0.26, 0.48), rng.uniform(0.3, 0.38)
    number = rng.integers(12, 18)
    way = scattered(rng, number)
    far = rng.uniform(0.5, 0.85, (number, 1))
    lobes = way * far * [wide, tall, wide] + [0.04 * rng.normal(), fork + tall + 0.04, 0]
    size = rng.uniform(0.12, 0.19, number) * (0.6 + wide)
    each = rng.integers(15, 22)
    clumps = masses(rng, lobes, size, each)
    sway = np.cumsum(np.cumsum(rng.normal(size=(13, 3)) * [0.0016, 0, 0.0016], axis=0), axis=0)
    stem = np.linspace(0, 1.8 * fork, 13)[:, None] * UP + sway - sway[0]
    width = rng.uniform(0.018, 0.026)
    trunk = path(stem, width * (np.linspace(0.95, 0.5, 13) + 0.35 * np.exp(-np.arange(13) / 1.2)))
    foot = stem[7] + (stem[12] - stem[7]) * rng.random((number, 1))
    limbs = reach(rng, foot, lobes, 0.45 * width, 0.003)
    along = 0.5 * rng.random((len(clumps), 1))
    forks = np.repeat(lobes, each, axis=0) * (1 - along) + np.repeat(foot, each, axis=0) * along
    twigs = reach(rng, forks, clumps, 0.002, 0.001)
    crown = leaves(
        rng, clumps, rng.uniform(0.042, 0.056), 13000 // len(clumps), 0.0066, 0.0042, 0.75
    )
    return crown, *bark(rng, join([trunk, limbs, twigs]))


def birch(rng: Generator) -> tuple[Part, ...]:
    """A birch: slender white stems with dark marks, airy crown, hanging twigs."""
    stems = rng.integers(1, 3)
    parts, limbs, ends = [], [], []
    for _ in range(stems):
        lean = unit(UP + rng.normal(size=3) * [0.09, 0, 0.05])
        stem = np.cumsum(np.concatenate([[np.zeros(3)], 0.08 * unit(
            lean + 0.07 * rng.normal(size=(11, 3)))]), axis=0)  # fmt: skip
        limbs.append(path(stem, np.linspace(0.014, 0.002, len(stem))))
        starts = stem[np.repeat(np.arange(4, 12), 5)] + 0.02 * rng.normal(size=(40, 3)) * [0, 1, 0]
        away = unit(rng.normal(size=(40, 3)) * [1, 0.3, 1] + 0.9 * UP)
        for start, way in zip(starts, away, strict=True):
            long = rng.uniform(0.1, 0.22) * (1.15 - 0.55 * start[1])
            grown, joints = grow(rng, start, way, (long, 0.7 * long), 0.0028, 0.8, -0.35)
            limbs.append(grown)
            ends.append(joints)
    ends = np.concatenate(ends)
    hung = ends - UP * rng.random((len(ends), 1)) * 0.07
    parts.append(leaves(rng, hung, 0.026, 5200 // len(ends) + 1, 0.006, 0.0036, 1.3, 0.5, 0.3))
    skin, *twigs = bark(rng, join(limbs), 0.1)
    dark = np.sin(skin.place[:, 1] * 170 + 3 * np.sin(skin.place[:, 0] * 90)) > 0.8
    skin = replace(skin, tone=skin.tone * np.where(dark, 0.25, 1.0))
    return *parts, skin, *(replace(twig, tone=0.3 * twig.tone) for twig in twigs)


def acacia(rng: Generator) -> tuple[Part, ...]:
    """An umbrella thorn: a forked stem under flat trays of small leaves."""
    lean = unit(UP + rng.normal(size=3) * [0.15, 0, 0.1])
    lengths = rng.uniform(0.24, 0.36) * np.array([1.0, 0.8, 0.64, 0.5])
    limbs, joints = grow(rng, np.zeros(3), lean, lengths, 0.022, 0.85, 0.12, 0.2)
    ceiling = np.quantile(joints[:, 1], 0.7)
    joints = joints[joints[:, 1] > ceiling * 0.72]

    def spread(place):
        """The upper part drawn out sideways and pressed flat."""
        high = place[:, 1:2]
        tray = place * [1.35, 0, 1.35] + UP * (ceiling + 0.3 * (high - ceiling))
        return place + (tray - place) * np.clip((high / ceiling - 0.45) / 0.4, 0, 1)

    return (
        leaves(rng, spread(joints), 0.085, 8000 // len(joints) + 1, 0.006, 0.0036, 0.3),
        *bark(rng, Limbs(spread(limbs.start), spread(limbs.end), limbs.thick, limbs.thin)),
    )


def bare(rng: Generator) -> tuple[Part, ...]:
    """A leafless broadleaf tree, down to its twigs."""
    lean = unit(UP + 0.07 * rng.normal(size=3))
    lengths = (rng.uniform(0.16, 0.26), 0.26, 0.2, 0.14, 0.09, 0.06)
    spread, rise = rng.uniform(0.6, 0.95), rng.uniform(0.1, 0.45)
    limbs, _ = grow(rng, np.zeros(3), lean, lengths, rng.uniform(0.018, 0.026), spread, rise)
    return bark(rng, limbs)


def bush(rng: Generator) -> tuple[Part, ...]:
    """A shrub: many stems from one foot, lobes of leaves to the ground."""
    number, wide = rng.integers(9, 15), rng.uniform(0.26, 0.5)
    spot = np.linspace(-1, 1, number) + 0.15 * rng.normal(size=number)
    high = 0.12 + 0.4 * rng.random(number) * np.clip(1.1 - spot**2, 0, 1)
    lobes = np.stack([spot * wide, high, rng.normal(size=number) * 0.2], axis=1)
    low = np.stack([np.linspace(-0.9, 0.9, 7) * wide, np.full(7, 0.08), np.full(7, -0.1)], axis=1)
    lobes = np.concatenate([lobes, low + 0.04 * rng.normal(size=low.shape)])
    clumps = masses(rng, lobes, rng.uniform(0.14, 0.24, len(lobes)), 14, low=-0.3)
    clumps[:, 1] = np.maximum(clumps[:, 1], 0.03 + 0.05 * rng.random(len(clumps)))
    foot = lobes * [0.4, 0, 0.4]
    foot[0] = 0
    limbs = reach(rng, foot, lobes, 0.006, 0.003)
    twigs = reach(rng, np.repeat(lobes, 14, axis=0), clumps, 0.0024, 0.0015)
    crown = leaves(rng, clumps, 0.075, 12000 // len(clumps), 0.0072, 0.0046, 0.75)
    return crown, *bark(rng, join([limbs, twigs]))


def poplar(rng: Generator) -> tuple[Part, ...]:
    """A Lombardy poplar or cypress: a spindle of steep boughs."""
    number, wide = rng.integers(80, 120), rng.uniform(0.055, 0.1)
    high = rng.uniform(0.06, 0.86, number)
    profile = wide * np.sin(np.pi * np.clip((high - 0.02) / 0.98, 0, 1) ** 0.7) ** 0.8 + 0.008
    around = rng.uniform(0, 2 * np.pi, number)
    foot = np.stack([0 * high, high, 0 * high], axis=1)
    away = np.stack([np.cos(around), 0 * high, np.sin(around)], axis=1)
    tips = foot + away * (profile * rng.uniform(0.5, 1.05, number))[:, None]
    tips += UP * rng.uniform(0.05, 0.12, (number, 1))
    clumps = np.concatenate([tips, foot * 0.4 + tips * 0.6, tips + UP * 0.03])
    crown = leaves(rng, clumps, 0.024, 26, 0.0065, 0.0038, 1.7, 0.5)
    stem = np.linspace(0, 0.93, 12)[:, None] * UP + 0.004 * rng.normal(size=(12, 3)) * [1, 0, 1]
    stem[0] = 0
    trunk = path(stem, np.linspace(0.018, 0.002, 12))
    boughs = Limbs(foot, tips, np.full(number, 0.003), np.full(number, 0.001))
    return crown, *bark(rng, trunk), *bark(rng, boughs)


def palm(rng: Generator) -> tuple[Part, ...]:
    """A coconut palm: a ringed leaning stem under feathered fronds."""
    t = np.linspace(0, 1, 24)[:, None]
    lean = rng.normal(size=3) * [0.16, 0, 0.08]
    top = rng.uniform(0.68, 0.8)
    stem = UP * top * t + lean * t ** rng.uniform(1.2, 2.2)
    radius = np.linspace(0.02, 0.011, 24) + 0.012 * np.exp(-t[:, 0] * 18)
    trunk = bark(rng, path(stem, radius), 0.12)[0]
    rings = 0.8 + 0.25 * np.sin(trunk.place[:, 1] * 230)
    trunk = replace(trunk, tone=trunk.tone * rings)
    number = rng.integers(16, 26)
    around = np.arange(number) * 2.4 + rng.normal(size=number) * 0.3
    lift = np.linspace(-0.75, 1.25, number) + 0.1 * rng.normal(size=number)
    long = rng.uniform(0.26, 0.36, number) * np.where(lift < 0, 0.8, 1.0)
    way = np.stack([np.cos(around) * np.cos(lift), np.sin(lift), np.sin(around) * np.cos(lift)], 1)
    sag = np.where(lift > 0, rng.uniform(0.4, 0.8, number), 0.35)
    crown = np.repeat(stem[-1:], number, axis=0)
    rib = strands(rng, crown, way, long, sag, 60, 0.0022)
    u = np.tile((np.arange(44) + 2) / 46, number)
    frond = np.repeat(np.arange(number), 44)
    root = crown[frond] + way[frond] * (long[frond] * u)[:, None]
    root = root - UP * (sag[frond] * long[frond] * u * u)[:, None]
    ahead = unit(way[frond] - 2 * UP * (sag[frond] * u)[:, None])
    side = unit(np.cross(ahead, UP) + 1e-6)
    size = 0.34 * long[frond] * np.sin(np.pi * (0.12 + 0.82 * u)) ** 0.7
    parts = [rib, trunk]
    for hand in (-1.0, 1.0):
        leaf = unit(0.75 * ahead + hand * side - 0.25 * UP + 0.12 * rng.normal(size=side.shape))
        droop = rng.uniform(0.3, 0.8, len(u))
        length = size * rng.uniform(0.8, 1.1, len(u))
        parts.append(strands(rng, root, leaf, length, droop, 14, 0.0018))
    nuts = stem[-1] + rng.normal(size=(7, 3)) * 0.016 - UP * 0.018
    parts.append(leaves(rng, nuts, 0.012, 60, 0.003, 0.003))
    return tuple(parts)


def cactus(rng: Generator) -> tuple[Part, ...]:
    """A saguaro: a ribbed column and its raised arms."""

    def column(points, radius):
        fine = np.linspace(0, 1, 60)
        knots = np.linspace(0, 1, len(points))
        middle = np.stack([np.interp(fine, knots, points[:, i]) for i in range(3)], axis=1)
        taper = np.sqrt(np.clip(1 - (np.clip(fine - 0.93, 0, 1) / 0.07) ** 2, 0.02, 1))
        return path(middle, radius * taper * (0.85 + 0.15 * np.sin(np.pi * fine)))

    limbs = [column(np.array([[0, 0, 0], [0, 0.5, 0], [0, 1, 0]], float), rng.uniform(0.05, 0.065))]
    for arm in range(rng.integers(1, 5)):
        side = (-1) ** arm * rng.uniform(0.75, 1.0)
        depth = rng.normal() * 0.5
        foot, rise = rng.uniform(0.3, 0.55), rng.uniform(0.15, 0.42)
        away, turn = np.array([side, 0, depth]), np.linspace(0, np.pi / 2, 8)
        elbow = away * (0.14 * np.sin(turn))[:, None] + UP * (0.06 * (1 - np.cos(turn)))[:, None]
        points = np.concatenate([[UP * foot], UP * foot + elbow,
                                 UP * (foot + 0.06 + np.linspace(0.1, 1, 8) * rise)[:, None]
                                 + away * 0.14])  # fmt: skip
        limbs.append(column(points, rng.uniform(0.03, 0.04)))
    return bark(rng, join(limbs), 0.12, green=True, ribs=9)


def tuft(rng: Generator) -> tuple[Part, ...]:
    """Tall grass or reeds: blades from one foot, some with brown heads."""
    number = rng.integers(90, 170)
    start = rng.normal(size=(number, 3)) * [0.07, 0, 0.05]
    start[:8, 0] *= 0.1
    way = unit(UP + rng.normal(size=(number, 3)) * [0.3, 0, 0.25] + start * 2)
    length = rng.uniform(0.5, 1.05, number)
    blades = strands(
        rng, start, way, length, rng.uniform(0, 0.45, number) ** 1.5, 110, 0.0042, rough=0.3
    )
    if rng.random() < 0.5:
        return (blades,)
    stalks = rng.integers(8, 20)
    start, way = start[:stalks], unit(UP + 0.5 * (way[:stalks] - UP))
    tall = rng.uniform(0.9, 1.1, stalks)
    stems = strands(rng, start, way, tall, np.full(stalks, 0.03), 160, 0.003, rough=0.2)
    heads = strands(rng, start + way * (tall * 0.9)[:, None], way, tall * 0.12,
                     np.full(stalks, 0.1), 24, 0.009, bark=True)  # fmt: skip
    return blades, stems, heads


def pine(rng: Generator) -> tuple[Part, ...]:
    """A wind-bent pine: a crooked stem, flat pads of needles to the lee, dead stubs to windward."""
    t = np.linspace(0, 1, 14)[:, None]
    bend = rng.uniform(0.05, 0.4)
    crook = np.cumsum(rng.normal(size=(14, 3)) * [0.014, 0, 0.014], axis=0)
    stem = UP * 0.92 * t + [bend, 0, 0] * t**1.8 + (crook - crook[0])
    radius = np.linspace(0.026, 0.006, 14)
    number = rng.integers(15, 26)
    at = rng.uniform(0.38, 1, number) ** 0.8
    foot = np.stack([np.interp(at, t[:, 0], stem[:, i]) for i in range(3)], axis=1)
    away = unit(rng.normal(size=(number, 3)) * [0.8, 0.25, 0.8] + [bend * 2.2, 0.15, 0])
    length = (
        rng.uniform(0.1, 0.3, number) * (1.25 - 0.7 * at) * (1 + 0.8 * np.sign(away[:, 0]) * bend)
    )
    limbs, pads = [path(stem, radius)], []
    for start, way, long in zip(foot, away, length, strict=True):
        grown, joints = grow(
            rng, start, way, long * np.array([1, 0.55, 0.3]), 0.006, 0.7, 0.12, 0.3
        )
        limbs.append(grown)
        if rng.random() < 0.85:
            pads.append(joints + UP * 0.012)
    pads = np.concatenate(pads)
    needles = leaves(rng, pads, 0.036, 8000 // len(pads) + 1, 0.0068, 0.0022, 0.5)
    return needles, *bark(rng, join(limbs), 0.3)


PLANTS = {
    "conifer": (conifer, 14), "broadleaf": (broadleaf, 14), "acacia": (acacia, 7),
    "bare": (bare, 8), "bush": (bush, 8), "poplar": (poplar, 6), "palm": (palm, 8),
    "birch": (birch, 8), "cactus": (cactus, 5), "tuft": (tuft, 6), "pine": (pine, 7),
}  # fmt: skip
