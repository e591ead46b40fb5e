"""The canvas: what comes in and goes out, and its tools."""

import zipfile

import numpy as np
from PIL import Image

from tests.e2e.browser import draw, new_source, open_page, picture, settle
from tests.e2e.canvas import act, bring, brush, inked, kind, layer, png, tap, tool

COPIED = """async () => {
  const [item] = await navigator.clipboard.read(), reader = new FileReader();
  const read = new Promise((done) => { reader.onload = () => done(reader.result); });
  reader.readAsDataURL(await item.getType("image/png"));
  return read;
}"""


def test_pictures_come_in_by_drop_and_paste_and_go_out_by_copy_and_in_sizes(fresh):
    page = fresh
    shown = settle(page, "paint-result")
    for way, colour in (("drop", (200, 10, 10)), ("paste", (10, 10, 200))):
        bring(page, way, png(colour))
        shown = new_source(page, "paint-result", shown)
        paper = layer(page, "back")
        assert paper.shape[:2] == (341, 512)
        assert np.abs(paper[..., :3].astype(int) - colour).max() < 12
    for bad in ("mine.png", "mine.txt"):
        bring(page, "drop", b"AAAA", name=bad)
        page.locator(".toast-body").first.wait_for()
        assert "traceback" not in page.locator(".toast-body").first.text_content().lower()
        page.locator(".toast-close").first.click()
    assert np.array_equal(layer(page, "back"), paper)

    result = settle(page, "paint-result")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Control+c")
    page.locator("#note", has_text="Copied").wait_for()
    copied = page.evaluate(COPIED)
    assert picture(page, copied).tobytes() == picture(page, result).tobytes()
    page.evaluate("delete Navigator.prototype.clipboard")
    page.keyboard.press("Control+c")
    page.locator("#note", has_text="save it instead").wait_for()
    for entry, size in (("512 pixels", (512, 341)), ("OpenRaster", None)):
        page.locator("#paint-result summary", has_text="Save").click()
        with page.expect_download() as download:
            page.locator("#paint-result button", has_text=entry).click()
        if size:
            assert np.abs(np.subtract(Image.open(download.value.path()).size, size)).max() < 3
        else:
            archive = zipfile.ZipFile(download.value.path())
            assert archive.namelist()[0] == "mimetype"
            below = Image.open(archive.open("data/layer3.png"))
            assert np.array_equal(np.asarray(below.convert("RGBA")), paper)


def test_until_a_file_comes_the_page_says_that_it_is_being_saved(fresh):
    page, held = fresh, []
    page.route("**/queue/join*", lambda route: held.append(route))
    menu = page.locator("#paint-result summary").first
    menu.click()
    page.locator("#paint-result button", has_text="1024 pixels").click()
    assert menu.text_content() == "Saving…" and menu.get_attribute("aria-busy") == "true"
    while not held:
        page.wait_for_timeout(50)
    with page.expect_download() as download:
        held[0].continue_()
        page.unroute("**/queue/join*")
    assert Image.open(download.value.path()).size == (1024, 1024)
    page.wait_for_function("document.querySelector('#paint-result summary').textContent === 'Save'")
    assert menu.get_attribute("aria-busy") == "false"


def test_the_tools_of_the_canvas(fresh):
    page = fresh
    stage = page.locator("#paint-canvas .lc-stage")

    # Clearing asks for no picture, and leaves none in the history.
    before, asked = settle(page, "paint-result"), []
    page.on("request", lambda request: asked.append(request.url))
    act(page, "clear")
    page.wait_for_timeout(1300)
    assert [url for url in asked if "predict" in url or "queue" in url] == []
    assert settle(page, "paint-result") == before
    assert not page.locator(".history-strip img").count()

    # Shift draws straight from where the pen was lifted.
    tap(page, 0.1, 0.2)
    assert not layer(page)[256, 256, 3]
    page.keyboard.down("Shift")
    tap(page, 0.9, 0.8)
    page.keyboard.up("Shift")
    ink = layer(page)
    for t in np.linspace(0.12, 0.88, 20):
        assert ink[round(512 * (0.2 + (t - 0.1) * 0.75)), round(512 * t), 3] == 255
    assert not ink[380, 128, 3] and not ink[128, 380, 3]

    # Each kind of brush leaves a mark of its own, and the same way the same mark.
    marks = {}
    for name in ("round", "flat", "spray", "cloud"):
        kind(page, name)
        for again in (False, True):
            act(page, "clear")
            draw(page, "paint-canvas", [(0.3, 0.5), (0.7, 0.5)])
            alpha = layer(page)[..., 3].astype(float) / 255
            assert not again or np.abs(alpha - marks[name]).mean() < 0.002
            marks[name] = alpha
    covered = {name: (mark > 0.02).sum() for name, mark in marks.items()}
    assert covered["flat"] < covered["round"]
    assert 0.1 < marks["spray"].sum() / marks["round"].sum() < 0.9
    soft = {
        name: ((mark > 0.02) & (mark < 0.98)).sum() / covered[name] for name, mark in marks.items()
    }
    assert soft["round"] < 0.2 and soft["cloud"] > 0.5
    kind(page, "round")

    # A fill reaches beneath soft edges: nothing of the paper is left between it and a stroke.
    act(page, "clear")
    draw(page, "paint-canvas", [(0.5, 0), (0.52, 1)], "#15803d")
    edge = layer(page)[256, ..., 3]
    assert ((edge > 0) & (edge < 255)).any()
    tool(page, "fill")
    draw(page, "paint-canvas", [(0.1, 0.5), (0.1, 0.5)], "#facc15")
    row = layer(page)[256, :270]
    assert (row[:, 3] == 255).all()
    assert row[:, 2].max() <= 0x3D + 8  # of blue, paper has 255, green and yellow less than this
    tool(page, "brush")

    # Zoom and pan by wheel, by keys and back.
    act(page, "clear")
    box = stage.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.keyboard.down("Control")
    for _ in range(2):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    zoom = page.locator("#paint-canvas .lc-zoom")
    zoom.wait_for()
    page.wait_for_timeout(100)
    assert zoom.text_content() == "2.2 ×"
    tap(page, 0.25, 0.25)  # where the pointer was, nothing moved
    assert layer(page)[128, 128, 3] == 255
    act(page, "undo")
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.wheel(0, 10_000)  # to the lower edge
    page.wait_for_timeout(100)
    tap(page, 0.25, 0.99)
    assert layer(page)[505, 128, 3] == 255
    stage.press("0")
    zoom.wait_for(state="hidden")
    tap(page, 0.75, 0.75)
    assert layer(page)[384, 384, 3] == 255
    stage.press("+")
    zoom.wait_for()
    zoom.click()
    zoom.wait_for(state="hidden")


