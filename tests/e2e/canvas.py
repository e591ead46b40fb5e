"""What lies on a canvas of the page, and what is dropped on it."""

import base64
import io

import numpy as np
from PIL import Image

from tests.e2e.browser import open_tab, picture

LAYER = """([canvas, layer]) => document.querySelector(`#${canvas} .lc-${layer}`).toDataURL()"""
KEPT = """async (name) => (await window.oneStrokeKept.get(name)) !== undefined"""
BRING = """async ([way, place, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer(), all = { bubbles: true, cancelable: true };
  carried.items.add(new File([bytes], name, { type: "image/png" }));
  const target = document.querySelector(place);
  if (way === "paste")
    document.dispatchEvent(new ClipboardEvent("paste", { ...all, clipboardData: carried }));
  else for (const step of ["dragover", "drop"])
    target.dispatchEvent(new DragEvent(step, { ...all, dataTransfer: carried }));
}"""


def layer(page, name="ink", canvas="paint-canvas"):
    """A layer of a canvas, RGBA."""
    return np.asarray(picture(page, page.evaluate(LAYER, [canvas, name]), "RGBA"))


def kept(page, name):
    """Wait until something is kept under a name."""
    page.wait_for_function(f"(name) => ({KEPT})(name)", arg=name)
    page.wait_for_timeout(500)  # and the last of it, too


def inked(page, canvas="paint-canvas"):
    """Wait until a canvas has ink."""
    page.wait_for_function(
        """(canvas) => {
          const ink = document.querySelector(`#${canvas} .lc-ink`);
          const { data } = ink?.getContext("2d").getImageData(0, 0, ink.width, ink.height) ?? {};
          return data?.some((v, i) => i % 4 === 3 && v > 0);
        }""",
        arg=canvas,
    )


def png(picture):
    """A picture as a file's bytes; of a colour, 60 x 40 pixels of it."""
    plain = picture if isinstance(picture, Image.Image) else Image.new("RGB", (60, 40), picture)
    file = io.BytesIO()
    plain.save(file, "PNG")
    return file.getvalue()


def bring(page, way, content, place="#paint-canvas .lc-stage", name="mine.png"):
    """Drop a file's bytes on an element, or paste them."""
    page.evaluate(BRING, [way, place, name, base64.b64encode(content).decode()])


def act(page, name):
    """Press undo, redo or clear."""
    page.locator(f"#paint-canvas [data-act={name}]").click()


def tool(page, name):
    page.locator(f"#paint-canvas [data-tool={name}]").click()


def clear(page):
    """An empty canvas, and its brush in hand."""
    open_tab(page, "Paint")
    act(page, "clear")
    tool(page, "brush")


def kind(page, name):
    """Choose a kind of brush."""
    page.locator("#paint-canvas [data-set=kind]").select_option(name)


def brush(page, canvas, size):
    """Set the size of a canvas's brush, in its pixels."""
    slider = page.locator(f"#{canvas} [data-set=size]")
    slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", size)


def tap(page, x, y):
    """Press at a place of the canvas, in fractions of it."""
    box = page.locator("#paint-canvas .lc-stage").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def chosen(page, selector):
    """Whether a button of the canvas is pressed."""
    return page.locator(f"#paint-canvas {selector}").get_attribute("aria-pressed") == "true"
