"""python -m tests.e2e.screenshots [OUTDIR]: every tab as the README shows it, on its own model."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.e2e.browser import chromium, draw, finished, new_source, open_page, open_tab, settle
from ui.engine import Engine
from ui.page import launch

BOAT = (  # colour, brush size, points
    ("#2563eb", 90, [(0.03, 0.93), (0.97, 0.93)]),
    ("#7a4a2b", 60, [(0.2, 0.74), (0.8, 0.74)]),
    ("#7a4a2b", 40, [(0.28, 0.82), (0.72, 0.82)]),
    ("#7a4a2b", 14, [(0.49, 0.12), (0.49, 0.7)]),
    ("#d92d20", 76, [(0.58, 0.3), (0.58, 0.58), (0.7, 0.58), (0.6, 0.36), (0.62, 0.52)]),
    ("#facc15", 60, [(0.41, 0.38), (0.41, 0.6), (0.3, 0.6), (0.39, 0.44), (0.37, 0.56)]),
)


def brush(page: Page, canvas: str, size: int) -> None:
    """Set a canvas's brush size, in canvas pixels."""
    slider = page.locator(f"#{canvas} [data-set=size]")
    slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", size)


def press(page: Page, name: str, result: str = "result") -> None:
    """Press a tab's button and wait for its last picture."""
    page.locator(f"#{name}-run").click()
    new_source(page, f"{name}-{result}")
    finished(page, name, f"{name}-{result}")


def subject(page: Page, name: str) -> None:
    """Say in the sidebar what the picture shows."""
    page.locator("#label-group input").click()
    page.keyboard.type(name)  # a long list is only filled as one scrolls
    page.get_by_role("option", name=name, exact=True).click()


def paint(page: Page) -> None:
    """A small boat, always the same, and four variations of it."""
    for colour, size, points in BOAT:
        brush(page, "paint-canvas", size)
        draw(page, "paint-canvas", points, colour)
    settle(page, "paint-result")
    page.locator("#paint-vary-run").click()
    page.wait_for_function("document.querySelectorAll('#paint-others img').length === 4")


def inpaint(page: Page) -> None:
    """New eyes for the cat."""
    brush(page, "inpaint-canvas", 110)
    draw(page, "inpaint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    press(page, "inpaint")


def colourise(page: Page) -> None:
    """A red apple with a green leaf."""
    for colour, points in (("#d92d20", [(0.3, 0.6), (0.7, 0.6)]), ("#65a30d", [(0.6, 0.17)] * 2)):
        draw(page, "colourise-canvas", points, colour)
    new_source(page, "colourise-result")
    settle(page, "colourise-result")


def enlarge(page: Page) -> None:
    """A boat of eight pixels."""
    press(page, "enlarge")


def denoise(page: Page) -> None:
    """A noisy mushroom; the tab begins by itself."""
    new_source(page, "denoise-result")
    settle(page, "denoise-result")


def interpolate(page: Page) -> None:
    """Half way from one subject to another."""
    page.locator("#interpolate-to input").click()
    page.keyboard.type(GOAL)
    page.get_by_role("option", name=GOAL, exact=True).click()
    press(page, "interpolate", "walk")
    for _ in range(7):
        page.locator("#interpolate-walk .along").press("ArrowRight")


def steps(page: Page) -> None:
    """The classroom, its teacher run."""
    new_source(page, "steps-student")
    press(page, "steps", "teacher")


def about(page: Page) -> None:
    """The card and the credits."""


SCENES = (paint, inpaint, colourise, enlarge, denoise, interpolate, steps, about)
SUBJECTS = {
    paint: "Sailing boats",
    inpaint: "Cat faces",
    colourise: "Apples",
    enlarge: "Sailing boats",
}
SUBJECTS |= {denoise: "Trees", interpolate: "Mushrooms", steps: "Smiling faces"}
GOAL = "Trees"  # that the walk comes to


def save(page: Page, file: Path) -> None:
    """What the window shows, from the top."""
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(1200)  # the history and the button at rest
    Image.open(BytesIO(page.screenshot())).convert("RGB").save(file, quality=92)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    served, url = launch(Engine("emoji64"), prevent_thread_lock=True, quiet=True)
    with chromium() as browser:
        page = open_page(browser, url, "desktop")
        for scene in SCENES:
            subject(page, SUBJECTS.get(scene, "Any"))
            open_tab(page, scene.__name__.capitalize())
            scene(page)
            save(page, folder / f"{scene.__name__}.webp")
        dark = open_page(browser, f"{url}?__theme=dark", "desktop")
        subject(dark, SUBJECTS[paint])
        paint(dark)
        save(dark, folder / "dark.webp")
        phone = open_page(browser, url, "phone")
        paint(phone)
        save(phone, folder / "phone.webp")
    served.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/screenshots"))
