"""The page in a browser, on a desktop with a mouse and on a phone with a finger."""

import time

import numpy as np
from PIL import Image, ImageChops

from tests.cm_core.test_model import LABELS
from tests.e2e.browser import draw, finished, new_source, open_tab, picture, settle, source
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


def test_a_variation_becomes_the_result_and_its_seed_the_seed(page):
    open_tab(page, "Paint")
    before = settle(page, "paint-result")
    page.locator("#paint-vary-run").click()
    page.wait_for_function("document.querySelectorAll('#paint-others img').length === 4")
    settle(page, "paint-others")
    third = page.locator("#paint-others img").nth(2).get_attribute("src")
    page.locator("#paint-others button").nth(2).click()
    assert new_source(page, "paint-result", before) == third
    page.wait_for_function("document.querySelector('#seed input').value === '3'")
    page.locator("#paint-refine").click()
    assert difference(picture(page, new_source(page, "paint-result", third)), picture(page, third))


def test_stronger_noise_reaches_the_models_view(page):
    open_tab(page, "Paint")
    slider = page.locator("#paint-strength input[type=range]")
    slider.press("Home")
    gentle = settle(page, "paint-seen")
    slider.press("End")
    strong = new_source(page, "paint-seen", gentle)
    assert difference(picture(page, gentle), picture(page, strong)) > 10


def test_the_picture_follows_the_guesses_slider(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.3, 0.5), (0.7, 0.5)], "#d92d20")
    before = settle(page, "paint-result")
    page.locator("#paint-guesses input[type=range]").press("End")
    new_source(page, "paint-result", before)
    page.get_by_text("16 evaluations").wait_for()  # eight guesses in each of two steps


