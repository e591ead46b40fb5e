"""The page in a browser, on a desktop with a mouse and on a phone with a finger."""

import numpy as np
from PIL import ImageChops

from tests.e2e.browser import draw, new_source, open_tab, picture, settle, source
from ui.examples import example


def difference(a, b):
    return np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean()


def test_the_picture_follows_the_brush(page):
    open_tab(page, "Paint")
    page.locator("#paint-strength input[type=range]").press("Home")  # keep close to the strokes
    draw(page, "paint-canvas", [(0.2, 0.2), (0.5, 0.6), (0.8, 0.3)], "#facc15")
    new_source(page, "paint-result")
    first = settle(page, "paint-result")
    draw(page, "paint-canvas", [(0.2, 0.8), (0.8, 0.8)], "#d92d20")
    new_source(page, "paint-result", first)
    second = settle(page, "paint-result")
    assert difference(picture(page, first), picture(page, second)) > 1
    page.locator("#paint-canvas [data-act=undo]").click()  # the same drawing, the same picture
    assert new_source(page, "paint-result", second) == first
    assert "evaluation" in page.locator("#readout").text_content()


def test_the_result_becomes_the_canvas(page):
    open_tab(page, "Paint")
    before = source(page, "paint-result")
    page.locator("#paint-adopt").click()
    assert new_source(page, "paint-result", before)


def test_inpainting_changes_the_masked_part_only(page):
    open_tab(page, "Inpaint")
    page.locator("#inpaint-run").click()
    page.get_by_text("Nothing is masked yet").wait_for()
    draw(page, "inpaint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    page.locator("#inpaint-run").click()
    before, after = example("Cat"), picture(page, new_source(page, "inpaint-result"))
    assert after.size == before.size
    left, top, right, bottom = ImageChops.difference(before, after).getbbox()
    brush = 64  # the stroke runs from 154 to 358 across, at 256 down
    assert 154 - brush <= left < 154 + brush and 358 - brush < right <= 358 + brush
    assert 256 - brush <= top < 256 < bottom <= 256 + brush


def test_colourising_follows_the_hints(page):
    open_tab(page, "Colourise")
    page.locator("#colourise-run").click()
    plain = new_source(page, "colourise-result")
    draw(page, "colourise-canvas", [(0.3, 0.6), (0.7, 0.6)], "#2563eb")
    new_source(page, "colourise-result", plain)
    after = picture(page, settle(page, "colourise-result"))
    red, _, blue = after.getpixel((after.width // 2, round(after.height * 0.6)))
    assert blue > red


def test_another_example_can_be_enlarged(page):
    open_tab(page, "Enlarge")
    page.get_by_role("tabpanel").get_by_title("Example: Tree").locator("visible=true").click()
    page.locator("#enlarge-run").click()
    large = picture(page, new_source(page, "enlarge-result"))
    tree = example("Tree").resize(large.size)
    assert difference(large, tree) < difference(large, example("Boat").resize(large.size))


def test_noise_goes_in_and_out(page):
    open_tab(page, "Denoise")
    page.locator("#denoise-run").click()
    noisy, clean = (picture(page, new_source(page, f"denoise-{s}")) for s in ("noisy", "result"))
    assert difference(noisy, clean) > 1
    assert page.locator("#denoise-told").text_content().strip() == "Noise level told: 0.30"


def test_the_steps_slider_shows_the_path(page):
    open_tab(page, "Steps")
    one = new_source(page, "steps-student")
    assert page.locator("#steps-student figcaption").text_content() == "Consistency model"
    slider = page.locator("#steps-count input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    new_source(page, "steps-student", one)
    page.wait_for_function("document.querySelectorAll('#steps-path img').length === 6")
    page.locator("#steps-levels").get_by_text("5", exact=True).click()
    page.locator("#steps-run").click()
    new_source(page, "steps-teacher")
    assert page.locator("#steps-self img").count() == 10
    assert page.locator("#readout").text_content().strip().startswith("9 evaluations")


def test_interpolating_gives_frames_and_a_film(page):
    open_tab(page, "Interpolate")
    page.locator("#interpolate-run").click()
    film = new_source(page, "interpolate-film")
    assert picture(page, film).size == (128, 128)
    frames = page.locator(".frames img")
    assert frames.count() == 12
    assert frames.first.get_attribute("src") != frames.last.get_attribute("src")
