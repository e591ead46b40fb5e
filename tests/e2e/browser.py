"""Driving the page in Chromium: starting it, opening tabs, drawing, reading pictures."""

from __future__ import annotations

import base64
import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

VIEWPORTS = {"desktop": (1440, 900), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COUNT_REQUESTS = """window.underWay = 0;
const plain = window.fetch;
window.fetch = (...a) => { underWay++; return plain(...a).finally(() => { underWay--; }); };"""
SETTLED = """(place) => {
  const src = document.querySelector(`#${place} img`)?.getAttribute("src"), now = performance.now();
  const before = window.settling ?? {};
  if (underWay || before.src !== src || before.place !== place)
    window.settling = { src, place, since: now };
  return now - window.settling.since > 400;
}"""
READY = "#paint-canvas .lc-palette button"
OPENED = "[role=tab][aria-selected=true]:text-is('{}')"
WAIT_MS = int(os.environ.get("WAIT_MS", 60_000))  # generous: the machine may be busy

Points = Sequence[tuple[float, float]]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of the system, or of the variable CHROMIUM."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError(
            "These tests need Chromium: install it (apt-get install chromium) or set CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def open_page(
    browser: Browser,
    url: str,
    viewport: str,
    watch: Callable[[Page], None] = lambda page: None,
    quiet: bool = True,
    tab: str = "Paint",
    first: bool = False,
) -> Page:
    """The page on a viewport, a tab of it open, watched from the start; a phone touches.

    quiet: wait until nothing is under way any more, not only until one can paint. first: whether
    this is somebody's first visit, who is shown round.
    """
    width, height = VIEWPORTS[viewport]
    phone = viewport == "phone"
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=phone, is_mobile=phone
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    watch(page)
    page.add_init_script(COUNT_REQUESTS)
    if not first:
        page.add_init_script("localStorage.setItem('onestroke-shown-round', 'yes')")
    page.goto(url)
    page.wait_for_selector(READY if tab == "Paint" else OPENED.format(tab))
    if phone:
        page.wait_for_selector("#sidebar:not(.open)")
    if quiet:
        settle(page, "paint-result")
    return page


def open_tab(page: Page, name: str) -> None:
    """Open a tab, from the menu of further tabs where the row is too narrow for it."""
    tab = page.get_by_role("tab", name=name, exact=True)
    if tab.count() and tab.first.is_visible():
        tab.first.click()
    else:
        page.locator(".overflow-menu > button").click()
        page.locator(".overflow-dropdown").get_by_text(name, exact=True).click()


def choose(page: Page, menu: str, name: str) -> None:
    """Take an entry of a menu, unless it stands there already."""
    if page.locator(f"#{menu} input").input_value() == name:
        return
    page.locator(f"#{menu} input").click()
    page.get_by_role("option", name=name, exact=True).click()


def draw(page: Page, canvas: str, points: Points, colour: str | None = None) -> None:
    """One stroke through points, given as fractions of the canvas, by mouse or by touch."""
    if colour:
        page.locator(f'#{canvas} [data-colour="{colour}"]').click()
    stage = page.locator(f"#{canvas} .lc-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    path = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    if page.evaluate("navigator.maxTouchPoints > 0"):
        touch(page, path)
        return
    page.mouse.move(*path[0])
    page.mouse.down()
    for point in path[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def touch(page: Page, path: Points) -> None:
    """A finger along a path."""
    session = page.context.new_cdp_session(page)

    def event(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    event("touchStart", path[0])
    for (x0, y0), (x1, y1) in pairwise(path):
        for i in (1, 2, 3, 4):
            event("touchMove", (x0 + (x1 - x0) * i / 4, y0 + (y1 - y0) * i / 4))
    event("touchEnd")
    session.detach()


def source(page: Page, place: str) -> str | None:
    """The address of the picture shown in an element, or None where there is none."""
    image = page.locator(f"#{place} img")
    return image.first.get_attribute("src") if image.count() else None


def new_source(page: Page, place: str, old: str | None = None) -> str:
    """Wait until an element shows another picture than `old`, and give its address."""
    page.wait_for_function(
        "([place, old]) => { const i = document.querySelector(`#${place} img`);"
        " return i && i.getAttribute('src') !== old; }",
        arg=[place, old],
    )
    return source(page, place)


def settle(page: Page, place: str) -> str | None:
    """Wait until nothing is under way and an element's picture stays; give its address."""
    page.wait_for_function(SETTLED, arg=place, polling=50)
    return source(page, place)


def finished(page: Page, name: str, place: str) -> str:
    """Wait until the work behind a tab's button is over; give the address of its picture."""
    page.wait_for_function(
        "(name) => !document.getElementById(`${name}-go`).classList.contains('busy')", arg=name
    )
    return settle(page, place)


def picture(page: Page, src: str, mode: str = "RGB") -> Image.Image:
    """The picture behind an address: a data URL, or a file that the server sends."""
    if src.startswith("data:"):
        data = base64.b64decode(src.partition(",")[2])
    else:
        data = page.request.get(src).body()
    return Image.open(io.BytesIO(data)).convert(mode)
