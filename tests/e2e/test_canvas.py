"""The canvas: what comes back with the page, what comes in and goes out, and its tools."""

import base64
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.e2e.browser import draw, new_source, open_page, open_tab, picture, settle

LAYER = """([canvas, layer]) => document.querySelector(`#${canvas} .lc-${layer}`).toDataURL()"""
KEPT = """async (name) => (await window.oneStrokeKept.get(name)) !== undefined"""
SESSIONS = """async (more) => { // begin so many more; how many there are
  const opened = indexedDB.open("onestroke");
  await new Promise((done) => { opened.onsuccess = done; });
  const all = opened.result.transaction(["kept", "sessions"], "readwrite");
  for (let i = 0; i < more; i++) {
    all.objectStore("kept").put("x", [`old ${i}`, "settings"]);
    all.objectStore("sessions").put(i, `old ${i}`);
  }
  const [keys, ids] = ["kept", "sessions"].map((name) => all.objectStore(name).getAllKeys());
  await new Promise((done) => { all.oncomplete = done; });
  const kept = new Set(keys.result.map(([id]) => id));
  return kept.size === ids.result.length ? kept.size : -1;
}"""
DROP = """async ([kind, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer(), all = { bubbles: true, cancelable: true };
  carried.items.add(new File([bytes], name, { type }));
  const stage = document.querySelector("#paint-canvas .lc-stage");
  if (kind === "paste")
    document.dispatchEvent(new ClipboardEvent("paste", { ...all, clipboardData: carried }));
  else for (const step of ["dragover", "drop"])
    stage.dispatchEvent(new DragEvent(step, { ...all, dataTransfer: carried }));
}"""
COPIED = """async () => {
  const [item] = await navigator.clipboard.read(), reader = new FileReader();
  const read = new Promise((done) => { reader.onload = () => done(reader.result); });
  reader.readAsDataURL(await item.getType("image/png"));
  return read;
}"""
STRENGTH = "#paint-strength input[type=range]"


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


@pytest.fixture
def fresh(browser, url):
    """A page of a visitor who was never here."""
    page = open_page(browser, url, "desktop")
    yield page
    page.context.close()


