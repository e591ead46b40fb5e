"""The canvas's tools, with a mouse on a desktop and a finger on a phone."""

import numpy as np

from tests.e2e.browser import draw, picture, settle
from tests.e2e.canvas import clear

PEN = """(pressure) => {
  const stage = document.querySelector("#paint-canvas .lc-stage");
  const box = stage.getBoundingClientRect();
  stage.setPointerCapture = () => {};
  stage.hasPointerCapture = () => true;
  const at = (x) => ({ clientX: box.x + x * box.width, clientY: box.y + box.height / 2 });
  const send = (type, x) => stage.dispatchEvent(new PointerEvent(type,
    { bubbles: true, pointerId: 7, pointerType: "pen", pressure, ...at(x) }));
  for (const [type, x] of [["down", 0.3], ["move", 0.5], ["move", 0.7], ["up", 0.7]])
    send("pointer" + type, x);
  delete stage.setPointerCapture;
  delete stage.hasPointerCapture;
}"""
BACK = "document.querySelector('#paint-canvas .lc-back')"
INK = "document.querySelector('#paint-canvas .lc-ink')"


def drawing(page):
    """What lies on the paint canvas, RGBA."""
    url = page.evaluate(INK + ".toDataURL()")
    return np.asarray(picture(page, url, "RGBA"))


def tool(page, name):
    page.locator(f"#paint-canvas [{name}]").click()


def test_a_mirrored_brush_draws_both_halves(page):
    clear(page)
    tool(page, "data-mirror")
    draw(page, "paint-canvas", [(0.2, 0.2), (0.3, 0.7)], "#2563eb")
    tool(page, "data-mirror")
    drawn = drawing(page)[..., 3] > 127
    assert drawn[:, :256].any()
    assert (drawn ^ drawn[:, ::-1]).mean() < 0.002


def test_fill_pick_erase_undo_and_redo(page):
    clear(page)
    draw(page, "paint-canvas", [(0.5, 0), (0.5, 1)], "#15803d")
    tool(page, "data-tool=fill")
    draw(page, "paint-canvas", [(0.2, 0.5), (0.2, 0.5)], "#facc15")
    left, right = drawing(page)[256, 50], drawing(page)[256, 460]
    assert left.tolist() == [0xFA, 0xCC, 0x15, 255] and right[3] == 0
    tool(page, "data-tool=pick")
    draw(page, "paint-canvas", [(0.5, 0.5), (0.5, 0.5)])
    assert page.locator("#paint-canvas input[type=color]").input_value() == "#15803d"
    full = drawing(page)
    tool(page, "data-tool=eraser")
    draw(page, "paint-canvas", [(0.1, 0.5), (0.3, 0.5)])
    assert drawing(page)[256, 100, 3] == 0
    tool(page, "data-act=undo")
    assert np.array_equal(drawing(page), full)
    tool(page, "data-act=redo")
    assert drawing(page)[256, 100, 3] == 0


def test_clear_gives_white_paper_and_undo_the_picture_beneath(page):
    def paper():
        return np.asarray(picture(page, page.evaluate(BACK + ".toDataURL()"), "RGB"))

    clear(page)
    assert (paper() == 255).all()
    draw(page, "paint-canvas", [(0.2, 0.2), (0.8, 0.8)], "#15803d")
    strokes = drawing(page)
    page.get_by_title("Example: Beach").locator("visible=true").click()
    page.wait_for_function(BACK + ".getContext('2d').getImageData(256, 480, 1, 1).data[0] < 255")
    beach = paper()
    assert not drawing(page)[..., 3].any()
    tool(page, "data-act=undo")  # an example does not cost what was drawn before it
    assert (paper() == 255).all() and np.array_equal(drawing(page), strokes)
    tool(page, "data-act=redo")
    assert np.array_equal(paper(), beach)
    tool(page, "data-act=clear")
    assert (paper() == 255).all() and page.locator("#paint-canvas .lc-hint").is_visible()
    tool(page, "data-act=undo")
    assert np.array_equal(paper(), beach)


def test_opacity_does_not_pile_up_within_a_stroke(page):
    clear(page)
    page.locator("#paint-canvas [data-set=opacity]").evaluate(
        "(s) => { s.value = 50; s.dispatchEvent(new Event('input')); }"
    )
    draw(page, "paint-canvas", [(0.3, 0.5), (0.7, 0.5), (0.3, 0.5)], "#d92d20")
    page.locator("#paint-canvas [data-set=opacity]").evaluate(
        "(s) => { s.value = 100; s.dispatchEvent(new Event('input')); }"
    )
    assert abs(int(drawing(page)[256, 256, 3]) - 128) < 3


def test_a_pens_pressure_widens_the_line(page):
    clear(page)
    widths = []
    for pressure in (0.2, 0.9):
        tool(page, "data-act=clear")
        page.evaluate(PEN, pressure)
        widths.append((drawing(page)[:, 256, 3] > 127).sum())
    assert 0 < 2 * widths[0] < widths[1]


def test_the_keyboard_draws(page):
    clear(page)
    settle(page, "paint-result")
    stage = page.locator("#paint-canvas .lc-stage")
    stage.focus()
    for key in ("b", "Space", *["Shift+ArrowRight"] * 4, "Space"):
        stage.press(key)
    drawn = (drawing(page)[..., 3] > 127).any(0).nonzero()[0]
    assert drawn.max() - drawn.min() > 100
    stage.press("Control+z")
    assert not drawing(page)[..., 3].any()
    stage.press("Control+Shift+z")
    assert drawing(page)[..., 3].any()
    strength, undo = page.locator("#paint-strength"), {"key": "z", "ctrlKey": True}
    # A field to type in has an undo of its own.
    strength.locator("input[type=number]").dispatch_event("keydown", undo)
    assert drawing(page)[..., 3].any()
    strength.locator("input[type=range]").dispatch_event("keydown", undo)
    assert not drawing(page)[..., 3].any()


def test_a_fill_by_keys_at_the_right_edge_stays_on_its_side(page):
    clear(page)
    draw(page, "paint-canvas", [(0.5, 0), (0.5, 1)], "#15803d")
    stage = page.locator("#paint-canvas .lc-stage")
    stage.focus()
    for key in ("g", *["Shift+ArrowRight"] * 20, "Space"):
        stage.press(key)
    filled = drawing(page)[..., 3]
    assert filled[256, 500] == 255 and filled[256, 511] == 255
    assert not filled[:, :200].any()
