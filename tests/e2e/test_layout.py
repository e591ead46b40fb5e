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
    if phone:  # in one column: canvas, slider, result
        assert canvas <= slider[0] < slider[1] <= top < canvas + 120
    else:  # side by side, and all the buttons in the window
        assert slider[1] <= top
        for name in ("paint-adopt", "paint-refine", "paint-generate-run", "paint-vary-run"):
            assert box(page, f"#{name}")[1] < VIEWPORTS["desktop"][1]
