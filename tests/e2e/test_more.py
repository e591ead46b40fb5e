"""More from one painting: samples, lights, a day, a panorama; what the model is told."""

from tests.e2e.browser import finished, new_source, open_tab, picture, settle, source
from tests.ui.conftest import LABELS
from ui.service.examples import example
from ui.tabs.paint import FIRST


def lightness(page, place):
    grey = picture(page, source(page, place), "L")
    return sum(grey.getdata()) / (grey.width * grey.height)


def test_what_one_painting_becomes(page):
    open_tab(page, "Paint")
    by_day = settle(page, "paint-result")
    page.locator("#paint-strength input[type=range]").press("Home")
    by_day = new_source(page, "paint-result", by_day)
    settle(page, "paint-result")
    bright = lightness(page, "paint-result")

    page.locator("#paint-propose").click()
    page.wait_for_selector("#paint-chips .chip")
    chips = page.locator("#paint-chips .chip")
    assert chips.all_text_contents()[0] == "coast" and "day" in chips.all_text_contents()
    before = source(page, "paint-result")
    chips.first.click()  # taken: the menu says it, and the picture follows
    page.wait_for_function("document.querySelector('#label-scene input').value === 'coast'")
    new_source(page, "paint-result", before)
    settle(page, "paint-result")
    page.locator("#paint-chips .chip").last.click()  # the others are left
    page.wait_for_function("!document.querySelector('#paint-chips .chip')")
    assert page.locator("#label-light input").input_value() == "Any"

    page.locator("#paint-lights-run").click()
    finished(page, "paint-lights", "paint-others")
    page.locator("#paint-others button").nth(len(LABELS.axes["light"]) - 1).click()
    page.wait_for_function("document.querySelector('#label-light input').value === 'night'")
    night = settle(page, "paint-result")
    assert lightness(page, "paint-result") < bright - 20
    page.locator("#paint-samples input[type=range]").press("ArrowRight")  # the next picture, too
    night = new_source(page, "paint-result", night)
    settle(page, "paint-result")
    assert lightness(page, "paint-result") < bright - 20

    page.locator("#paint-seen-at input").click()
    page.get_by_role(
        "option", name="day", exact=True
    ).click()  # the picture, not the painting, by day again
    night = new_source(page, "paint-result", night)
    settle(page, "paint-result")
    assert lightness(page, "paint-result") > bright - 30
    assert page.locator("#paint-seen-at input").input_value() == "Relight it"

    page.locator("#paint-day-run").click()
    finished(page, "paint-day", "paint-frames")
    assert page.locator("#paint-frames .walk-frames button").count() == 12
    assert page.locator("#paint-frames .title").text_content() == "Frame 1 of 12: dusk"
    with page.expect_download() as film:
        page.locator("#paint-film").click()
    assert film.value.suggested_filename.endswith(".webp")

    page.locator("#paint-wide-run").click()
    finished(page, "paint-wide", "paint-panorama")
    wide = page.locator("#paint-panorama .after").evaluate("i => i.naturalWidth / i.naturalHeight")
    assert wide == 2048 / example(FIRST).height
    page.wait_for_function(  # it lies below all else, and is brought into sight
        "document.getElementById('paint-panorama').getBoundingClientRect().top < innerHeight - 100"
    )


def test_a_wrong_number_is_told_where_it_stands(page):
    seed = page.locator("#seed input")
    seed.evaluate("""i => { i.value = "-5"; i.dispatchEvent(new InputEvent("input")); }""")
    assert "0" in page.locator("#seed .amiss").text_content()
    seed.evaluate("""i => { i.value = "5"; i.dispatchEvent(new InputEvent("input")); }""")
    assert page.locator("#seed .amiss").text_content() == ""


def test_the_number_of_steps_is_there_where_it_does_something(page):
    for tab, shown in (("Steps", False), ("Colour", True), ("Denoise", False), ("Paint", True)):
        open_tab(page, tab)
        state = "attached" if shown else "detached"
        page.wait_for_selector("#steps input[type=range]", state=state)
