"""The page in a browser, on a desktop with a mouse and on a phone with a finger."""

import time

import numpy as np
from PIL import Image, ImageChops

from tests.e2e.browser import choose, draw, finished, new_source, open_tab, picture, settle, source
from tests.ui.conftest import LABELS
from ui.service.examples import MATERIALS, example
from ui.service.progress import last
from ui.service.settings import EditSettings
from ui.tabs.paint import FIRST


def difference(a, b):
    return np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean()


def test_the_page_opens_on_a_crude_painting_with_its_picture_beside_it(page, tasks):
    url = page.evaluate("document.querySelector('#paint-canvas .lc-back').toDataURL()")
    painting = example(FIRST).resize((512, 512))
    assert difference(picture(page, url), painting) < 4
    strength = tasks.engines.first.model.config.strength
    made = last(tasks.stroke(example(FIRST), EditSettings(1, strength=strength))).picture
    assert picture(page, source(page, "paint-result")).tobytes() == made.tobytes()
    assert page.locator(".history-note").text_content().startswith("Nothing made yet")
    slider = page.locator("#paint-strength input[type=range]")
    before = source(page, "paint-result")
    slider.press("End")  # before anything was drawn
    new_source(page, "paint-result", before)
    settle(page, "paint-result")
    page.locator(".history-note", has_text="Choose a picture").wait_for()  # now there is one


