"""The two layers of the Paint canvas: a sketch that guides a person, and what the model sees."""

import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.e2e.browser import VIEWPORTS, draw, open_page, settle
from tests.e2e.canvas import act, chosen, kept, layer, tap, tool

BLACK, GREEN = (0x1D, 0x1D, 0x1F, 255), (0x15, 0x80, 0x3D, 255)
BLUE, YELLOW = (0x25, 0x63, 0xEB, 255), (0xFA, 0xCC, 0x15, 255)


@pytest.fixture(scope="module")
def opened(browser, url):
    page = open_page(browser, url, "desktop")
    yield page
    page.context.close()


@pytest.fixture
def page(opened):
    """Both layers are empty."""
    for name in ("sketch", "ink"):
        on(opened, name)
        act(opened, "clear")
        if name == "sketch":
            opened.locator("#paint-canvas [data-colour='#1d1d1f']").click()
    tool(opened, "brush")
    return opened


def on(page, name):
    """Draw on a layer, "sketch" or "ink", from now on."""
    page.locator(f"#paint-canvas [data-layer={name}]").click()


def eye(page, name):
    page.locator(f"#paint-canvas [data-eye={name}]").click()


def test_the_model_never_sees_the_sketch(opened):
    page, asked = opened, []
    before, paper = settle(page, "paint-result"), layer(page, "back")
    page.on("request", lambda request: asked.append(request.url))
    on(page, "sketch")
    draw(page, "paint-canvas", [(0.5, 0), (0.5, 1)])
    page.wait_for_timeout(500)
    assert [url for url in asked if "predict" in url or "queue" in url] == []
    assert settle(page, "paint-result") == before
    assert not layer(page)[..., 3].any() and np.array_equal(layer(page, "back"), paper)
    line = layer(page, "sketch")
    assert tuple(line[256, 256]) == BLACK and 2 < (line[256, :, 3] > 127).sum() < 9  # a thin one
    on(page, "ink")  # which has kept its brush
    draw(page, "paint-canvas", [(0.2, 0.5), (0.8, 0.5)])
    assert (layer(page)[:, 256, 3] > 127).sum() > 20
    assert np.array_equal(layer(page, "sketch"), line)


def test_undo_redo_and_clear_know_both_layers(page):
    canvas = "paint-canvas"
    on(page, "sketch")
    draw(page, canvas, [(0.1, 0.5), (0.9, 0.5)])
    line = layer(page, "sketch")
    on(page, "ink")
    draw(page, canvas, [(0.5, 0.1), (0.5, 0.9)])
    paint, paper = layer(page), layer(page, "back")
    for name in ("undo", "undo"):
        act(page, name)
    assert not layer(page, "sketch")[..., 3].any() and not layer(page)[..., 3].any()
    eye(page, "sketch")
    for name in ("redo", "redo"):  # what comes back is shown
        act(page, name)
    assert chosen(page, "[data-eye=sketch]")
    assert np.array_equal(layer(page, "sketch"), line) and np.array_equal(layer(page), paint)
    act(page, "clear")
    assert np.array_equal(layer(page, "sketch"), line)
    assert not layer(page)[..., 3].any() and (layer(page, "back") == 255).all()
    act(page, "undo")
    on(page, "sketch")
    act(page, "clear")
    assert not layer(page, "sketch")[..., 3].any()
    assert np.array_equal(layer(page), paint) and np.array_equal(layer(page, "back"), paper)
    act(page, "undo")
    assert np.array_equal(layer(page, "sketch"), line)


def test_an_eye_shows_and_hides_its_layer_and_drawing_shows_it(page):
    canvas = "paint-canvas"

    def visible(name):
        return page.locator(f"#{canvas} .lc-{name}").is_visible()

    def picked():
        tool(page, "pick")
        tap(page, 0.5, 0.5)
        return page.locator(f"#{canvas} input[type=color]").input_value()

    draw(page, canvas, [(0.3, 0.5), (0.7, 0.5)], "#15803d")
    on(page, "sketch")
    draw(page, canvas, [(0.5, 0.3), (0.5, 0.7)])
    assert picked() == "#1d1d1f"
    eye(page, "sketch")
    assert not visible("sketch") and picked() == "#15803d"
    sent = settle(page, "paint-result")
    eye(page, "ink")
    assert not visible("back") and picked() == "#ffffff"
    assert settle(page, "paint-result") == sent  # hiding is for the eye alone
    for name in ("sketch", "ink"):
        on(page, name)
        assert visible(name)
    eye(page, "ink")
    draw(page, canvas, [(0.2, 0.2), (0.3, 0.2)])
    assert visible("ink") and chosen(page, "[data-eye=ink]")


