"""Pictures sent from tab to tab, and links that open the page as it was left."""

import pytest

from editing.tasks import INPAINT_STEPS
from tests.e2e.browser import (
    choose,
    draw,
    finished,
    new_source,
    open_page,
    open_tab,
    picture,
    settle,
    source,
)
from ui.service.examples import example
from ui.service.progress import last
from ui.service.settings import EditSettings
from ui.tabs.paint import FIRST

INKED = """(canvas) => {
  const ink = document.querySelector(`#${canvas} .lc-ink`);
  const { data } = ink.getContext("2d").getImageData(0, 0, ink.width, ink.height);
  return data.some((v, i) => i % 4 === 3 && v > 0);
}"""


def send(page, place, tab):
    """Send a place's picture to a tab."""
    page.locator(f"{place} summary", has_text="Send to").click()
    page.locator(place).get_by_role("button", name=tab, exact=True).click()


def blot(page, canvas):
    """Draw on a canvas that must be without ink by now."""
    page.locator(f"#{canvas} .lc-ink").wait_for()
    page.wait_for_function(f"(canvas) => !({INKED})(canvas)", arg=canvas)
    settle(page, canvas)
    draw(page, canvas, [(0.3, 0.5), (0.7, 0.5)])
    assert page.evaluate(INKED, canvas)


CANVASES = {"Paint": "paint-canvas", "Inpaint": "inpaint-canvas", "Colour": "colorize-canvas"}


@pytest.mark.parametrize("tab", CANVASES)
def test_sending_the_same_picture_again_clears_the_canvas(page, tab):
    canvas = CANVASES[tab]
    open_tab(page, "Paint")
    page.locator("#paint-generate-run").click()
    page.wait_for_function("document.querySelector('.history-strip img') !== null")
    page.locator(".history-strip button").first.click()
    for _ in range(3):
        open_tab(page, "Paint")
        send(page, "#history", tab)
        blot(page, canvas)


@pytest.mark.parametrize("tab", CANVASES)
def test_the_same_example_again_clears_the_canvas(page, tab):
    open_tab(page, tab)
    for _ in range(2):
        name = "Dunes" if tab == "Paint" else "Coast"
        page.get_by_title(f"Example: {name}").locator("visible=true").click()
        blot(page, CANVASES[tab])


@pytest.mark.parametrize("tab", ["Denoise", "About"])
def test_a_link_opens_the_tab_it_was_copied_in(page, browser, tab):
    open_tab(page, tab)
    viewport = "phone" if page.evaluate("innerWidth < 768") else "desktop"
    # By event, because a phone folds away the sidebar that holds the button.
    page.locator("#share").dispatch_event("click")
    page.wait_for_function("(tab) => location.search.includes('tab=' + tab)", arg=tab)
    other = open_page(browser, page.url, viewport, quiet=False, tab=tab)
    if tab == "Denoise":  # its live picture comes by itself, as when one opens the tab
        new_source(other, "denoise-result")
    other.context.close()


def test_a_link_with_a_scene_that_the_model_lacks_says_so_and_keeps_the_rest(page, browser):
    address = page.url.split("?")[0] + "?scene=moon&light=dusk&steps=3"
    other = open_page(browser, address, "desktop", quiet=False)
    note = other.locator("#model-note", has_text="This model knows no 'moon'")
    note.get_by_text("Scene stands at Any.").wait_for()
    assert other.locator("#label-scene input").input_value() == "Any"
    assert other.locator("#label-light input").input_value() == "dusk"
    assert other.locator("#steps input[type=number]").input_value() == "3"
    other.context.close()


def test_a_link_opens_on_the_picture_of_its_own_settings(page, browser, tasks):
    """Not on the one that was made for all when the page was built."""
    address = page.url.split("?")[0] + "?light=night&strength=0.9&seed=5&steps=1"
    other = open_page(browser, address, "desktop")
    other.locator("#readout", has_text="1 evaluation").wait_for()
    settings = EditSettings(1, 5, light="night", strength=0.9)
    made = last(tasks.stroke(example(FIRST), settings)).picture
    shown = picture(other, settle(other, "paint-result"))
    assert shown.tobytes() == made.tobytes()
    other.context.close()


