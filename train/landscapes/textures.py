"""The textures that every scene is made of: drawn once a process, tileable, 512 texels a side."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.noise import (
    billow,
    carved,
    dunes,
    eroded,
    fft_noise,
    mounds,
    ridged,
    unit,
    warped,
)

SIDE = 512


@dataclass(frozen=True)
class Textures:
    """A few textures of each kind, float32 (SIDE, SIDE) each; a scene picks one of the kind."""

    mountains: tuple[ndarray, ...]  # heights, 0 to 1
    far_ranges: tuple[ndarray, ...]  # the same without what so few samples far away would miss
    hills: tuple[ndarray, ...]  # smooth heights, 0 to 1
    dunes: tuple[ndarray, ...]  # heights, 0 to 1
    plateaus: tuple[ndarray, ...]  # what becomes mesas where it exceeds a threshold, 0 to 1
    smooth: tuple[ndarray, ...]  # standardised, of few large shapes
    rough: tuple[ndarray, ...]  # standardised, down to the texel
    billows: tuple[ndarray, ...]  # standardised, rounded
    conifers: tuple[ndarray, ...]  # tree tops from above, pointed, 0 to 1
    crowns: tuple[ndarray, ...]  # the same, rounded

    def pick(self, rng: Generator, kind: str) -> ndarray:
        """One texture of a kind."""
        choice = getattr(self, kind)
        return choice[rng.integers(len(choice))]


def blurred(field: ndarray, sigma: float) -> ndarray:
    """A tileable field through a Gaussian of `sigma` texels, 0 to 1."""
    margin = int(4 * sigma)
    wide = cv2.GaussianBlur(np.pad(field, margin, mode="wrap"), (0, 0), sigma)
    return unit(wide[margin:-margin, margin:-margin])


@cache
def textures() -> Textures:
    """All textures; some three seconds at the first call."""
    rng = np.random.default_rng(7)

    def noises(betas: tuple[float, ...], low: float) -> tuple[ndarray, ...]:
        return tuple(fft_noise(SIDE, beta, rng, low) for beta in betas)

    ranges = [
        carved(warped(ridged(SIDE, f, rng, 2.2, roughness), rng, 7))
        for f, roughness in ((2, 1.0), (3, 0.9), (3, 1.1))
    ]
    ranges += [
        carved(warped(eroded(SIDE, f, rng, roughness), rng, 6))
        for f, roughness in ((3, 0.9), (3, 0.8), (4, 1.0))
    ]
    ranges += [
        carved(0.6 * unit(ridged(SIDE, 3, rng, 2.0, 0.95)) + 0.5 * unit(wide))
        for wide in noises((3.8, 3.8), 2)
    ]
    return Textures(
        mountains=tuple(blurred(field, 1.2) for field in ranges),
        far_ranges=tuple(blurred(field, 5) for field in ranges),
        hills=tuple(unit(field) for field in noises((4.6, 4.2, 3.8, 4.8), 2)),
        dunes=tuple(dunes(SIDE, f, rng) for f in (3, 4, 5)),
        plateaus=tuple(unit(warped(fft_noise(SIDE, b, rng, 2, 50), rng, 12)) for b in (3.4, 3.8)),
        smooth=noises((3.2, 3.0, 2.6, 3.4), 2),
        rough=noises((1.2, 1.8, 2.2), 8),
        billows=tuple(billow(SIDE, f, rng) for f in (5, 6, 7)),
        conifers=tuple(mounds(SIDE, n, rng, pointed=True) for n in (40, 34)),
        crowns=tuple(mounds(SIDE, n, rng, pointed=False) for n in (34, 28)),
    )