def test_a_visit_comes_back_after_a_reload_in_a_new_tab_and_after_back(fresh, url):
    page = fresh
    before = settle(page, "paint-result")
    page.get_by_title("Example: Beach").locator("visible=true").click()
    new_source(page, "paint-result", before)
    draw(page, "paint-canvas", [(0.2, 0.2), (0.8, 0.8)], "#d92d20")
    page.locator(STRENGTH).press("Home")
    page.locator("#seed input").fill("1234")
    page.locator("#seed input").press("Enter")
    shown, ink, back = settle(page, "paint-result"), layer(page), layer(page, "back")
    open_tab(page, "Inpaint")
    page.get_by_title("Example: Coast").locator("visible=true").click()
    settle(page, "inpaint-canvas")
    draw(page, "inpaint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    mask = layer(page, canvas="inpaint-canvas")
    page.wait_for_timeout(1000)  # a picture that stays goes into the history
    history = page.locator(".history-strip img").count()
    assert history
    kept(page, "inpaint-canvas")

    def check(page, seed):
        page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Inpaint')")
        inked(page, "inpaint-canvas")
        assert np.array_equal(layer(page, canvas="inpaint-canvas"), mask)
        open_tab(page, "Paint")
        inked(page)
        assert np.array_equal(layer(page), ink) and np.array_equal(layer(page, "back"), back)
        assert page.locator(STRENGTH).input_value() == "0"
        assert page.locator("#seed input").input_value() == seed
        page.wait_for_function(
            "(shown) => document.querySelector('#paint-result img').src === shown", arg=shown
        )
        assert page.locator(".history-strip img").count() >= history
        open_tab(page, "Inpaint")
        page.wait_for_timeout(500)

    page.reload()
    check(page, "1234")
    # The mask is the server's, too, and lies on the picture that was chosen.
    page.locator("#inpaint-run").click()
    new_source(page, "inpaint-result")
    rolled = page.locator("#seed input").input_value()
    page.goto("about:blank")
    page.go_back()
    check(page, rolled)
    second = page.context.new_page()  # beside it, a visit of its own
    second.goto(url)
    second.wait_for_selector("#paint-canvas .lc-palette button")
    second.wait_for_timeout(1000)
    assert not layer(second)[..., 3].any()
    second.close()
    page.close()
    later = fresh.context.new_page()
    later.goto(url)
    check(later, rolled)
    later.on("dialog", lambda dialog: dialog.accept())
    open_tab(later, "Paint")
    later.locator("#paint-canvas .lc-note button").click()
    later.wait_for_function("document.querySelector('#seed input')?.value === '0'")
    later.wait_for_timeout(1000)
    assert not layer(later)[..., 3].any() and not later.locator(".history-strip img").count()


def test_hints_come_back_and_old_visits_do_not_pile_up(fresh):
    page = fresh
    canvas = "colorize-canvas"
    open_tab(page, "Colour")
    page.locator(f"#{canvas} .lc-ink").wait_for()
    settle(page, canvas)
    draw(page, canvas, [(0.3, 0.5), (0.7, 0.5)], "#2563eb")
    new_source(page, "colorize-result")
    hints, shown = layer(page, canvas=canvas), settle(page, "colorize-result")
    kept(page, canvas)
    assert page.evaluate(SESSIONS, 9) == 10
    page.reload()
    inked(page, canvas)
    assert np.array_equal(layer(page, canvas=canvas), hints)
    page.wait_for_function(
        "(shown) => document.querySelector('#colorize-result img')?.src === shown", arg=shown
    )
    assert page.evaluate(SESSIONS, 0) == 5


def test_leaving_warns_only_of_what_could_not_be_kept(browser, url):
    def broken(page):
        page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('none') };")

    asked = []
    for watch in (lambda page: None, broken):
        page = open_page(browser, url, "desktop", watch)
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        draw(page, "paint-canvas", [(0.2, 0.2), (0.8, 0.8)])
        page.wait_for_timeout(600)
        page.reload()
        page.context.close()
        assert asked == ([] if watch is not broken else ["beforeunload"])


def test_a_link_carries_the_painting_in_few_bytes(fresh, browser):
    page = fresh
    page.locator("#paint-canvas [data-act=clear]").click()
    for y, colour in ((0.3, "#2563eb"), (0.7, "#15803d")):
        draw(page, "paint-canvas", [(0.1, y), (0.9, y + 0.1)], colour)
    page.locator("#share").dispatch_event("click")
    page.wait_for_function("location.hash.startsWith('#p=')")
    assert len(page.url) < 4096
    other = open_page(browser, page.url, "desktop")
    sent, got = (
        layer(one, "back").astype(float)[..., :3] * (1 - layer(one)[..., 3:] / 255.0)
        + layer(one)[..., :3] * (layer(one)[..., 3:] / 255.0)
        for one in (page, other)
    )
    assert np.abs(sent - got).mean() < 4
    assert (got[256, 4] == 255).all()  # paper stays paper
    a, b = (picture(one, settle(one, "paint-result")) for one in (page, other))
    assert np.abs(np.asarray(a, float) - np.asarray(b, float)).mean() < 6
    other.context.close()
    follower = page.context.new_page()  # who follows it has a painting of their own still
    follower.goto(page.url)
    follower.wait_for_function("document.querySelector('.history-strip img')")
    follower.close()
    address = page.url.split("?")[0]
    page.close()
    own = fresh.context.new_page()
    own.goto(address)
    inked(own)
    damaged = open_page(browser, address + "#p=AAAA", "desktop", quiet=False)
    damaged.locator("#note", has_text="painting in this link is damaged").wait_for()
    assert layer(damaged, "back")[..., :3].min() < 255  # on the page's own painting
    damaged.context.close()


