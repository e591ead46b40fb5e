"""Chips of what a painting may show, and pictures that bring along what they were made with."""

from PIL import Image

from ui.components.frames.frames import Frames
from ui.components.guess.guess import Guess
from ui.components.thumbs.choices import Choices
from ui.tabs.paint import in_axes


def test_a_chip_says_its_axis_and_the_last_is_none_of_them():
    said = {"scene": ["alpine", "lake"], "light": ["dusk"]}
    shown = Guess().postprocess(said)
    assert [(one["axis"], one["name"]) for one in shown[:-1]] == [
        ("scene", "alpine"),
        ("scene", "lake"),
        ("light", "dusk"),
    ]
    assert shown[-1]["name"] == "" and in_axes(Guess().preprocess(shown[:-1])) == said
    assert Guess().postprocess({}) == Guess().postprocess(None) == Guess().preprocess("x") == []


def test_a_picture_to_choose_brings_its_settings_along():
    picture = Image.new("RGB", (4, 4), "red")
    (shown,) = Choices("Lights").postprocess([(picture, "dusk", {"seed": 3, "light": "dusk"})])
    assert shown["caption"] == "dusk" and shown["settings"] == {"seed": 3, "light": "dusk"}
    assert shown["url"].startswith("data:image/png")


def test_frames_may_have_names_and_words_for_their_empty_place():
    frames = [Image.new("RGB", (4, 4))] * 2
    named = Frames().postprocess((frames, 2, [7], ["dusk", "day"]))
    assert named["names"] == ["dusk", "day"] and len(named["frames"]) == 2
    assert Frames().postprocess((frames, 2, [7]))["names"] is None
    assert (
        "$empty" not in Frames().html_template and "Press &lt;" in Frames("Press <").html_template
    )
