"""What the canvas takes from a browser, and what it gives."""

import base64
import io

import gradio as gr
import pytest
from PIL import Image

from editing.image import on_white
from ui.components.canvas.canvas import LiveCanvas
from ui.components.kept import Source
from ui.service.examples import example
from ui.service.pictures import data_url, from_data_url


@pytest.fixture(scope="module")
def canvas():
    return LiveCanvas()


def encoded(picture, kind):
    file = io.BytesIO()
    picture.save(file, kind)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_frame_arrives_as_a_picture(canvas, kind):
    frame = canvas.preprocess(encoded(Image.new("RGB", (40, 30), (200, 10, 10)), kind))
    assert frame.mode == "RGBA" and frame.size == (40, 30)
    assert (
        max(abs(a - b) for a, b in zip(frame.getpixel((5, 5)), (200, 10, 10, 255), strict=True)) < 8
    )


def test_transparency_survives(canvas):
    ink = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    ink.putpixel((3, 4), (1, 2, 3, 255))
    assert canvas.preprocess(data_url(ink)).tobytes() == ink.tobytes()


@pytest.mark.parametrize("drawing", [True, False])
def test_a_frame_says_whether_the_pen_is_down(canvas, drawing):
    url = data_url(Image.new("RGB", (8, 8), "red"))
    assert canvas.preprocess({"frame": url, "drawing": drawing}).info["drawing"] is drawing
    assert canvas.preprocess(url).info["drawing"] is False


@pytest.mark.parametrize("value", [None, "", {"background": "data:image/png;base64,AA"}])
def test_nothing_drawn_is_nothing(canvas, value):
    assert canvas.preprocess(value) is None


NOISE = Image.effect_noise((1200, 1200), 100).convert("RGB")


@pytest.mark.parametrize(
    "value",
    [
        "https://example.org/picture.png",
        "data:text/html;base64,PGI+",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,%%%",
        "data:image/png;base64,AAAA",
        encoded(Image.new("RGB", (8, 8)), "bmp").replace("bmp", "png"),
        encoded(Image.new("RGB", (64, 64)), "png")[:-40],
        encoded(Image.new("1", (2049, 8)), "png"),
        encoded(NOISE, "png"),
        ["data:image/png;base64,AAAA"],
    ],
    ids=["link", "html", "svg", "symbols", "junk", "bmp", "cut", "wide", "heavy", "list"],
)
def test_anything_doubtful_is_refused_in_one_sentence(canvas, value):
    with pytest.raises(gr.Error) as error:
        canvas.preprocess(value)
    assert error.value.message.count("\n") == 0 and error.value.message.endswith(".")
    assert not error.value.print_exception


def test_a_drawing_too_wide_is_told_how_wide_it_may_be(canvas):
    with pytest.raises(gr.Error, match="at most 2048 x 2048 pixels"):
        canvas.preprocess(encoded(Image.new("1", (2049, 8)), "png"))


def test_a_background_is_sent_small(canvas):
    sent = canvas.postprocess(Image.new("RGB", (2000, 1000), "red"))
    assert from_data_url(sent["background"]).size == (512, 256)
    assert canvas.postprocess(None)["background"] is None


def test_every_background_is_news_and_says_whether_the_page_had_it_before(canvas):
    picture = Image.new("RGB", (8, 8), "red")
    first, again = canvas.postprocess(picture), canvas.postprocess(picture)
    assert first != again and "back" not in first
    source = Source("Coast")
    told = source.postprocess("Coast")
    for sent, back in ((told | {"back": True}, True), (told, False)):
        picture = source.preprocess(sent)
        for shown in (picture, on_white(picture).convert("L")):  # as the tabs send it on
            assert canvas.postprocess(shown).get("back", False) is back
    assert "back" not in example("Coast").info
