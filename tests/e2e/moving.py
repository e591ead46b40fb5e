"""python -m tests.e2e.moving [FILE]: a painting becomes a landscape, and this a panorama, animated.

All of it is the page itself, painted on by mouse; the panorama is shown as it grows, then passed
along from its left end to its right.
"""

from __future__ import annotations

import math
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from cm_core.checkpoints.registry import DEFAULT
from tests.e2e.browser import chromium, finished, open_page, picture, settle, source
from tests.e2e.paintings import PAINTINGS
from tests.e2e.screenshots import brush
from ui.page import launch
from ui.service.engine import Engine
from ui.service.examples import MATERIALS

PAINTING = "mountain lake"
WIDTH = 720  # of a frame, in pixels
FRAME_MS, SEEN_MS = 160, 2000  # of a stroke's part, and of the landscape
GROWTH_MS, PASSING_MS, LAST_MS = 4500, 100, 1200  # of all growth, of a frame on the way, at its end
PASSED = 70  # frames from one end of the panorama to the other
COLLECT = """() => {
  window.stages = [];
  new MutationObserver(() => {
    const { src } = document.querySelector("#paint-panorama .after") ?? {};
    if (src && src !== stages.at(-1)) stages.push(src);
  }).observe(document.body, { subtree: true, childList: true, attributeFilter: ["src"] });
}"""
Frame = tuple[Image.Image, int]  # and how long it is shown, in milliseconds


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


def painted(page: Page) -> list[Frame]:
    """The page while every stroke of the painting is drawn, from its first picture to its last."""
    page.locator("#paint-canvas [data-act=clear]").click()
    before = settle(page, "paint-result")
    page.evaluate("window.scrollTo(0, 0)")
    clip, stage = workbench(page), page.locator("#paint-canvas .lc-stage").bounding_box()
    made: list[Image.Image] = []
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
            if source(page, "paint-result") != before:
                made.append(frame(page, clip))
        page.mouse.up()
        page.wait_for_timeout(FRAME_MS)
        made.append(frame(page, clip))
    settle(page, "paint-result")
    return [*((one, FRAME_MS) for one in made), (frame(page, clip), SEEN_MS)]


def grown(page: Page) -> list[Image.Image]:
    """The landscape, then the panorama as the page shows it after each window, the widest last."""
    page.evaluate(COLLECT)
    landscape = picture(page, source(page, "paint-result"))
    page.locator("#paint-wide-run").click()
    page.wait_for_selector("#paint-panorama .after")
    finished(page, "paint-wide", "paint-panorama")
    stages = [landscape, *(picture(page, url) for url in page.evaluate("stages"))]
    return list({one.width: one for one in stages}.values())


def growing(stages: list[Image.Image], size: tuple[int, int]) -> list[Frame]:
    """Each stage as large as it fits."""
    made = []
    for stage in stages:
        scale = min(size[0] / stage.width, size[1] / stage.height)
        small = stage.resize(
            (round(scale * stage.width), round(scale * stage.height)), Image.Resampling.LANCZOS
        )
        ground = Image.new("RGB", size, "white")
        ground.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
        made.append((ground, GROWTH_MS // len(stages)))
    return made


def passing(panorama: Image.Image, size: tuple[int, int]) -> list[Frame]:
    """Along a panorama as high as the frame, slowly at both ends."""
    high = panorama.resize(
        (round(panorama.width * size[1] / panorama.height), size[1]), Image.Resampling.LANCZOS
    )
    way = high.width - size[0]
    lefts = [round(way * (1 - math.cos(math.pi * i / PASSED)) / 2) for i in range(PASSED + 1)]
    made = [high.crop((left, 0, left + size[0], size[1])) for left in lefts]
    return [*((one, PASSING_MS) for one in made[:-1]), (made[-1], LAST_MS)]


def main(file: Path) -> None:
    served, url = launch(Engine(DEFAULT), prevent_thread_lock=True, quiet=True)
    with chromium() as browser:
        page = open_page(browser, url, "desktop")
        frames, stages = painted(page), grown(page)
    served.close()
    size = frames[0][0].size
    frames += growing(stages, size) + passing(stages[-1], size)
    (first, *rest), times = [one for one, _ in frames], [ms for _, ms in frames]
    first.save(
        file, save_all=True, append_images=rest, duration=times, loop=0, quality=60, method=6
    )
    kilobytes = file.stat().st_size // 1000
    print(f"{file}: {len(frames)} frames, {sum(times) / 1000:.0f} s, {kilobytes} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/screenshots/painting.webp"))
