"""The page for everybody: by keyboard, for tired eyes, enlarged, by day and by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.browser import VIEWPORTS, open_page, open_tab, settle

# What is hit by mouse or finger: an input within a label is hit with it.
SMALL = """() => {
  const hit = [...document.querySelectorAll("button, input, select, summary, a[href]")].map((e) =>
    (e.type !== "range" && e.closest("label")) || e);
  return [...new Set(hit)].filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => { const { width, height } = e.getBoundingClientRect();
      return width > 0 && Math.min(width, height) < 23.5; })
    .map((e) => e.id || e.ariaLabel || e.textContent.trim() || e.className);
}"""
FRAMED = """() => {
  const framed = (e) => e && getComputedStyle(e).outlineStyle !== "none"
    && parseFloat(getComputedStyle(e).outlineWidth) >= 2;
  const e = document.activeElement;
  return [e.id || e.ariaLabel || e.textContent.trim() || e.tagName,
    [e, e.closest("label"), e.closest(".frame")].some(framed)];
}"""


@pytest.fixture(scope="module", params=("light", "dark"))
def seen(request, browser, url):
    page = open_page(browser, f"{url}?__theme={request.param}", "desktop")
    yield page
    page.context.close()


def tabs(page):
    """The names of the page's tabs."""
    return page.locator("#tabs > .tab-wrapper [role=tab]:visible").all_text_contents()


def tabs_and_lessons(page):
    """The names of the page's tabs, each opened, and of the lessons in one of them."""
    for name in tabs(page):
        open_tab(page, name)
        settle(page, "paint-result")
        page.wait_for_timeout(300)  # a tab's underline is still growing
        yield name
        for lesson in page.locator("#lessons [role=tab]:visible").all()[1:]:
            lesson.click()
            page.wait_for_timeout(300)
            yield lesson.text_content()


def test_axe_finds_nothing_on_any_tab(seen):
    found = {}
    for name in tabs_and_lessons(seen):
        for fault in Axe().run(seen).response["violations"]:
            found[name, fault["id"]] = [node["target"] for node in fault["nodes"]]
    assert found == {}


def test_what_is_hit_is_24_pixels_large(seen):
    found = {}
    for name in tabs_and_lessons(seen):
        if small := seen.evaluate(SMALL):
            found[name] = small
    assert found == {}


def test_the_keyboards_place_is_framed(seen):
    open_tab(seen, "Paint")
    places = {}
    for _ in range(60):
        seen.keyboard.press("Tab")
        name, framed = seen.evaluate(FRAMED)
        places[name] = framed
    assert len(places) > 20 and [name for name, framed in places.items() if not framed] == []


def test_stop_is_as_large_as_the_button_whose_place_it_takes(seen):
    for name in tabs(seen):
        open_tab(seen, name)
        for go in seen.locator(".go:visible").all():
            before = go.bounding_box(), go.locator("[id$=-run]").bounding_box()
            go.evaluate("e => e.classList.add('stoppable')")
            after = go.bounding_box(), go.locator("[id$=-stop]").bounding_box()
            go.evaluate("e => e.classList.remove('stoppable')")
            for was, now in zip(before, after, strict=True):
                assert now == pytest.approx(was, abs=1)


def test_enlarged_twice_nothing_sticks_out(browser, url):
    width, height = VIEWPORTS["desktop"]
    page = open_page(browser, url, "desktop")
    page.set_viewport_size({"width": width // 2, "height": height // 2})
    page.wait_for_selector("#sidebar:not(.open)")
    for name in tabs(page):
        open_tab(page, name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.context.close()


def test_the_page_says_nothing_that_is_not_so(browser, url):
    page = open_page(browser, url, "desktop")
    assert "1 evaluation · " in page.locator("#readout").text_content()
    page.locator("#paint-generate-run").click()
    page.wait_for_function(  # what is read out, for a second
        "[...document.querySelectorAll('[role=status]')].some((e) => e.textContent === 'Done')"
    )
    assert page.locator("footer").inner_text().strip().endswith("API")
    open_tab(page, "About")
    script = page.locator(".script code").first
    assert f'Client("{url.rstrip("/")}")' in script.text_content()
    page.context.close()
