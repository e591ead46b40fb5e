"""python -m tests.e2e.paintings [FILE]: twelve crude paintings by mouse on the real page, and the
picture beside each, on one sheet."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from cm_core.checkpoints.registry import DEFAULT
from tests.e2e.browser import Points, chromium, draw, open_page, picture, settle
from tests.e2e.screenshots import brush
from ui.page import launch
from ui.service.engine import Engine
from ui.service.examples import MATERIALS

SIDE = 192  # pixels a picture on the sheet
COLUMNS = 3  # pairs in a row
Stroke = tuple[str, int, Points]  # a material, the brush's size, and where it goes


def band(material: str, top: float, bottom: float, size: int = 90) -> list[Stroke]:
    """Broad strokes to and fro that fill the canvas from a height to another."""
    half = size / 1024  # the canvas is 512 pixels a side
    rows = max(2, 1 + round((bottom - top - 2 * half) / (1.6 * half)))
    heights = [top + half + (bottom - top - 2 * half) * i / (rows - 1) for i in range(rows)]
    return [(material, size, [(0.01, y), (0.99, y)]) for y in heights]


def shape(material: str, size: int, *points: tuple[float, float]) -> list[Stroke]:
    """One stroke through points."""
    return [(material, size, list(points))]


def peak(material: str, x: float, top: float, foot: float, wide: float, size=40) -> list[Stroke]:
    """A mountain, scribbled."""
    strokes = []
    for i in range(5):
        part = (i + 0.5) / 5
        y = top + (foot - top) * part
        strokes += shape(material, size, (x - wide * part, y), (x + wide * part, y))
    return strokes


PAINTINGS: dict[str, list[Stroke]] = {
    "mountain lake": [
        *band("Sky", 0, 0.45), *band("Water", 0.62, 1), *band("Forest", 0.45, 0.62, 60),
        *peak("Rock", 0.35, 0.16, 0.5, 0.28),
        *shape("Snow", 30, (0.3, 0.2), (0.35, 0.15), (0.41, 0.21)),
        *peak("Far peaks", 0.8, 0.3, 0.5, 0.2),
    ],
    "beach": [
        *band("Sky", 0, 0.42), *band("Water", 0.4, 0.7), *band("Sand", 0.68, 1),
        *shape("Cloud", 34, (0.15, 0.15), (0.35, 0.13)),
        *shape("Cloud", 30, (0.65, 0.25), (0.8, 0.24)),
    ],
    "dunes": [
        *band("Sky", 0, 0.5), *band("Sand", 0.5, 1),
        *peak("Sand", 0.3, 0.38, 0.6, 0.3),
        *peak("Sand", 0.8, 0.42, 0.6, 0.25),
        *shape("Sun", 34, (0.75, 0.15), (0.77, 0.16)),
    ],
    "meadow path": [
        *band("Sky", 0, 0.45), *band("Meadow", 0.45, 1),
        *shape("Sand", 26, (0.5, 0.5), (0.46, 0.62), (0.54, 0.78), (0.45, 1.0)),
        *shape("Cloud", 40, (0.2, 0.18), (0.42, 0.16)),
        *shape("Forest", 44, (0.78, 0.45), (0.95, 0.46)),
    ],
    "autumn lake": [
        *band("Sky", 0, 0.4), *band("Autumn", 0.38, 0.62, 60), *band("Water", 0.62, 1),
        *shape("Autumn", 70, (0.1, 0.5), (0.18, 0.35)),
        *shape("Autumn", 60, (0.85, 0.5), (0.8, 0.4)),
    ],
    "snowfield": [
        *band("Sky", 0, 0.45), *band("Snow", 0.45, 1),
        *peak("Far peaks", 0.5, 0.22, 0.5, 0.4),
        *shape("Forest", 34, (0.15, 0.45), (0.15, 0.75)),
        *shape("Forest", 30, (0.8, 0.5), (0.8, 0.72)),
    ],
    "forest edge": [
        *band("Sky", 0, 0.35), *band("Forest", 0.33, 0.62, 70), *band("Meadow", 0.6, 1),
        *shape("Cloud", 30, (0.55, 0.12), (0.8, 0.14)),
    ],
    "night water": [
        *band("Night", 0, 1),
        *shape("Cloud", 30, (0.7, 0.18), (0.71, 0.19)),
        *peak("Rock", 0.25, 0.35, 0.55, 0.3),
    ],
    "canyon": [
        *band("Sky", 0, 0.5), *band("Sand", 0.7, 1), *band("Autumn", 0.5, 0.72, 60),
        *shape("Autumn", 90, (0.1, 0.65), (0.1, 0.3)),
        *shape("Autumn", 80, (0.88, 0.65), (0.9, 0.25)),
    ],
    "island": [
        *band("Sky", 0, 0.48), *band("Water", 0.46, 1),
        *peak("Forest", 0.6, 0.36, 0.52, 0.22, 30),
        *shape("Sand", 14, (0.38, 0.53), (0.84, 0.53)),
        *shape("Cloud", 34, (0.15, 0.2), (0.4, 0.18)),
    ],
    "river valley": [
        *band("Sky", 0, 0.35), *band("Meadow", 0.42, 1), *band("Far peaks", 0.26, 0.44, 50),
        *shape("Water", 40, (0.55, 0.45), (0.5, 0.6), (0.62, 0.75), (0.5, 1.0)),
        *shape("Forest", 56, (0.1, 0.5), (0.25, 0.5)),
    ],
    "sunset sea": [
        *band("Autumn", 0, 0.28), *band("Sun", 0.26, 0.5), *band("Night", 0.5, 1),
        *shape("Sun", 12, (0.5, 0.55), (0.5, 0.8)),
    ],
}  # fmt: skip


def paint(page: Page, strokes: list[Stroke]) -> tuple[Image.Image, Image.Image]:
    """(the painting, the picture) of strokes on a clean canvas."""
    page.locator("#paint-canvas [data-act=clear]").click()
    for material, size, points in strokes:
        brush(page, "paint-canvas", size)
        draw(page, "paint-canvas", points, MATERIALS[material])
    made = picture(page, settle(page, "paint-result"))
    layers = page.evaluate(
        "[...document.querySelectorAll('#paint-canvas canvas')].map(c => c.toDataURL())"
    )
    painting = Image.new("RGB", (SIDE, SIDE), "white")
    for layer in layers:
        ink = picture(page, layer, "RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        painting.paste(ink, mask=ink)
    return painting, made.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def main(file: Path) -> None:
    rows = -(-len(PAINTINGS) // COLUMNS)
    gap = SIDE // 12
    sheet = Image.new("RGB", (COLUMNS * (2 * SIDE + gap) - gap, rows * (SIDE + gap) - gap), "white")
    served, url = launch(Engine(DEFAULT), prevent_thread_lock=True, quiet=True)
    with chromium() as browser:
        page = open_page(browser, url, "desktop")
        for index, strokes in enumerate(PAINTINGS.values()):
            left = index % COLUMNS * (2 * SIDE + gap)
            top = index // COLUMNS * (SIDE + gap)
            for beside, shown in enumerate(paint(page, strokes)):
                sheet.paste(shown, (left + beside * SIDE, top))
    served.close()
    sheet.save(file, quality=92)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/screenshots/paintings.webp"))