def test_inpainting_changes_the_masked_part_only(page):
    open_tab(page, "Inpaint")
    page.locator("#inpaint-run").click()
    page.get_by_text("Nothing is masked yet").wait_for()
    draw(page, "inpaint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    page.locator("#inpaint-run").click()
    new_source(page, "inpaint-result")
    before, after = example("Cat"), picture(page, finished(page, "inpaint", "inpaint-result"))
    assert after.size == before.size
    left, top, right, bottom = ImageChops.difference(before, after).getbbox()
    brush = 64  # the stroke runs from 154 to 358 across, at 256 down
    assert 154 - brush <= left < 154 + brush and 358 - brush < right <= 358 + brush
    assert 256 - brush <= top < 256 < bottom <= 256 + brush


def test_a_picture_grows_and_keeps_what_it_was(page):
    open_tab(page, "Inpaint")
    old = source(page, "inpaint-result")
    page.locator("#outpaint-run").click()
    new_source(page, "inpaint-result", old)
    after = picture(page, finished(page, "outpaint", "inpaint-result"))
    assert after.size == (640, 512)
    assert difference(after.crop((0, 0, 512, 512)), example("Cat")) == 0


def test_colourising_follows_the_hints(page):
    open_tab(page, "Colourise")
    page.locator("#colourise-guesses input[type=range]").press("Home")
    page.locator("#colourise-run").click()
    new_source(page, "colourise-result")
    page.get_by_text("8 evaluations").wait_for()  # one guess in each of eight steps
    plain = finished(page, "colourise", "colourise-result")
    draw(page, "colourise-canvas", [(0.3, 0.6), (0.7, 0.6)], "#2563eb")
    new_source(page, "colourise-result", plain)
    after = picture(page, settle(page, "colourise-result"))
    red, _, blue = after.getpixel((after.width // 2, round(after.height * 0.6)))
    assert blue > red
    before = picture(page, page.locator("#colourise-result .before").get_attribute("src"))
    assert difference(before, before.convert("L").convert("RGB")) == 0  # the slider's left is grey


def test_another_example_can_be_enlarged_beside_bicubic(page):
    open_tab(page, "Enlarge")
    page.get_by_role("tabpanel").get_by_title("Example: Tree").locator("visible=true").click()
    page.locator("#enlarge-factor").get_by_text("×2", exact=True).click()
    settle(page, "enlarge-small")
    page.locator("#enlarge-run").click()
    new_source(page, "enlarge-result")
    large = picture(page, finished(page, "enlarge", "enlarge-result"))
    tree = example("Tree").resize(large.size)
    assert difference(large, tree) < difference(large, example("Boat").resize(large.size))
    bicubic = picture(page, page.locator("#enlarge-result .before").get_attribute("src"))
    small = picture(page, source(page, "enlarge-small"))
    assert small.width * 2 == large.width
    assert difference(bicubic, small.resize(large.size, Image.Resampling.BICUBIC)) == 0
    wipe = page.locator("#enlarge-result .wipe")
    wipe.press("Home")
    assert (
        page.locator("#enlarge-result .result").evaluate("r => r.style.getPropertyValue('--wipe')")
        == "0%"
    )


def test_noise_goes_in_and_out(page):
    open_tab(page, "Denoise")
    noisy, clean = (picture(page, new_source(page, f"denoise-{s}")) for s in ("noisy", "result"))
    assert difference(noisy, clean) > 1
    assert "Noise level told: 0.30" in page.locator("#denoise-told").text_content()
    page.locator("#denoise-blind input").check()
    page.get_by_text("Noise level estimated").wait_for()


def test_the_steps_slider_shows_the_path(page):
    open_tab(page, "Steps")
    one = new_source(page, "steps-student")
    assert page.locator("#steps-student .title").text_content() == "Consistency model"
    slider = page.locator("#steps-count input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    new_source(page, "steps-student", one)
    page.wait_for_function("document.querySelectorAll('#steps-path img').length === 6")
    page.locator("#steps-levels").get_by_text("5", exact=True).click()
    page.locator("#steps-run").click()
    page.wait_for_function("document.querySelectorAll('#steps-self img').length === 10")
    settle(page, "steps-teacher")
    assert page.locator("#readout").text_content().strip().startswith("9 evaluations")


def test_comparing_can_be_stopped_by_keyboard_from_where_it_was_started(page, engine, monkeypatch):
    stream = engine.stream

    def slow(*args):
        for step in stream(*args):
            time.sleep(0.1)
            yield step

    open_tab(page, "Steps")
    settle(page, "steps-student")
    monkeypatch.setattr(engine, "stream", slow)
    page.locator("#compare-run").press("Enter")
    page.wait_for_function("document.querySelectorAll('#steps-table img').length > 1")
    page.wait_for_function("document.activeElement.id === 'compare-stop'")
    page.keyboard.press("Enter")
    page.locator("#compare-run").wait_for()
    assert page.evaluate("document.activeElement.id") == "compare-run"
    settle(page, "steps-table")
    shown = page.locator("#steps-table img").count()
    page.wait_for_timeout(500)
    assert page.locator("#steps-table img").count() == shown < 12


def test_colours_are_kept_or_free_at_a_tick(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.2, 0.7), (0.8, 0.3)], "#d92d20")
    page.locator("#paint-strength input[type=range]").press("Home")  # near the end none are kept
    kept = settle(page, "paint-result")
    page.locator("#paint-keep input").click()
    new_source(page, "paint-result", kept)
    free = settle(page, "paint-result")
    page.locator("#paint-keep input").click()
    new_source(page, "paint-result", free)
    again = settle(page, "paint-result")
    assert picture(page, again).tobytes() == picture(page, kept).tobytes()


def test_a_walk_moves_without_asking_the_server(page):
    open_tab(page, "Interpolate")
    page.locator("#interpolate-run").click()
    new_source(page, "interpolate-walk")
    first = settle(page, "interpolate-walk")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#interpolate-walk .along").press("End")
    last = source(page, "interpolate-walk")
    assert page.locator("#interpolate-walk .title").text_content() == "Frame 16 of 16: seed 2"
    names = LABELS.drawn(2)
    drawn = f"{names['group']}, {names['style']}"
    assert page.locator("#interpolate-walk .told").text_content() == drawn
    assert difference(picture(page, first), picture(page, last)) > 1
    assert [url for url in asked if not url.startswith("data:")] == []
    with page.expect_download() as download:
        page.locator("#interpolate-film").click()
    assert Image.open(download.value.path()).n_frames == 30
    page.locator("#interpolate-to input").click()
    page.get_by_role("option", name="Travel", exact=True).click()
    page.locator("#interpolate-run").click()
    new_source(page, "interpolate-walk", last)
    page.locator("#interpolate-walk .along").press("End")
    assert page.locator("#interpolate-walk .told").text_content().startswith("Travel")
    page.locator("#interpolate-walk .along").press("Home")
    page.locator("#interpolate-shape").get_by_text("Four corners").click()
    page.locator("#interpolate-to").wait_for(state="hidden")
    page.locator("#interpolate-run").click()
    page.wait_for_function("document.querySelectorAll('.walk-frames img').length === 25")
    assert page.locator("#interpolate-walk .across").is_visible()
    upper_left = settle(page, "interpolate-walk")  # the same seed, in a batch of another size
    assert difference(picture(page, upper_left), picture(page, first)) < 0.05
