"""python -m tests.e2e.latency [MODEL]: milliseconds from pen up to the last new picture."""

from __future__ import annotations

import statistics
import sys

from playwright.sync_api import Page

from tests.e2e.browser import chromium, draw, open_page, settle
from ui.engine import Engine
from ui.page import launch

STROKES = 20
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


def main(model: str) -> None:
    served, url = launch(Engine(model), prevent_thread_lock=True, quiet=True)
    with chromium() as browser:
        page = open_page(browser, url, "desktop")
        waited = strokes(page)
        print(f"last call: {page.locator('#readout').text_content().strip()}")
    print(f"pen up to picture, {STROKES} strokes: p50 {statistics.median(waited):.0f} ms, ", end="")
    print(f"p95 {waited[int(0.95 * (STROKES - 1))]:.0f} ms")
    served.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "emoji64")
