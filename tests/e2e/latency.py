"""python -m tests.e2e.latency [MODEL]: how fast the page opens and follows the brush."""

from __future__ import annotations

import math
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import DEVNULL

from playwright.sync_api import Browser, Page

from cm_core.checkpoints.registry import DEFAULT
from tests.e2e.browser import chromium, draw, open_page, settle

STROKES = 20
VISITS = 5
PACE_SECONDS = 4.0
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


def strokes(page: Page) -> list[float]:
    """Draw and time: a stroke whose last picture came before pen up counts as 0."""
    page.evaluate(WATCH)
    waited = []
    for i in range(STROKES):
        x, y = 0.15 + 0.7 * (i % 5) / 4, 0.2 + 0.6 * (i // 5) / 3
        path = [(x, y), (x + 0.08, y + 0.06), (x - 0.06, y + 0.1), (x + 0.1, y - 0.1)]
        draw(page, "paint-canvas", path, COLOURS[i % len(COLOURS)])
        settle(page, "paint-result")
        waited.append(page.evaluate("Math.max(0, shown - up)"))
    return sorted(waited)


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


@contextmanager
def serving(model: str) -> Iterator[str]:
    """The app in a process of its own, as one runs it; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"ONESTROKE_MODEL": model, "GRADIO_SERVER_PORT": str(port)}
    app = subprocess.Popen([sys.executable, "app.py"], env=os.environ | settings, stdout=DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(url).close()
                break
            except OSError:
                if app.poll() is not None:
                    raise SystemExit("The app did not start.") from None
                time.sleep(0.2)
        yield url
    finally:
        app.terminate()
        app.wait()


def ready(browser: Browser, url: str) -> float:
    """Seconds from asking a page, with nothing of it cached, to being able to paint."""
    start = time.monotonic()
    page = open_page(browser, url, "desktop", quiet=False)
    spent = time.monotonic() - start
    page.context.close()
    return spent


def main(model: str) -> None:
    with serving(model) as url, chromium() as browser:
        ready(browser, url)  # the browser's own start is not the page's
        opened = sorted(ready(browser, url) for _ in range(VISITS))
        print(f"page ready, {VISITS} visits: median {statistics.median(opened):.1f} s, ", end="")
        print(f"{opened[0]:.1f} to {opened[-1]:.1f} s")
        page = open_page(browser, url, "desktop")
        waited = strokes(page)
        print(f"while painting: {pace(page):.1f} pictures a second")
        settle(page, "paint-result")
        print(f"last call: {page.locator('#readout').text_content().strip()}")
    print(f"pen up to picture, {STROKES} strokes: p50 {statistics.median(waited):.0f} ms, ", end="")
    print(f"p95 {waited[int(0.95 * (STROKES - 1))]:.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else DEFAULT)
