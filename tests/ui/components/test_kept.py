"""What the browser keeps: nothing of a visit is lost with the server's memory of it."""

import json

import gradio as gr
import pytest
from PIL import Image

from tests.ui.web.test_doors import Visitor
from ui.components.export.export import FILE_URL, folder
from ui.components.kept import Kept, Settings, Source, Word
from ui.page import build_page
from ui.service.examples import EXAMPLES, example


def test_the_server_keeps_no_picture_of_a_visit(engine):
    """Nor the model in use: the browser has them, whichever visits the server forgets."""
    page = build_page(engine)
    states = [one for one in page.blocks.values() if isinstance(one, gr.State)]
    assert states and all(isinstance(one.value, str | int) for one in states)
    assert sum(isinstance(one, Source) for one in page.blocks.values()) == 5


def test_a_forgotten_visit_works_on_its_own_picture(url):
    """Every question here comes from a visit of its own, as if each before was forgotten."""
    visitor = Visitor(url)
    mine, file = example("Beach"), folder() / "mine.png"
    mine.save(file)
    ends = {one["api_name"]: one for one in visitor.endpoints}
    opened = json.loads(visitor.ask(ends["opened"], 0, {"path": str(file)}))[0]
    assert opened["file"] == FILE_URL + str(file)
    small = json.loads(visitor.ask(ends["preview"], 0, opened))[0]["url"]
    file.unlink()
    assert "is gone by now" in visitor.ask(ends["preview"], 0, opened)
    assert small == json.loads(visitor.ask(ends["preview"], 0, {"name": "Beach"}))[0]["url"]
    assert small != json.loads(visitor.ask(ends["preview"], 0, {"name": "Coast"}))[0]["url"]


def test_a_source_is_named_or_lies_in_a_file_and_every_choice_is_news():
    source = Source("Coast")
    first, again = source.postprocess("Coast"), source.postprocess("Coast")
    assert first["name"] == again["name"] == "Coast" and first != again
    made = Image.new("LA", (5, 4), (9, 100))
    back = source.preprocess(source.postprocess(made))
    assert (back.mode, back.size, back.tobytes()) == ("LA", (5, 4), made.tobytes())
    assert source.preprocess(first).tobytes() == example("Coast").tobytes()


@pytest.mark.parametrize("sent", [None, "", 4, [], {}, {"name": "../secret"}, {"name": ["Coast"]}])
def test_a_source_that_is_none_is_refused(sent):
    with pytest.raises(gr.Error, match=r"The example has to be one of ours|has to be"):
        Source("Coast").preprocess(sent)


@pytest.mark.parametrize("wrong", [{"seed": 3}, {"seed": "x" * 201}, {"seed\n": "3"}])
def test_settings_are_short_texts(wrong):
    assert Settings({}).preprocess({"seed": "3"}) == {"seed": "3"}
    assert Settings({}).preprocess("seed=3") == {}
    with pytest.raises(gr.Error, match="has to be a text"):
        Settings({}).preprocess(wrong)


def test_words_come_back_as_such():
    assert Word("Paint").preprocess("Steps") == "Steps" and Word("").preprocess(None) == ""
    assert Kept({"a": 1}).postprocess({"a": 1}) == {"a": 1}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_that_a_tab_offers_is_opened(name):
    source = Source(name)
    assert source.preprocess(source.postprocess(name)).tobytes() == example(name).tobytes()
