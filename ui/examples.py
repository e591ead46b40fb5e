"""Example pictures, drawn by code: nobody else's art, any size."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 512
UNIT = 2 * SIDE / 64  # drawings are in units of 1/64 of the side, at twice the size


class Pen:
    """Filled shapes on white paper, coordinates from 0 to 64."""

    def __init__(self) -> None:
        self.picture = Image.new("RGB", (2 * SIDE, 2 * SIDE), "white")
        self.draw = ImageDraw.Draw(self.picture)

    def disc(self, x: float, y: float, rx: float, ry: float, colour: str) -> None:
        box = [(x - rx) * UNIT, (y - ry) * UNIT, (x + rx) * UNIT, (y + ry) * UNIT]
        self.draw.ellipse(box, fill=colour)

    def shape(self, colour: str, *points: tuple[float, float]) -> None:
        self.draw.polygon([(x * UNIT, y * UNIT) for x, y in points], fill=colour)

    def box(self, x: float, y: float, right: float, low: float, colour: str) -> None:
        self.draw.rectangle([x * UNIT, y * UNIT, right * UNIT, low * UNIT], fill=colour)

    def slice(
        self, x: float, y: float, rx: float, ry: float, angles: tuple[float, float], colour: str
    ) -> None:
        box = [(x - rx) * UNIT, (y - ry) * UNIT, (x + rx) * UNIT, (y + ry) * UNIT]
        self.draw.chord(box, *angles, fill=colour)

    def done(self) -> Image.Image:
        return self.picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def face(p: Pen) -> None:
    p.disc(32, 32, 28, 28, "#facc15")
    p.disc(22, 26, 4, 5.5, "#3b2416")
    p.disc(42, 26, 4, 5.5, "#3b2416")
    p.slice(32, 36, 16, 14, (10, 170), "#7a2e1d")
    p.slice(32, 46, 9, 6, (200, 340), "#e8505b")


def boat(p: Pen) -> None:
    p.shape("#f2f2f4", (33, 6), (33, 40), (56, 40))
    p.shape("#d92d20", (29, 12), (29, 40), (11, 40))
    p.box(30, 4, 32, 46, "#7a4a2b")
    p.shape("#a0522d", (6, 43), (58, 43), (50, 54), (14, 54))
    p.box(2, 54, 62, 60, "#2f8fe0")


def apple(p: Pen) -> None:
    p.box(31, 6, 34, 20, "#7a4a2b")
    p.disc(42, 11, 9, 4.5, "#4d9a2a")
    p.disc(23, 36, 16, 20, "#d92d20")
    p.disc(41, 36, 16, 20, "#d92d20")
    p.disc(32, 42, 17, 17, "#d92d20")
    p.disc(18, 29, 4, 7, "#f0705f")


def cat(p: Pen) -> None:
    for side in (-1, 1):
        p.shape("#f4a63a", (32 + 26 * side, 5), (32 + 6 * side, 18), (32 + 26 * side, 34))
        p.shape("#f7c6b0", (32 + 22 * side, 12), (32 + 11 * side, 20), (32 + 22 * side, 28))
    p.disc(32, 37, 27, 23, "#f4a63a")
    p.disc(32, 46, 13, 10, "#fbe3c0")
    for side in (-1, 1):
        p.disc(32 + 12 * side, 33, 3.6, 5, "#2b2b2e")
        p.shape("#c97f1e", (32 + 8 * side, 15), (32 + 4 * side, 15), (32 + 4 * side, 23))
    p.shape("#d9566b", (28, 41), (36, 41), (32, 45.5))


def mushroom(p: Pen) -> None:
    p.slice(32, 44, 14, 16, (-180, 180), "#f6e3c9")
    p.disc(32, 44, 11, 17, "#f6e3c9")
    p.slice(32, 34, 28, 28, (180, 360), "#d92d20")
    for x, y, r in ((20, 24, 5), (36, 16, 6), (47, 27, 4.5)):
        p.disc(x, y, r, r, "#ffffff")


def tree(p: Pen) -> None:
    p.box(28, 44, 36, 61, "#7a4a2b")
    p.shape("#1f7a3d", (32, 20), (56, 50), (8, 50))
    p.shape("#2a9249", (32, 11), (51, 37), (13, 37))
    p.shape("#37ab59", (32, 2), (46, 23), (18, 23))


DRAWINGS: dict[str, Callable[[Pen], None]] = {
    "Face": face,
    "Boat": boat,
    "Apple": apple,
    "Cat": cat,
    "Mushroom": mushroom,
    "Tree": tree,
}


@functools.cache
def example(name: str) -> Image.Image:
    """The drawing called `name`, 512 x 512."""
    pen = Pen()
    DRAWINGS[name](pen)
    return pen.done()
