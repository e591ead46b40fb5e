"""Settings, the history and links, on a desktop and on a phone."""

import threading
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

from cm_core.labels import Labels
from tests.cm_core.test_model import tiny
from tests.e2e.browser import (
    VIEWPORTS,
    choose,
    draw,
    finished,
    new_source,
    open_page,
    open_tab,
    picture,
    settle,
    source,
)
from tests.e2e.canvas import clear
from ui.page import launch
from ui.service.engine import Engine
from ui.service.slots import EDITS


def test_a_menu_that_is_left_by_tab_closes(page):
    open_tab(page, "Paint")
    settle(page, "paint-result")
    menu = page.locator("#paint-result details", has_text="Send to")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.evaluate("d => d.open")
    for _ in range(6):  # through its five entries and out of it
        page.keyboard.press("Tab")
    assert not menu.evaluate("d => d.open")


@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_a_wrong_seed_is_told_and_the_page_goes_on(browser, url, viewport):
    page = open_page(browser, url, viewport)  # of its own, as its console shows the refusals
    before = settle(page, "paint-result")
    box = page.locator("#seed input")
    for wrong, told in (("-5", "not -5"), ("", "it is empty"), ("1.5", "not 1.5")):
        box.fill(wrong)
        box.press("Enter")
        page.locator(
            "#note", has_text=f"Seed has to be a whole number from 0 to 999999: {told}"
        ).wait_for()
    assert settle(page, "paint-result") == before
    box.fill("77")
    box.press("Enter")
    new_source(page, "paint-result", before)
    page.context.close()


def test_whoever_waits_is_told_a_place_in_the_queue(page, engine, monkeypatch):
    stream, go_on, holding = engine.stream, threading.Event(), []

    def held(*args):
        for step in stream(*args):
            holding.append(step)
            go_on.wait(60)
            yield step

    monkeypatch.setattr(engine, "stream", held)
    address = page.url.split("?")[0]
    visitors = [Client(address, verbose=False) for _ in range(EDITS["concurrency_limit"])]
    jobs = [one.submit(1, i, api_name="/generate") for i, one in enumerate(visitors)]
    open_tab(page, "Paint")
    while len(holding) < len(jobs):
        page.wait_for_timeout(50)
    page.locator("#paint-generate-run").click()
    page.locator("#paint-generate-wait", has_text="queue: 1/1").wait_for()
    go_on.set()
    for job in jobs:
        job.result(60)
    finished(page, "paint-generate", "paint-result")


def test_results_are_kept_and_can_be_sent_on(page):
    clear(page)
    draw(page, "paint-canvas", [(0.2, 0.2), (0.8, 0.8)], "#d92d20")
    new_source(page, "paint-result")
    made = settle(page, "paint-result")
    page.wait_for_function(
        "(made) => document.querySelector('.history-strip img')?.src === made", arg=made
    )
    page.locator(".history-strip button").first.click()
    page.locator(".history summary", has_text="Send to").click()
    page.locator(".history .menu-list button", has_text="Enlarge").click()
    page.locator("#enlarge-run").wait_for()
    page.locator("#enlarge-factor").get_by_text("×2", exact=True).click()
    page.wait_for_timeout(300)
    small = picture(page, settle(page, "enlarge-small"))
    shrunk = picture(page, made).resize(small.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(small, float) - np.asarray(shrunk, float)).mean() < 2
    page.locator("#enlarge-small summary", has_text="Save").click()
    with page.expect_download() as download:
        page.locator("#enlarge-small button", has_text="512 pixels").click()
    saved = Image.open(download.value.path())
    assert saved.size == (512, 512)


def test_a_seed_in_the_history_becomes_an_end_of_a_walk(page):
    open_tab(page, "Paint")
    choose(page, "label-scene", "coast")
    settle(page, "paint-result")
    old = source(page, "paint-result")
    page.locator("#paint-generate-run").click()
    new_source(page, "paint-result", old)
    settle(page, "paint-result")
    page.wait_for_function("document.querySelector('.history-strip img') !== null")
    page.wait_for_timeout(1100)
    page.locator(".history-strip button").first.click()
    rolled = seed(page)
    assert f"seed {rolled}" in page.locator(".history-note").text_content()
    choose(page, "label-scene", "alpine")
    settle(page, "paint-result")
    open_tab(page, "Interpolate")
    page.wait_for_function("document.querySelector('#label-scene input').value === 'Any'")
    choose(page, "interpolate-to-scene", "sea")
    page.locator(".history summary", has_text="Walk").click()
    page.locator(".history .menu-list button", has_text="to this seed").click()
    told = "document.querySelector('#interpolate-end-1 input')?.value"
    page.wait_for_function(f"(seed) => {told} === seed", arg=rolled)
    goal = "document.querySelector('#interpolate-to-scene input').value"
    page.wait_for_function(f"{goal} === 'As above'")  # so that it is that picture
    page.wait_for_function("document.querySelector('#label-scene input').value === 'coast'")
    choose(page, "label-scene", "Any")
    open_tab(page, "Paint")
    page.wait_for_function("document.querySelector('#label-scene input').value === 'alpine'")
    choose(page, "label-scene", "Any")
    settle(page, "paint-result")