def test_a_fill_reaches_to_the_lines_of_the_sketch_and_beneath_them(page):
    canvas = "paint-canvas"
    on(page, "sketch")
    draw(page, canvas, [(0.4, 0), (0.6, 1)])
    line = layer(page, "sketch")
    on(page, "ink")
    tool(page, "fill")
    draw(page, canvas, [(0.2, 0.5), (0.2, 0.5)], "#facc15")
    assert not layer(page)[256, 300:, 3].any()
    draw(page, canvas, [(0.8, 0.5), (0.8, 0.5)], "#2563eb")
    paint = layer(page).reshape(-1, 4)
    colours, counts = np.unique(paint, axis=0, return_counts=True)
    assert sorted(map(tuple, colours)) == [BLUE, YELLOW]
    assert counts.min() > 100_000  # of 262144: each has its half, and no paper is between them
    assert np.array_equal(layer(page, "sketch"), line)
    on(page, "sketch")
    draw(page, canvas, [(0.8, 0.5), (0.8, 0.5)], "#15803d")
    filled = layer(page, "sketch")
    assert tuple(filled[256, 400]) == GREEN and not filled[256, :200, 3].any()
    assert np.array_equal(layer(page).reshape(-1, 4), paint)


def test_the_sketch_comes_back_with_the_page_in_a_link_and_in_a_file(page, browser):
    canvas = "paint-canvas"
    draw(page, canvas, [(0.2, 0.8), (0.8, 0.8)], "#15803d")
    on(page, "sketch")
    draw(page, canvas, [(0.2, 0.2), (0.8, 0.3)])
    line = layer(page, "sketch")
    settle(page, "paint-result")
    page.locator("#paint-result summary", has_text="Save").click()
    with page.expect_download() as download:
        page.locator("#paint-result button", has_text="OpenRaster").click()
    archive = zipfile.ZipFile(download.value.path())
    layers = ElementTree.fromstring(archive.read("stack.xml"))[0]
    assert [one.get("name") for one in layers] == ["Picture", "Sketch", "Paint", "Paper"]
    for i, shown in ((1, line), (2, layer(page)), (3, layer(page, "back"))):
        stored = np.asarray(Image.open(archive.open(f"data/layer{i}.png")).convert("RGBA"))
        assert np.array_equal(stored, shown)

    page.locator("#share").dispatch_event("click")
    page.wait_for_function("location.hash.includes('&s=')")
    assert len(page.url) < 6500
    other = open_page(browser, page.url, "desktop")
    got, sent = (layer(one, "sketch")[..., 3].astype(float) / 255 for one in (other, page))
    assert np.abs(got - sent).sum() < 0.3 * sent.sum()
    assert (layer(other)[..., 3] == 0).all()  # what was painted is beneath, as the picture is
    assert layer(other, "back")[410, 256, 1] - layer(other, "back")[410, 256, 0] > 50
    other.context.close()

    eye(page, "sketch")
    kept(page, canvas)
    page.reload()
    page.wait_for_function(
        "document.querySelector('#paint-canvas [data-eye=sketch]')?.ariaPressed === 'false'"
    )
    assert np.array_equal(layer(page, "sketch"), line)


@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_the_layers_take_no_room_from_the_canvas(browser, url, viewport):
    page = open_page(browser, url, viewport)
    boxes = {
        name: page.locator(f"#paint-canvas .lc-{name}").bounding_box()
        for name in ("stage", "layers", "palette")
    }
    stage, layers = boxes["stage"], boxes["layers"]
    if viewport == "phone":  # in the margin, at the canvas's own height
        assert layers["x"] >= 0 and layers["x"] + layers["width"] <= stage["x"]
        assert stage["y"] <= layers["y"] and layers["height"] < stage["height"]
        assert stage["width"] >= 255
    else:  # below it, in the window
        assert layers["y"] >= stage["y"] + stage["height"]
        assert layers["y"] + layers["height"] < VIEWPORTS["desktop"][1]
    on(page, "sketch")
    assert chosen(page, "[data-layer=sketch]") and not chosen(page, "[data-layer=ink]")
    draw(page, "paint-canvas", [(0.2, 0.5), (0.8, 0.5)])
    assert layer(page, "sketch")[256, 256, 3] == 255 and not layer(page)[..., 3].any()
    page.context.close()
