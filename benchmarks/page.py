"""python -m benchmarks.page: how fast the page starts, opens and follows the brush.

First one visitor in Chromium, then painters over the page's protocol, 1 to 20 at once.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import time

from playwright.sync_api import Browser, Page

from benchmarks.measure import Row, tell
from benchmarks.painters import painters, percentile
from benchmarks.served import memory, serving
from tests.e2e.browser import chromium, draw, new_source, open_page, settle

STROKES = 20
VISITS = 5
PACE_SECONDS = 4.0
CROWDS = (1, 4, 8, 20)
COLOURS = ("#1d1d1f", "#d92d20", "#facc15", "#2563eb", "#15803d")
WATCH = """() => {
  window.up = 0; window.shown = 0; window.pictures = 0;
  document.querySelector("#paint-canvas .lc-stage")
    .addEventListener("pointerup", () => { up = performance.now(); }, true);
  let last = null;
  const look = () => {
    const src = document.querySelector("#paint-result img")?.src;
    if (src !== last) { last = src; shown = performance.now(); pictures++; }
    requestAnimationFrame(look);
  };
  look();
}"""


def row(what: str, seconds: list[float], rate: float | None = None, gb: float | None = None) -> Row:
    """A line of the table: median and 95th percentile of seconds, in ms."""
    middle = 1000 * statistics.median(seconds) if seconds else None
    most = 1000 * percentile(seconds, 0.95) if seconds else None
    return {"what": what, "p50 ms": middle, "p95 ms": most, "pictures a second": rate, "GB": gb}


def strokes(page: Page) -> list[float]:
    """Seconds from pen up to picture: 0 where the last picture came before."""
    page.evaluate(WATCH)
    waited = []
    for i in range(STROKES):
        x, y = 0.15 + 0.7 * (i % 5) / 4, 0.2 + 0.6 * (i // 5) / 3
        path = [(x, y), (x + 0.08, y + 0.06), (x - 0.06, y + 0.1), (x + 0.1, y - 0.1)]
        draw(page, "paint-canvas", path, COLOURS[i % len(COLOURS)])
        settle(page, "paint-result")
        waited.append(page.evaluate("Math.max(0, shown - up) / 1000"))
    return waited


def pace(page: Page) -> float:
    """Pictures a second while the pen moves."""
    box = page.locator("#paint-canvas .lc-stage").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    before, start = page.evaluate("pictures"), time.monotonic()
    while (spent := time.monotonic() - start) < PACE_SECONDS:
        turn = spent * 3
        x, y = 0.5 + 0.4 * math.sin(turn), 0.5 + 0.4 * math.cos(1.3 * turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(15)
    shown = page.evaluate("pictures") - before
    page.mouse.up()
    return shown / spent


def ready(browser: Browser, url: str, picture: bool = False) -> float:
    """Seconds from asking a page, with nothing of it cached, to being able to paint; or to the
    first picture."""
    start = time.monotonic()
    page = open_page(browser, url, "desktop", quiet=False)
    if picture:
        new_source(page, "paint-result")
    spent = time.monotonic() - start
    page.context.close()
    return spent


def visitor(url: str, process: int) -> list[Row]:
    """What one visitor meets, in a browser."""
    with chromium() as browser:
        found = [row("first picture after the start", [ready(browser, url, picture=True)])]
        found.append(row("page ready to paint", [ready(browser, url) for _ in range(VISITS)]))
        page = open_page(browser, url, "desktop")
        waited = strokes(page)
        found.append(row("pen up to picture", waited, pace(page), memory(process)))
        page.context.close()
    return found


def crowd(url: str, process: int, count: int, seconds: float) -> Row:
    """What so many painters meet at once."""
    report = asyncio.run(painters(url, count, seconds))
    if report.lost:
        raise SystemExit(f"{len(report.lost)} last frames of {count} painters were lost.")
    rate = report.frames / seconds
    return row(f"pen up to picture, {count} painting", report.waited, rate, memory(process))


def rows(seconds: float) -> list[Row]:
    """The page from its start on, with nobody else on it."""
    start = time.monotonic()
    with serving() as (url, process):
        found = [row("process up", [time.monotonic() - start], gb=memory(process))]
        found += visitor(url, process)
        found += [crowd(url, process, count, seconds) for count in CROWDS]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="that each crowd paints")
    parser.add_argument("--threads", type=int, default=2, help="that the page has, for the record")
    parser.add_argument("--out", help="folder to write JSON into")
    args = parser.parse_args()
    tell("Page", rows(args.seconds), args.threads, args.out)


if __name__ == "__main__":
    main()