def test_a_link_brings_the_settings_back(page, browser, url):
    open_tab(page, "Paint")
    strength = page.locator("#paint-strength input[type=range]")
    strength.press("Home")
    for _ in range(5):
        strength.press("ArrowRight")
    page.locator("#seed input").fill("1234")
    page.locator("#seed input").press("Enter")
    page.locator("#share").dispatch_event("click")  # a phone folds it away
    page.wait_for_function("location.search.includes('seed=1234')")
    query = parse_qs(urlsplit(page.url).query)
    assert query["strength"] == ["0.05"] and query["steps"] == ["1"]
    other = open_page(browser, page.url.replace("steps=1", "steps=3"), "desktop")
    other.wait_for_function("document.querySelector('#seed input').value === '1234'")
    other.wait_for_function("document.querySelector('#steps input').value === '3'")
    shown = other.locator("#paint-strength input[type=range]")
    assert shown.input_value() == "0.05"
    other.context.close()


def test_a_model_is_downloaded_only_once_confirmed(page):
    phone = page.evaluate("innerWidth < 768")
    if phone:
        page.locator("#sidebar .toggle-button").click()
    page.locator("#model input").click()
    page.get_by_role("option", name="ImageNet 64, distilled (L2)").click()
    page.get_by_text("a download of 1.2 GB").wait_for()
    page.locator("#model-no").click()
    page.locator("#model-no").wait_for(state="hidden")
    assert "32 × 32" in page.locator("#model-note").text_content()
    if phone:
        page.locator("#sidebar .toggle-button").click()


def seed(page):
    """The seed above the tabs."""
    return page.locator("#seed input").input_value()


def test_the_die_rolls_the_seed_and_the_picture_follows(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.2, 0.3), (0.8, 0.6)])
    old, before = settle(page, "paint-result"), seed(page)
    page.locator("#die").dispatch_event("click")
    new_source(page, "paint-result", old)
    settle(page, "paint-result")
    assert seed(page) != before


def test_a_shared_control_moves_the_picture_and_the_page_comes_to_rest(page):
    open_tab(page, "Paint")
    draw(page, "paint-canvas", [(0.2, 0.3), (0.8, 0.6)])
    old = settle(page, "paint-result")
    page.locator("#seed input").click(click_count=3)
    page.keyboard.type("4321")  # several changes while the first is still being answered
    new_source(page, "paint-result", old)
    typed = settle(page, "paint-result")
    choose(page, "label-scene", "coast")
    new_source(page, "paint-result", typed)
    coast = settle(page, "paint-result")
    choose(page, "label-scene", "Any")
    new_source(page, "paint-result", coast)
    again = settle(page, "paint-result")
    assert picture(page, again).tobytes() == picture(page, typed).tobytes()


def test_a_long_menu_is_searched_by_typing(browser):
    labels = Labels({"category": tuple(f"class {i}" for i in range(40))}, any=False)
    engine = Engine("classes", tiny(labels=labels, image_size=8))
    served, url = launch(engine, prevent_thread_lock=True, quiet=True)
    page = open_page(browser, url, "desktop")
    page.locator("#label-category input").click()
    page.keyboard.type("ss 37")  # in place of the name that stands there
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#label-category input').value === 'class 37'")
    page.context.close()
    served.close()


def test_an_unlocked_seed_rolls_and_is_the_pictures_own(page):
    open_tab(page, "Paint")
    old, before = settle(page, "paint-result"), seed(page)
    lock = page.get_by_label("Lock the seed")
    page.locator("#paint-generate-run").click()  # unlocked it is from the start
    new_source(page, "paint-result", old)
    rolled = finished(page, "paint-generate", "paint-result")
    assert seed(page) != before
    lock.dispatch_event("click")
    now = seed(page)
    page.locator("#paint-generate-run").click()
    assert finished(page, "paint-generate", "paint-result") == rolled
    assert seed(page) == now
    lock.dispatch_event("click")