def test_a_material_is_painted_by_its_name(page):
    open_tab(page, "Paint")
    page.get_by_role("button", name="Forest", exact=True).locator("visible=true").click()
    draw(page, "paint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    ink = page.evaluate("document.querySelector('#paint-canvas .lc-ink').toDataURL()")
    colour = "#{:02x}{:02x}{:02x}".format(*picture(page, ink, "RGBA").getpixel((256, 256))[:3])
    assert colour == MATERIALS["Forest"]


def test_a_painting_in_every_light_and_one_of_them_the_result(page):
    open_tab(page, "Paint")
    before = settle(page, "paint-result")
    page.locator("#paint-lights-run").click()
    page.wait_for_function("document.querySelectorAll('#paint-others img').length === 3")
    settle(page, "paint-others")
    assert page.locator("#paint-others span").all_text_contents() == list(LABELS.axes["light"])
    night = page.locator("#paint-others img").nth(2).get_attribute("src")
    page.locator("#paint-others button").nth(2).click()
    assert new_source(page, "paint-result", before) == night
    choose(page, "label-light", "Any")  # as it was
    assert new_source(page, "paint-result", night) == before


def test_scene_and_light_stand_at_the_canvas_and_the_picture_follows_them(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    before = settle(page, "paint-result")
    for axis, name in (("scene", "sea"), ("light", "night"), ("light", "Any"), ("scene", "Any")):
        assert page.locator(f"#label-{axis}").is_visible()
        shown = source(page, "paint-result")
        choose(page, f"label-{axis}", name)
        new_source(page, "paint-result", shown)
        settle(page, "paint-result")
    assert source(page, "paint-result") == before


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


def test_the_painting_can_be_wiped_over_its_picture(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.2, 0.3), (0.8, 0.3)], "#d92d20")
    settle(page, "paint-result")
    wipe, before = (page.locator(f"#paint-result {one}") for one in (".wipe", ".before"))
    assert wipe.input_value() == "0"  # nothing of the picture is hidden at first
    painting = picture(page, before.get_attribute("src"))
    across, down = painting.size
    assert difference(painting.getpixel((across // 2, int(0.3 * down))), (0xD9, 0x2D, 0x20)) < 4
    wipe.press("End")
    assert before.evaluate("e => getComputedStyle(e).clipPath") == "inset(0px 0% 0px 0px)"
    wipe.press("Home")


def test_the_result_becomes_the_canvas(page):
    open_tab(page, "Paint")
    before = source(page, "paint-result")
    page.locator("#paint-adopt").click()
    assert new_source(page, "paint-result", before)


def test_a_variation_becomes_the_result_and_its_seed_the_seed(page):
    open_tab(page, "Paint")
    seed = int(page.locator("#seed input").input_value())
    before = settle(page, "paint-result")
    page.locator("#paint-vary-run").click()
    page.wait_for_function("document.querySelectorAll('#paint-others img').length === 4")
    settle(page, "paint-others")
    third = page.locator("#paint-others img").nth(2).get_attribute("src")
    page.locator("#paint-others button").nth(2).click()
    assert new_source(page, "paint-result", before) == third
    page.wait_for_function(
        "(seed) => +document.querySelector('#seed input').value === seed + 3", arg=seed
    )
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


def test_the_picture_follows_the_samples_slider(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.3, 0.5), (0.7, 0.5)], "#d92d20")
    before = settle(page, "paint-result")
    page.locator("#paint-samples input[type=range]").press("End")
    new_source(page, "paint-result", before)
    page.get_by_text("8 evaluations").wait_for()  # eight samples in the one step


def test_inpainting_changes_the_masked_part_only(page):
    open_tab(page, "Inpaint")
    page.locator("#inpaint-run").click()
    page.get_by_text("Nothing is masked yet").wait_for()
    draw(page, "inpaint-canvas", [(0.3, 0.5), (0.7, 0.5)])
    page.locator("#inpaint-run").click()
    new_source(page, "inpaint-result")
    before, after = example("Savanna"), picture(page, finished(page, "inpaint", "inpaint-result"))
    assert after.size == before.size
    left, top, right, bottom = ImageChops.difference(before, after).getbbox()
    brush = 32  # the stroke runs from 77 to 179 across, at 128 down
    assert 77 - brush <= left < 77 + brush and 179 - brush < right <= 179 + brush
    assert 128 - brush <= top < 128 < bottom <= 128 + brush


def test_a_picture_grows_and_keeps_what_it_was(page):
    open_tab(page, "Inpaint")
    old = source(page, "inpaint-result")
    page.locator("#outpaint-run").click()
    new_source(page, "inpaint-result", old)
    after = picture(page, finished(page, "outpaint", "inpaint-result"))
    assert after.size == (320, 256)
    assert difference(after.crop((0, 0, 256, 256)), example("Savanna")) == 0


def test_colouring_follows_the_hints(page):
    open_tab(page, "Colour")
    page.locator("#colour-samples input[type=range]").press("Home")
    page.locator("#colorize-run").click()
    new_source(page, "colorize-result")
    page.get_by_text("8 evaluations").wait_for()  # one guess in each of eight steps
    plain = finished(page, "colorize", "colorize-result")
    draw(page, "colorize-canvas", [(0.3, 0.6), (0.7, 0.6)], "#2563eb")
    new_source(page, "colorize-result", plain)
    after = picture(page, settle(page, "colorize-result"))
    red, _, blue = after.getpixel((after.width // 2, round(after.height * 0.6)))
    assert blue > red
    before = picture(page, page.locator("#colorize-result .before").get_attribute("src"))
    assert difference(before, before.convert("L").convert("RGB")) == 0  # the slider's left is grey


def test_another_example_can_be_enlarged_beside_bicubic(page):
    open_tab(page, "Enlarge")
    page.get_by_role("tabpanel").get_by_title("Example: Sunset lake").locator(
        "visible=true"
    ).click()
    page.locator("#enlarge-factor").get_by_text("×2", exact=True).click()
    settle(page, "enlarge-small")
    page.locator("#enlarge-run").click()
    new_source(page, "enlarge-result")
    large = picture(page, finished(page, "enlarge", "enlarge-result"))
    lake = example("Sunset lake").resize(large.size)
    other = example("Alpine meadow").resize(large.size)
    assert difference(large, lake) < difference(large, other)
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
    four = new_source(page, "steps-student")
    assert page.locator("#steps-student .title").text_content() == "Consistency model"
    page.wait_for_function("document.querySelectorAll('#steps-path img').length === 8")
    slider = page.locator("#steps-count input[type=range]")
    slider.focus()
    slider.press("ArrowLeft")
    new_source(page, "steps-student", four)
    page.wait_for_function("document.querySelectorAll('#steps-path img').length === 6")


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
    assert page.locator("#steps-table img").count() == shown < 8


def test_a_walk_moves_without_asking_the_server(page):
    open_tab(page, "Interpolate")
    page.locator("#interpolate-run").click()
    new_source(page, "interpolate-walk")
    first = settle(page, "interpolate-walk")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#interpolate-walk .along").press("End")
    end = source(page, "interpolate-walk")
    assert page.locator("#interpolate-walk .title").text_content() == "Frame 16 of 16: seed 2"
    assert difference(picture(page, first), picture(page, end)) > 1
    assert [url for url in asked if not url.startswith("data:")] == []
    with page.expect_download() as download:
        page.locator("#interpolate-film").click()
    assert Image.open(download.value.path()).n_frames == 30
    choose(page, "interpolate-to-light", "night")
    page.locator("#interpolate-run").click()
    new_source(page, "interpolate-walk", end)  # the same first frame, the walk's end elsewhere
    page.locator("#interpolate-walk .along").press("End")
    night = settle(page, "interpolate-walk")
    assert difference(picture(page, night), picture(page, end)) > 1
    page.locator("#interpolate-walk .along").press("Home")
    page.locator("#interpolate-shape").get_by_text("Four corners").click()
    page.locator("#interpolate-to-light").wait_for(state="hidden")
    page.locator("#interpolate-run").click()
    page.wait_for_function("document.querySelectorAll('.walk-frames img').length === 25")
    assert page.locator("#interpolate-walk .across").is_visible()
    upper_left = settle(page, "interpolate-walk")  # the same seed, in a batch of another size
    assert difference(picture(page, upper_left), picture(page, first)) < 0.05
