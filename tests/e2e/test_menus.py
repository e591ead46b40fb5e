"""The menus of scene and light, searched by typing."""

from tests.e2e.browser import settle


def shows(page, menu, name):
    page.wait_for_function(
        "([menu, name]) => document.querySelector(`#${menu} input`).value === name",
        arg=[menu, name],
    )


def write(page, menu, text):
    """Type into a menu as one does: after a click, over what stands there."""
    page.locator(f"#{menu} input").click()
    page.wait_for_function(
        """menu => {
          const box = document.querySelector(`#${menu} input`);
          return box.selectionStart === 0 && box.selectionEnd === box.value.length;
        }""",
        arg=menu,
    )
    page.keyboard.type(text)


def test_a_menu_knows_other_words_for_its_names(fresh):
    page = fresh
    options = page.locator("li[role=option]")
    for menu, typed, name in (
        ("label-scene", "beach", "coast"),
        ("label-scene", "ocean", "sea"),
        ("label-light", "twi", "dusk"),  # its beginning is enough
    ):
        write(page, menu, typed)
        page.get_by_role("option", name=name, exact=True).wait_for()
        page.wait_for_function("document.querySelectorAll('li[role=option]').length === 1")
        assert options.first.text_content().strip().endswith(name)
        page.keyboard.press("Enter")
        shows(page, menu, name)
    write(page, "label-scene", "summit")
    page.keyboard.press("Enter")  # at once
    shows(page, "label-scene", "alpine")
    write(page, "label-scene", "moon")  # is a light
    page.wait_for_timeout(700)
    assert page.locator("#label-scene input").input_value() == "moon"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    shows(page, "label-scene", "alpine")
    settle(page, "paint-result")
