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
    (_, canvas), (top, _) = box(page, "#paint-canvas"), box(page, "#paint-result")
    slider = box(page, "#paint-strength")
    if phone:  # in one column: canvas, result, slider; half of the result in the window
        assert canvas <= top < canvas + 40
        assert (top + box(page, "#paint-result .frame")[1]) / 2 < VIEWPORTS["phone"][1]
        assert box(page, "#paint-result")[1] <= slider[0]
    else:  # side by side, and all the buttons in the window
        assert slider[1] <= top
        for name in ("paint-adopt", "paint-refine", "paint-generate-run", "paint-vary-run"):
            assert box(page, f"#{name}")[1] < VIEWPORTS["desktop"][1]


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