def test_each_tab_has_a_scene_a_light_and_a_seed_of_its_own(page):
    def stands(scene, light, seed):
        page.wait_for_function(
            "said => ['label-scene', 'label-light', 'seed'].every("
            "(id, i) => document.querySelector(`#${id} input`).value === said[i])",
            arg=[scene, light, seed],
        )

    open_tab(page, "Paint")
    choose(page, "label-scene", "sea")
    choose(page, "label-light", "dusk")
    page.locator("#seed input").fill("17")
    settle(page, "paint-result")
    open_tab(page, "Denoise")
    stands("Any", "Any", "0")
    choose(page, "label-light", "night")
    open_tab(page, "Paint")
    stands("sea", "dusk", "17")
    open_tab(page, "Denoise")
    stands("Any", "night", "0")
    choose(page, "label-light", "Any")
    open_tab(page, "Paint")
    before = settle(page, "paint-result")
    page.locator("#paint-generate-run").click()
    new_source(page, "paint-result", before)
    made = finished(page, "paint-generate", "paint-result")
    page.locator(f'.history-strip button:has(img[src="{made}"])').click()
    page.locator("#history summary", has_text="Walk").click()
    page.locator("#history").get_by_role("button", name="from this seed").click()
    stands("sea", "dusk", "0")  # a walk's end is the picture that was sent
    choose(page, "label-scene", "Any")
    choose(page, "label-light", "Any")
    open_tab(page, "Paint")
    choose(page, "label-scene", "Any")
    choose(page, "label-light", "Any")
    page.locator("#seed input").fill("0")
    settle(page, "paint-result")


def test_a_seed_that_may_not_be_stays_on_its_tab_and_stops_no_other(fresh):
    seed = fresh.locator("#seed input")
    seed.fill("17")
    seed.press("Enter")
    settle(fresh, "paint-result")
    seed.fill("-5")
    open_tab(fresh, "Inpaint")
    fresh.wait_for_function("document.querySelector('#seed input').value === '0'")
    open_tab(fresh, "Paint")
    fresh.wait_for_function("document.querySelector('#seed input').value === '0'")
    before = source(fresh, "paint-result")
    draw(fresh, "paint-canvas", [(0.2, 0.2), (0.8, 0.8)], "#d92d20")
    new_source(fresh, "paint-result", before)


def test_each_tab_keeps_its_own_steps_and_a_link_carries_them_with_the_samples(page, browser):
    def shows(where, selector, value):
        where.wait_for_function(
            "([at, value]) => document.querySelector(`${at} input[type=number]`)?.value === value",
            arg=[selector, value],
        )

    open_tab(page, "Paint")
    shows(page, "#steps", "1")
    open_tab(page, "Inpaint")
    shows(page, "#steps", str(INPAINT_STEPS))
    page.locator("#steps input[type=range]").evaluate(
        "range => { range.value = 5; range.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    page.locator("#inpaint-samples input[type=range]").press("End")
    shows(page, "#steps", "5")
    settle(page, "inpaint-result")
    open_tab(page, "Paint")
    shows(page, "#steps", "1")
    open_tab(page, "Inpaint")
    shows(page, "#steps", "5")
    page.locator("#share").dispatch_event("click")
    page.wait_for_function("location.search.includes('samples=8')")
    other = open_page(browser, page.url, "desktop", quiet=False, tab="Inpaint")
    shows(other, "#inpaint-samples", "8")
    shows(other, "#steps", "5")
    settle(other, "inpaint-result")
    shows(other, "#steps", "5")
    open_tab(other, "Paint")
    shows(other, "#steps", "1")
    shows(other, "#paint-samples", "1")
    other.context.close()