def encoded(colour):
    file = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_pictures_come_in_by_drop_and_paste_and_go_out_by_copy_and_in_sizes(fresh):
    page = fresh
    shown = settle(page, "paint-result")
    for kind, colour in (("drop", (200, 10, 10)), ("paste", (10, 10, 200))):
        page.evaluate(DROP, [kind, "mine.png", "image/png", encoded(colour)])
        shown = new_source(page, "paint-result", shown)
        paper = layer(page, "back")
        assert paper.shape[:2] == (341, 512)
        assert np.abs(paper[..., :3].astype(int) - colour).max() < 12
    for bad in ("mine.png", "mine.txt"):
        page.evaluate(DROP, ["drop", bad, "image/png", "AAAA"])
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
            below = Image.open(archive.open("data/layer2.png"))
            assert np.array_equal(np.asarray(below.convert("RGBA")), paper)


def test_the_tools_of_the_canvas(fresh):
    page = fresh
    stage = page.locator("#paint-canvas .lc-stage")

    def act(name):
        page.locator(f"#paint-canvas [data-act={name}]").click()

    def kind(name):
        page.locator("#paint-canvas [data-set=kind]").select_option(name)

    def click(x, y):
        box = stage.bounding_box()
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    # Clearing asks for no picture, and leaves none in the history.
    before, asked = settle(page, "paint-result"), []
    page.on("request", lambda request: asked.append(request.url))
    act("clear")
    page.wait_for_timeout(1300)
    assert [url for url in asked if "predict" in url or "queue" in url] == []
    assert settle(page, "paint-result") == before
    assert not page.locator(".history-strip img").count()

    # Shift draws straight from where the pen was lifted.
    click(0.1, 0.2)
    assert not layer(page)[256, 256, 3]
    page.keyboard.down("Shift")
    click(0.9, 0.8)
    page.keyboard.up("Shift")
    ink = layer(page)
    for t in np.linspace(0.12, 0.88, 20):
        assert ink[round(512 * (0.2 + (t - 0.1) * 0.75)), round(512 * t), 3] == 255
    assert not ink[380, 128, 3] and not ink[128, 380, 3]

    # Each kind of brush leaves a mark of its own, and the same way the same mark.
    marks = {}
    for name in ("round", "flat", "spray", "cloud"):
        kind(name)
        for again in (False, True):
            act("clear")
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
    kind("round")

    # A fill reaches beneath soft edges: nothing of the paper is left between it and a stroke.
    act("clear")
    draw(page, "paint-canvas", [(0.5, 0), (0.52, 1)], "#15803d")
    edge = layer(page)[256, ..., 3]
    assert ((edge > 0) & (edge < 255)).any()
    page.locator("#paint-canvas [data-tool=fill]").click()
    draw(page, "paint-canvas", [(0.1, 0.5), (0.1, 0.5)], "#facc15")
    row = layer(page)[256, :270]
    assert (row[:, 3] == 255).all()
    assert row[:, 2].max() <= 0x3D + 8  # of blue, paper has 255, green and yellow less than this
    page.locator("#paint-canvas [data-tool=brush]").click()

    # Zoom and pan by wheel, by keys and back.
    act("clear")
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
    click(0.25, 0.25)  # where the pointer was, nothing moved
    assert layer(page)[128, 128, 3] == 255
    act("undo")
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.wheel(0, 10_000)  # to the lower edge
    page.wait_for_timeout(100)
    click(0.25, 0.99)
    assert layer(page)[505, 128, 3] == 255
    stage.press("0")
    zoom.wait_for(state="hidden")
    click(0.75, 0.75)
    assert layer(page)[384, 384, 3] == 255
    stage.press("+")
    zoom.wait_for()
    zoom.click()
    zoom.wait_for(state="hidden")


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
