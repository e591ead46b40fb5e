"""Crude paintings of rendered scenes: what a person with a mouse makes of one in half a minute.

Flat colours of a small palette, shapes that wobble, small parts left out, sometimes bare paper.
For judging only: no model is trained on them.
"""

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.noise import fft_noise
from train.landscapes.render import render
from train.landscapes.scene import chance, stream
from train.landscapes.surfaces import REGION

PAPER = 256  # pixels a side that are painted; other sizes are averaged from it
SKETCHED = 64  # pixels a side of the render that the painter looks at
SMALLEST = 0.012  # of the paper: smaller shapes are left out
PALETTE = np.array(
    [
        (122, 180, 240), (190, 220, 245), (60, 120, 200), (245, 246, 248), (196, 198, 206),
        (130, 134, 142), (74, 78, 88), (255, 226, 120), (250, 160, 80), (222, 104, 90),
        (232, 176, 186), (118, 140, 172), (36, 72, 46), (86, 150, 60), (150, 172, 80),
        (206, 120, 40), (226, 200, 150), (182, 128, 74), (98, 66, 46), (46, 108, 148),
        (86, 170, 184), (24, 32, 66), (50, 46, 60), (150, 100, 160),
    ],
    np.uint8,
)  # fmt: skip

# What lies far away is painted first; ground over it; what stands before it last.
ORDER = (
    "sky", "sun", "cloud", "far land", "snow", "rock", "forest", "soil", "grass", "sand", "water",
    "flowers", "path", "tree",
)  # fmt: skip


def crude(seed: int, size: int = 64) -> ndarray:
    """A crude painting (size, size, 3) uint8 of the scene of a seed."""
    landscape = render(seed, SKETCHED)
    r = stream(seed, "crude")
    shapes = simplified(landscape.regions, r)
    paper = np.full((PAPER, PAPER, 3), 255, np.uint8)
    overlap = 0 if chance(r, 0.25) else 5  # careful painters leave gaps of paper
    for name in ORDER:
        shape = (shapes == REGION[name]).astype(np.uint8)
        if not shape.any():
            continue
        where = landscape.regions == REGION[name]
        if not where.any():
            continue
        paint(paper, shape, near_colour(landscape.picture[where]), overlap)
    if size == PAPER:
        return paper
    way = cv2.INTER_AREA if size < PAPER else cv2.INTER_LINEAR
    return cv2.resize(paper, (size, size), interpolation=way)


def simplified(regions: ndarray, r: Generator) -> ndarray:
    """A region map as a hand draws it, (PAPER, PAPER): smooth, wobbling, without small parts."""
    y, x = np.mgrid[0:PAPER, 0:PAPER].astype(np.float32)
    wobble = r.uniform(1.5, 5)
    dx, dy = (fft_noise(PAPER, 3.0, r, 2, 40) * np.float32(wobble) for _ in range(2))
    known = np.unique(regions)
    soft = r.uniform(4, 9)
    weights = []
    for region in known:
        mask = (regions == region).astype(np.float32)
        mask = cv2.resize(mask, (PAPER, PAPER), interpolation=cv2.INTER_LINEAR)
        mask = cv2.remap(mask, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        weights.append(cv2.GaussianBlur(mask, (0, 0), soft))
    weights = np.stack(weights)
    for index in range(len(known)):
        drop_small(weights, index)
    return known[weights.argmax(0)]


def drop_small(weights: ndarray, index: int) -> None:
    """Take the shapes of one region that are too small out of its weights, in place."""
    mine = (weights.argmax(0) == index).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mine, connectivity=4)
    small = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] < SMALLEST * mine.size]
    weights[index][np.isin(pieces, small)] = -1


def paint(paper: ndarray, shape: ndarray, colour: ndarray, overlap: int) -> None:
    """Fill a shape with a round brush: over its neighbours by `overlap`, or short of its border."""
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    stroke = cv2.morphologyEx(shape, cv2.MORPH_OPEN, brush)
    if not stroke.any():
        stroke = shape
    if overlap:
        reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * overlap + 1,) * 2)
        stroke = cv2.dilate(stroke, reach)
    paper[stroke > 0] = colour


def near_colour(pixels: ndarray) -> ndarray:
    """The colour of the palette nearest to the median of pixels (N, 3), as the eye sees it."""
    median = np.median(pixels, axis=0).astype(np.uint8)
    both = np.concatenate([median[None], PALETTE])[None]
    lab = cv2.cvtColor(both.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    return PALETTE[np.linalg.norm(lab[1:] - lab[0], axis=1).argmin()]
