"""python -m tests.e2e.moving [FILE]: a painting becomes a landscape on the page, animated."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from cm_core.checkpoints.registry import DEFAULT
from tests.e2e.browser import chromium, open_page, settle
from tests.e2e.paintings import PAINTINGS
from tests.e2e.screenshots import brush
from ui.page import launch
from ui.service.engine import Engine
from ui.service.examples import MATERIALS

PAINTING = "mountain lake"
WIDTH = 720  # of a frame, in pixels
FRAME_MS, LAST_MS = 160, 3000


def frame(page: Page, clip: dict[str, float]) -> Image.Image:
    shot = Image.open(BytesIO(page.screenshot(clip=clip))).convert("RGB")
    return shot.resize((WIDTH, round(WIDTH * shot.height / shot.width)), Image.Resampling.LANCZOS)


def workbench(page: Page) -> dict[str, float]:
    """The box around canvas and picture."""
    boxes = [
        page.locator(place).bounding_box()
        for place in ("#paint-canvas .lc-stage", "#paint-result .frame")
    ]
    left, top = (min(box[side] for box in boxes) for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def frames(page: Page) -> list[Image.Image]:
    """The page while every stroke of the painting is drawn, and at its end."""
    page.locator("#paint-canvas [data-act=clear]").click()
    settle(page, "paint-result")
    page.evaluate("window.scrollTo(0, 0)")
    clip, stage = workbench(page), page.locator("#paint-canvas .lc-stage").bounding_box()
    made = [frame(page, clip)]
    for material, size, points in PAINTINGS[PAINTING]:
        brush(page, "paint-canvas", size)
        page.locator(f'#paint-canvas [data-colour="{MATERIALS[material]}"]').click()
        at = [
            (stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]) for x, y in points
        ]
        page.mouse.move(*at[0])
        page.mouse.down()
        for point in at[1:]:
            page.mouse.move(*point, steps=4)
            made.append(frame(page, clip))
        page.mouse.up()
        page.wait_for_timeout(FRAME_MS)
        made.append(frame(page, clip))
    settle(page, "paint-result")
    return [*made, frame(page, clip)]


def main(file: Path) -> None:
    served, url = launch(Engine(DEFAULT), prevent_thread_lock=True, quiet=True)
    with chromium() as browser:
        first, *rest = frames(open_page(browser, url, "desktop"))
    served.close()
    times = [FRAME_MS] * len(rest) + [LAST_MS]
    first.save(
        file, save_all=True, append_images=rest, duration=times, loop=0, quality=70, method=6
    )
    size = file.stat().st_size // 1000
    print(f"{file}: {1 + len(rest)} frames, {sum(times) / 1000:.0f} s, {size} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/screenshots/painting.webp"))
