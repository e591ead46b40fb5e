"""python -m tests.e2e.screenshots [OUTDIR]: every tab as the README shows it, on its own model."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from cm_core.checkpoints.registry import DEFAULT
from tests.e2e.browser import (
    choose,
    chromium,
    draw,
    finished,
    new_source,
    open_page,
    open_tab,
    picture,
    settle,
    source,
)
from tests.e2e.canvas import brush
from ui.page import launch
from ui.service.engine import Engine
from ui.service.examples import MATERIALS, example
from ui.tabs.paint import FIRST
from ui.web.preview import PICTURE


def press(page: Page, name: str, result: str = "result") -> None:
    """Press a tab's button and wait for its last picture."""
    page.locator(f"#{name}-run").click()
    new_source(page, f"{name}-{result}")
    finished(page, name, f"{name}-{result}")


def paint(page: Page) -> None:
    """The painting that the page opens with, in every light."""
    page.locator("#paint-lights-run").click()
    page.wait_for_function("document.querySelectorAll('#paint-others img').length === 6")
    finished(page, "paint-lights", "paint-others")


def inpaint(page: Page) -> None:
    """No bush in the savanna."""
    choose(page, "label-scene", "savanna")
    brush(page, "inpaint-canvas", 110)
    draw(page, "inpaint-canvas", [(0.25, 0.45), (0.5, 0.4), (0.55, 0.5), (0.3, 0.55)])
    press(page, "inpaint")


def colorize(page: Page) -> None:
    """Dabs of sky, autumn and water."""
    choose(page, "label-scene", "autumn")
    for name, points in (
        ("Sky", [(0.05, 0.1), (0.15, 0.12)]),
        ("Autumn", [(0.75, 0.6), (0.85, 0.6)]),
        ("Water", [(0.4, 0.8), (0.45, 0.85)]),
    ):
        draw(page, "colorize-canvas", points, MATERIALS[name])
    new_source(page, "colorize-result")
    settle(page, "colorize-result")


def enlarge(page: Page) -> None:
    """An alpine meadow of sixteen pixels."""
    press(page, "enlarge")


def denoise(page: Page) -> None:
    """A noisy coast; the tab begins by itself."""
    new_source(page, "denoise-result")
    settle(page, "denoise-result")


def interpolate(page: Page) -> None:
    """Half of the way from a lake by day to a desert by night."""
    choose(page, "label-scene", "lake")
    choose(page, "label-light", "day")
    choose(page, "interpolate-to-scene", "desert")
    choose(page, "interpolate-to-light", "night")
    press(page, "interpolate", "walk")
    for _ in range(7):
        page.locator("#interpolate-walk .along").press("ArrowRight")


def steps(page: Page) -> None:
    """The classroom's race, run."""
    new_source(page, "steps-student")
    page.locator("#lessons").get_by_role("tab", name="The race", exact=True).click()
    page.locator("#race-run").click()
    page.wait_for_function("document.querySelectorAll('.race-lanes .over').length === 6")


def about(page: Page) -> None:
    """The card and the credits."""


def preview(page: Page, file: Path) -> None:
    """What other sites show of a link to the page: a crude painting, and what becomes of it."""
    sheet = Image.new("RGB", (1200, 630), "#fafafa")
    result = picture(page, source(page, "paint-result"))
    for left, shown in ((25, example(FIRST)), (610, result)):
        sheet.paste(shown.resize((565, 565), Image.Resampling.LANCZOS), (left, 32))
    sheet.save(file, quality=88)


SCENES = (paint, inpaint, colorize, enlarge, denoise, interpolate, steps, about)


def save(page: Page, file: Path, whole: bool = False, top: str = "body") -> None:
    """What the window shows from an element on, or the whole page."""
    page.evaluate("top => document.querySelector(top).scrollIntoView()", top)
    page.wait_for_timeout(1200)  # the history and the button at rest
    Image.open(BytesIO(page.screenshot(full_page=whole))).convert("RGB").save(file, quality=92)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    served, url = launch(Engine(DEFAULT), prevent_thread_lock=True, quiet=True)
    with chromium() as browser:
        page = open_page(browser, url, "desktop")
        page.get_by_label("Lock the seed").check()  # the same pictures every time
        preview(page, folder.parent / PICTURE.name)
        for scene in SCENES:
            for menu in ("label-scene", "label-light"):
                choose(page, menu, "Any")
            open_tab(page, "Colour" if scene is colorize else scene.__name__.capitalize())
            scene(page)
            top = "#race-run" if scene is steps else "body"
            save(page, folder / f"{scene.__name__}.webp", whole=scene is paint, top=top)
        dark = open_page(browser, f"{url}?__theme=dark", "desktop")
        paint(dark)
        save(dark, folder / "dark.webp", whole=True)
        phone = open_page(browser, url, "phone")
        paint(phone)
        save(phone, folder / "phone.webp")
    served.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/screenshots"))
