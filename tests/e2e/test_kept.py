"""What comes back with the page: visits, and paintings in links."""

import numpy as np

from tests.e2e.browser import draw, new_source, open_page, open_tab, picture, settle
from tests.e2e.canvas import inked, kept, layer

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
STRENGTH = "#paint-strength input[type=range]"


def test_a_visit_comes_back_after_a_reload_in_a_new_tab_and_after_back(fresh, url):
    page = fresh
    before = settle(page, "paint-result")
    page.get_by_title("Example: Snowy mountain").locator("visible=true").click()
    new_source(page, "paint-result", before)
    page.locator("#paint-canvas [data-set=kind]").select_option("spray")
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

    def seed(page, value):
        page.wait_for_function("v => document.querySelector('#seed input').value === v", arg=value)

    def check(page, masked):
        """Both tabs as they were left; the seed in Inpaint is `masked`."""
        page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Inpaint')")
        inked(page, "inpaint-canvas")
        assert np.array_equal(layer(page, canvas="inpaint-canvas"), mask)
        open_tab(page, "Paint")
        inked(page)
        assert np.array_equal(layer(page), ink) and np.array_equal(layer(page, "back"), back)
        assert page.locator(STRENGTH).input_value() == "0"
        seed(page, "1234")
        pressed = page.locator("#paint-canvas .lc-palette [aria-pressed=true]")
        assert pressed.first.get_attribute("data-colour") == "#d92d20"
        assert page.locator("#paint-canvas [data-set=kind]").input_value() == "spray"
        page.wait_for_function(
            "(shown) => document.querySelector('#paint-result img').src === shown", arg=shown
        )
        assert page.locator(".history-strip img").count() >= history
        open_tab(page, "Inpaint")
        seed(page, masked)
        page.wait_for_timeout(500)

    page.reload()
    check(page, "0")
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
