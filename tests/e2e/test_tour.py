"""A first visit is shown round in three steps, once."""

import pytest

from tests.e2e.browser import VIEWPORTS, draw, open_page

AMISS = """() => {
  const { x, y, right, bottom } = document.querySelector("#tour").getBoundingClientRect();
  return x < 0 || y < 0 || right > innerWidth || bottom > innerHeight;
}"""


@pytest.fixture(params=VIEWPORTS)
def visit(request, browser, url):
    page = open_page(browser, url, request.param, first=True)
    yield page
    page.context.close()


def test_three_steps_each_at_its_place_and_never_again(visit):
    visit.locator("#tour").wait_for()
    places = ["#paint-canvas .lc-stage", "#paint-result .frame", "#label-bar"]
    for number, place in enumerate(places, 1):
        assert visit.locator("#tour span").text_content() == f"{number} of 3"
        assert "shown-round" in visit.locator(place).get_attribute("class")
        assert visit.locator(".shown-round").count() == 1 and not visit.evaluate(AMISS)
        visit.locator("#tour button").last.click()
    assert visit.locator("#tour, .shown-round").count() == 0
    visit.reload()
    visit.wait_for_selector("#paint-canvas .lc-palette button")
    visit.wait_for_timeout(1000)
    assert visit.locator("#tour").count() == 0


def test_who_follows_a_link_sees_its_picture_and_is_shown_round_later(browser, url):
    page = open_page(browser, url + "?seed=5", "desktop", first=True)
    assert page.locator("#tour").count() == 0
    page.goto(url)
    page.locator("#tour").wait_for()
    page.context.close()


def test_it_can_be_skipped_by_button_by_keyboard_and_by_painting(browser, url):
    def pressed(page):
        page.locator("#tour button").first.click()

    def left(page):
        page.keyboard.press("Escape")

    def painted(page):
        draw(page, "paint-canvas", [(0.3, 0.2), (0.6, 0.2)])

    for skip in (pressed, left, painted):
        page = open_page(browser, url, "desktop", quiet=False, first=True)
        page.locator("#tour").wait_for()
        skip(page)
        page.locator("#tour").wait_for(state="detached")
        assert page.locator(".shown-round").count() == 0
        page.context.close()