def test_a_tap_plants_a_tree_and_the_same_place_has_the_same_tree(fresh):
    page, wide, forest = fresh, 60, (0x40, 0x68, 0x3A, 255)
    act(page, "clear")
    kind(page, "tree")
    brush(page, "paint-canvas", wide)

    def planted(x, y):
        tap(page, x, y)
        drawn = layer(page).astype(int)
        act(page, "undo")
        return drawn

    tree = planted(0.25, 0.25)
    rows, columns = (tree[..., 3].any(axis).nonzero()[0] for axis in (1, 0))
    assert abs(np.ptp(columns) - wide) < 0.2 * wide  # a crown as wide as the brush
    assert columns.min() < 128 < columns.max() and rows.min() > 128 - 0.6 * wide
    assert 0.9 * wide < rows.max() - 128 < 1.2 * wide  # and a trunk below it
    assert tuple(tree[128, 128]) == forest
    trunk = tree[128 + 48][tree[128 + 48, :, 3] == 255]
    assert 3 < len(trunk) < 12 and np.abs(trunk[:, :3] - np.multiply(forest[:3], 0.6)).max() <= 1
    assert np.array_equal(planted(0.25, 0.25), tree)
    other = np.roll(planted(0.75, 0.25), -256, 1)
    assert 0.02 < (other[..., 3] != tree[..., 3]).sum() / (tree[..., 3] > 0).sum() < 0.8

    draw(page, "paint-canvas", [(0.2, 0.5), (0.8, 0.5)])  # 307 pixels, a tree each 60
    foot = layer(page)[256 + 50, :, 3] > 127
    assert (foot[1:] & ~foot[:-1]).sum() == 6
    tool(page, "eraser")  # which is round
    draw(page, "paint-canvas", [(0.1, 0.5), (0.9, 0.5)])
    assert not layer(page)[256 - 20 : 256 + 20, 60:450, 3].any()


def test_two_fingers_zoom_and_leave_no_mark(browser, url):
    page = open_page(browser, url, "phone")
    stage = page.locator("#paint-canvas .lc-stage")
    stage.scroll_into_view_if_needed()
    box, session = stage.bounding_box(), page.context.new_cdp_session(page)

    def fingers(kind, *places):
        at = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": i}
            for i, (x, y) in enumerate(places)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    before = layer(page)
    fingers("touchStart", (0.4, 0.5))
    fingers("touchStart", (0.4, 0.5), (0.6, 0.5))
    for far in (0.15, 0.2, 0.25, 0.3):
        fingers("touchMove", (0.5 - far, 0.5), (0.5 + far, 0.5))
    fingers("touchEnd")
    page.locator("#paint-canvas .lc-zoom", has_text="3.0 ×").wait_for()
    assert np.array_equal(layer(page), before)
    draw(page, "paint-canvas", [(0.5, 0.2), (0.5, 0.8)])
    inked(page)
    rows = layer(page)[..., 3].any(1).nonzero()[0]
    assert rows.max() - rows.min() < 512 * 0.6 / 3 + 40  # a third as long as it looks
    tools = page.locator("#paint-canvas .lc-tools").bounding_box()
    assert tools["height"] < 100 and tools["x"] + tools["width"] <= 390
    page.context.close()
