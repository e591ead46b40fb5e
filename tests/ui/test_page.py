"""The parts of the page that need no browser."""

from collections import Counter

import pytest
from PIL import Image

from tests.cm_core.test_model import tiny
from ui.components.canvas.canvas import LiveCanvas
from ui.page import build_page
from ui.service.animation import round_trip
from ui.service.engine import Engine
from ui.service.examples import (
    FOLDER,
    MATERIALS,
    PAINTINGS,
    PHOTOS,
    RENDERS,
    SMALL_PHOTOS,
    SMALL_RENDERS,
    example,
)
from ui.service.pictures import strip
from ui.tabs import about


@pytest.mark.parametrize(
    ("count", "columns", "order"),
    [(3, 3, [0, 1, 2, 1]), (9, 3, [0, 1, 2, 5, 8, 7, 6, 3]), (4, 2, [0, 1, 3, 2])],
)
def test_an_animation_comes_back_to_where_it_began(count, columns, order):
    assert round_trip(count, columns) == order


def test_captions_are_escaped():
    assert "<script>" not in strip([(Image.new("RGB", (2, 2)), '"><script>')])


def test_the_card_is_shown_a_level_below_the_page(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("---\nlicense: apache-2.0\n---\n# Card\ntext\n")
    assert about.card(file) == "## Card\ntext\n"
    assert "without a card" in about.card(tmp_path / "missing.md")


def test_materials_are_named_once_and_every_example_is_there():
    assert len(MATERIALS) == len(set(MATERIALS.values())) == 14
    assert {example(name).size for name in (*PAINTINGS, *RENDERS)} == {(256, 256)}
    assert {example(name).size for name in SMALL_RENDERS} == {(96, 96)}
    assert {example(name).size for name in PHOTOS} == {(1600, 1067)}
    assert {example(name).size for name in SMALL_PHOTOS} == {(480, 320)}
    assert max(file.stat().st_size for file in FOLDER.glob("photos/*")) < 250_000
    canvas = LiveCanvas()
    for name, colour in MATERIALS.items():
        assert f"&quot;{name}&quot;: &quot;{colour}&quot;" in canvas.html_template


def test_what_a_model_draws_is_told_by_its_own_labels(engine):
    told = about.limits(engine)
    assert "alpine, coast, sea" in told and "day, dusk, night" in told and "32 × 32" in told
    assert about.limits(Engine("other", tiny())) == ""


def test_no_event_of_the_page_has_two_listeners_that_keep_its_last(engine):
    config = build_page(engine).config
    components = {one["id"]: one["type"] for one in config["components"]}
    listeners = Counter(
        tuple(target)
        for one in config["dependencies"]
        for target in one["targets"]
        if one["trigger_mode"] == "always_last"
    )
    # A State's change is raised for each listener by itself, every other event for all at once.
    shared = [t for t, n in listeners.items() if n > 1 and components.get(t[0]) != "state"]
    assert listeners and not shared
