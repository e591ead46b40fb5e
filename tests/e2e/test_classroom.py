"""Every lesson plays, on a desktop and on a phone."""

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import VIEWPORTS, new_source, open_page, open_tab, source

# What a class could not read, of the open lesson.
SMALL_PRINT = """() => [...document.querySelectorAll("#lessons *")].filter((e) =>
    [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && e.checkVisibility()
    && parseFloat(getComputedStyle(e).fontSize) < 18).map((e) => e.textContent.trim())"""


@pytest.fixture(scope="module", params=VIEWPORTS)
def classroom(request, browser, url):
    wrong = []

    def watch(page):
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)

    page = open_page(browser, url, request.param, watch)
    open_tab(page, "Steps")
    yield page
    page.context.close()
    assert wrong == []


def lesson(page: Page, name: str) -> None:
    page.locator("#lessons").get_by_role("tab", name=name, exact=True).click()


def desktop(page: Page) -> bool:
    return page.viewport_size["width"] > 768


def pictures(page: Page, place: str, count: int) -> None:
    """Wait until a place shows so many pictures."""
    page.wait_for_function(
        "([place, count]) => document.querySelectorAll(`#${place} img`).length === count",
        arg=[place, count],
    )


def test_one_noise(classroom):
    lesson(classroom, "One noise")
    pictures(classroom, "steps-path", 8)
    classroom.locator("#compare-run").click()
    pictures(classroom, "steps-table", 8)
    assert "8 evaluations · " in classroom.locator("#steps-table").text_content()


def test_the_race(classroom):
    lesson(classroom, "The race")
    classroom.locator("#race-length").get_by_text("5", exact=True).click()
    classroom.locator("#race-run").click()
    classroom.wait_for_function("document.querySelectorAll('.race-lanes .over').length === 6")
    assert "22 of 22 evaluations" in classroom.locator("#race-progress").text_content()
    tops = {lane.bounding_box()["y"] for lane in classroom.locator(".race-lanes img").all()}
    assert len(tops) == (1 if desktop(classroom) else 3)
    words = classroom.locator(".race-lanes figcaption").all_text_contents()
    assert len(words) == 6 and words[0].startswith("Consistency model, 1 step1 evaluation, ")
    clock = classroom.locator(".race-clock").text_content()
    classroom.locator("#race select").select_option("0.1")
    classroom.wait_for_function(
        "was => document.querySelector('.race-clock').textContent !== was", arg=clock
    )


def test_self_consistency(classroom):
    lesson(classroom, "Self-consistency")
    classroom.locator("#self-run").click()
    pictures(classroom, "steps-self", 48)
    words = classroom.locator("#steps-self").text_content()
    for learner in ("Untrained", "Half trained", "Trained"):
        assert f"{learner}: neighbours are" in words
    if desktop(classroom):  # every answer stands below its point
        lefts = [i.bounding_box()["x"] for i in classroom.locator("#steps-self img").all()]
        assert lefts == sorted(lefts[:12]) * 4


def test_the_plane(classroom):
    lesson(classroom, "The plane")
    before = classroom.locator("#plane svg").last.inner_html()
    slider = classroom.locator("#plane-n input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    classroom.wait_for_function(
        "was => [...document.querySelectorAll('#plane svg')].at(-1).innerHTML !== was", arg=before
    )
    assert "a student of 7 levels" in classroom.locator("#plane").text_content()
    assert "t = 1.96: more noise than data" in classroom.locator("#plane").text_content()
    classroom.get_by_role("button", name="What N levels cost").click()
    table = classroom.locator(".gains").bounding_box()
    assert table["x"] + table["width"] <= classroom.evaluate("innerWidth")


@pytest.mark.parametrize(("task", "evaluations"), [("Paint", 4), ("Colour", 4), ("Denoise", 1)])
def test_an_edit(classroom, task, evaluations):
    lesson(classroom, "An edit")
    classroom.locator("#steps-edit").get_by_text(task, exact=True).click()
    classroom.locator("#edit-run").click()
    pictures(classroom, "edit-acts", 3 * evaluations)


