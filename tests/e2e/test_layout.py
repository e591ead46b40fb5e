"""What lies where in the Paint tab."""

from tests.e2e.browser import VIEWPORTS, open_tab


def box(page, selector):
    """(top, bottom) of an element, from the top of the page."""
    return page.locator(selector).evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " return [b.top + scrollY, b.bottom + scrollY]; }"
    )


def test_what_one_reaches_for_lies_near_the_canvas(page):
    open_tab(page, "Paint")
    phone = page.evaluate("innerWidth < 768")
    (_, canvas), (top, low) = box(page, "#paint-canvas"), box(page, "#paint-result .frame")
    slider, bar = box(page, "#paint-strength"), box(page, "#label-bar")
    assert bar[1] - bar[0] < 100 and bar[1] < box(page, "#tabs")[0] + 20
    if phone:  # in one column: tools, canvas, result, examples, slider
        stage, examples = box(page, "#paint-canvas .lc-stage"), box(page, ".easel .source")
        assert canvas <= top < canvas + 40
        # Both pictures are whole in the window, before anything was scrolled, and equally large.
        assert low <= VIEWPORTS["phone"][1]
        assert abs(stage[1] - stage[0] - (low - top)) < 3 and stage[1] - stage[0] >= 240
        assert box(page, "#paint-result")[1] <= examples[0] < examples[1] <= slider[0]
    else:  # side by side, equally large and at one height, and all the buttons in the window
        assert slider[1] <= top
        stage = box(page, "#paint-canvas .lc-stage")
        assert abs(stage[0] - top) < 12 and abs(stage[1] - stage[0] - (low - top)) < 3
        for name in ("adopt", "refine", "generate-run", "vary-run", "lights-run"):
            assert box(page, f"#paint-{name}")[1] < VIEWPORTS["desktop"][1]


def test_the_menus_of_the_history_lie_in_the_window(page):
    open_tab(page, "Paint")
    page.locator("#paint-generate-run").click()
    page.locator(".history-strip button").first.click()
    for name in ("Save", "Send to"):
        page.locator(".history summary", has_text=name).click()
        menu = page.locator(".history .menu[open] .menu-list")
        left, right = menu.evaluate(
            "e => { const b = e.getBoundingClientRect(); return [b.left, innerWidth - b.right]; }"
        )
        assert left >= 0 and right >= 0
        page.locator(".history summary", has_text=name).click()
