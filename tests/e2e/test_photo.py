"""A photo beside the palette, to pick colours from while one paints."""

import numpy as np
import pytest
from PIL import Image

from tests.e2e.browser import VIEWPORTS, open_page
from tests.e2e.canvas import bring, chosen, kept, layer, png, tool

PLACE = "#paint-canvas .lc-photo"
SHOWN = """([place, colour]) => {
  const photo = document.querySelector(`${place} canvas`);
  if (photo?.hidden ?? true) return false;
  const [r, g, b] = photo.getContext("2d").getImageData(2, 2, 1, 1).data;
  return [r, g, b].join() === colour.join();
}"""
RED, BLUE = (200, 10, 10), (10, 10, 200)


def shown(page, colour):
    """Wait until the photo has that colour in its upper left corner."""
    page.wait_for_function(SHOWN, arg=[PLACE, colour])


def colour(page):
    return page.locator("#paint-canvas input[type=color]").input_value()


def halves(path):
    """A photo, red above and blue below."""
    picture = np.zeros((400, 600, 3), np.uint8)
    picture[:200], picture[200:] = RED, BLUE
    path.write_bytes(png(Image.fromarray(picture)))
    return path


@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_a_photo_gives_its_colours_and_never_leaves_the_browser(browser, url, viewport, tmp_path):
    page = open_page(browser, url, viewport)
    phone, sent = viewport == "phone", []
    page.on("request", lambda request: sent.append(request.url))
    photo, stage = page.locator(f"{PLACE} canvas"), page.locator("#paint-canvas .lc-stage")
    paper, before = layer(page, "back"), stage.bounding_box()
    tool(page, "fill")

    def take(height):
        if phone:  # too small for a finger: it is shown over the canvas first
            small = photo.bounding_box()
            assert small["x"] >= before["x"] + before["width"]
            photo.click()
            assert photo.bounding_box()["width"] > 4 * small["width"]
        box = photo.bounding_box()
        photo.click(position={"x": box["width"] / 2, "y": height * box["height"]})
        return colour(page)

    page.locator(f"{PLACE} input").set_input_files(halves(tmp_path / "halves.png"))
    shown(page, RED)
    assert (take(0.75), take(0.25)) == ("#0a0ac8", "#c80a0a")
    assert chosen(page, "[data-tool=fill]")  # the tool stays
    assert stage.bounding_box() == before
    bring(page, "drop", png((3, 200, 5)), PLACE)
    shown(page, (3, 200, 5))
    assert take(0.5) == "#03c805"
    bring(page, "drop", b"AAAA", PLACE)
    page.locator("#note", has_text="no picture that the browser can open").wait_for()
    shown(page, (3, 200, 5))
    if not phone:
        photo.hover()
        bring(page, "paste", png((9, 9, 9)))
        shown(page, (9, 9, 9))
    assert sent == [] and np.array_equal(layer(page, "back"), paper)
    kept(page, "paint-canvas/photo")
    page.reload()
    shown(page, (3, 200, 5) if phone else (9, 9, 9))
    page.get_by_label("Put the photo away").click()
    assert not photo.is_visible()
    page.wait_for_timeout(500)
    page.reload()
    page.wait_for_selector("#paint-canvas .lc-palette button")
    page.wait_for_timeout(500)
    assert not photo.is_visible()
    page.context.close()