def test_the_trade_off(classroom):
    lesson(classroom, "The trade-off")
    classroom.locator("#points-run").click()
    points = classroom.locator("#steps-chart .point")
    classroom.wait_for_function(
        "n => document.querySelectorAll('#steps-chart image').length === n", arg=points.count()
    )
    picture = points.first.locator("image")
    assert picture.evaluate("i => getComputedStyle(i).visibility") == "hidden"
    points.first.focus()
    assert picture.evaluate("i => getComputedStyle(i).visibility") == "visible"
    classroom.locator("#steps-sheet").get_by_text("Paintings finished", exact=True).click()
    classroom.wait_for_function("document.querySelectorAll('#steps-chart .point').length > 4")


def test_why_not_always_eight_steps(classroom):
    lesson(classroom, "The trade-off")
    classroom.locator("#eight-run").click()
    pictures(classroom, "steps-eight", 8)
    classroom.locator("#steps-eight .asked").wait_for()
    assert "The second evaluation moves" in classroom.locator("#steps-eight").text_content()


def test_a_lesson_opens_on_a_clear_picture_and_follows_a_seed_once_told(classroom):
    lesson(classroom, "One noise")
    told = classroom.locator("#steps-path .note")
    assert classroom.locator("#lesson-seed input:checked").get_attribute("value") == "clear"
    classroom.locator("#seed input").fill("1234")
    told.get_by_text("Seed 1234:").wait_for()
    assert classroom.locator("#lesson-seed input:checked").get_attribute("value") == "told"
    before = source(classroom, "steps-student")
    classroom.locator("#lesson-seed").get_by_text("The one of 32 that reads best").click()
    new_source(classroom, "steps-student", before)
    before = source(classroom, "steps-student")
    classroom.locator("#die").click()
    new_source(classroom, "steps-student", before)
    assert classroom.locator("#lesson-seed input:checked").get_attribute("value") == "told"


def test_no_small_picture_is_cut_off(classroom):
    for name in ("noise", "consistency", "edit", "tradeoff"):
        classroom.locator(f"#lesson-{name}-button").click()
        out = classroom.evaluate(
            "[...document.querySelectorAll('.strip')].filter((s) => s.checkVisibility() &&"
            " (s.scrollWidth > s.clientWidth || s.getBoundingClientRect().right > innerWidth))"
        )
        assert out == []


def test_a_link_opens_a_lesson_with_its_settings(browser, url, request):
    page = open_page(
        browser, f"{url}?tab=Steps&lesson=plane&n=13&solver=heun", "desktop", tab="Steps"
    )
    page.wait_for_selector("#lesson-plane-button[aria-selected=true]")
    assert page.locator("#plane-n input[type=number]").input_value() == "13"
    page.wait_for_selector("#steps", state="hidden")  # the sidebar's, which does nothing here
    assert page.locator("#plane-solver input:checked").get_attribute("value") is not None
    lesson(page, "The race")
    page.locator("#race-length").get_by_text("35", exact=True).click()
    page.locator("#share").click()
    page.wait_for_url("**lesson=race**")
    assert "evaluations=35" in page.url and "n=13" in page.url and "solver=heun" in page.url
    page.context.close()


def test_the_projector_shows_a_lesson_alone_and_keys_go_on(browser, url):
    page = open_page(browser, f"{url}?tab=Steps", "desktop", tab="Steps")
    page.locator("#projector").click()
    page.wait_for_selector("body.projector")
    assert not page.locator("#sidebar").is_visible() and page.locator("#lessons").is_visible()
    assert not page.locator("#lesson-seed").is_visible() and page.locator("#keys").is_visible()
    page.wait_for_function(  # no room is kept for the sidebar
        "document.getElementById('lessons').getBoundingClientRect().x < 100"
    )
    legend = page.locator("#lessons .legend").first
    assert not legend.locator("dl").is_visible()
    legend.locator("summary").click()
    legend.locator("dl").wait_for()
    small = page.locator("#steps-path img").first
    small.wait_for()
    assert small.bounding_box()["width"] >= 170
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#lesson-race-button[aria-selected=true]")
    page.wait_for_selector("#race-run", state="visible")  # the tab's name comes before its lesson
    page.wait_for_selector("#compare-run", state="hidden")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.race-lanes figure').length === 6")
    assert not page.locator("#lesson-race .legend dl").is_visible()
    assert page.evaluate(SMALL_PRINT) == []
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#lesson-noise-button[aria-selected=true]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#sidebar", state="visible")
    assert not page.locator("#keys").is_visible()
    legend.locator("dl").wait_for()
    page.context.close()
