"""What a visitor may send: as it is, or a sentence; nothing is rounded or taken for another."""

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from cm_core.errors import SettingError
from tests.ui.loops import run
from tests.ui.web.test_doors import Visitor
from ui.page import build_page
from ui.service.inputs import accepted, said
from ui.service.pictures import NOT_HERE
from ui.web.blocks import FAULT, Page

SEED = gr.Number(0, label="Seed", minimum=0, maximum=9, precision=0)
FREE = gr.Number(None, label="seed_c (for a grid)", minimum=0, maximum=9, precision=0)
SHARE = gr.Slider(0, 1, value=0.5, label="strength")
FACTOR = gr.Radio([2, 4, 8], value=4, label="factor")
SCENE = gr.Dropdown(["Any", "sea"], value="Any", label="scene", allow_custom_value=True)
MENU = gr.Dropdown(["Any", "sea"], value="Any", label="Scene")
KEEP = gr.Checkbox(False, label="keep_colours")
SIDES = gr.CheckboxGroup(["Left", "Top"], label="Sides")
WORDS = gr.Textbox("", label="to_scene")
PICTURE = gr.Image(label="image")
WRONG = [None, "", "no", "a\0b", 4.5, -1, 10**30, float("nan"), float("inf"), True, [], {}, [[1]]]
WRONG += [{"path": "https://example.org/a.png"}, {"path": None}, {"a": [{"path": "/etc/passwd"}]}]


@pytest.mark.parametrize(
    ("block", "value", "taken"),
    [
        (SEED, 7, 7),
        (SEED, 4.0, 4),
        (FREE, None, None),
        (SHARE, 0.25, 0.25),
        (SHARE, 1, 1),
        (FACTOR, 4.0, 4),
        (SCENE, "moon", "moon"),  # checked against the model's own names
        (SCENE, None, None),
        (MENU, "sea", "sea"),
        (MENU, None, None),
        (KEEP, True, True),
        (SIDES, ["Top"], ["Top"]),
        (WORDS, None, ""),
        (PICTURE, None, None),
    ],
)
def test_what_fits_is_taken_as_it_is(block, value, taken):
    now = accepted(block, value, block.value)
    assert now == taken and type(now) is type(taken)


@pytest.mark.parametrize(
    ("block", "value", "sentence"),
    [
        (SEED, -5, "Seed has to be a whole number from 0 to 9: not -5."),
        (SEED, 2.5, "Seed has to be a whole number from 0 to 9: not 2.5."),
        (SEED, None, "Seed has to be a whole number from 0 to 9: it is empty."),
        (SEED, True, "Seed has to be a whole number from 0 to 9: not true."),
        (SEED, "7", 'Seed has to be a whole number from 0 to 9: not "7".'),
        (FREE, 10, "seed_c has to be a whole number from 0 to 9: not 10."),
        (SHARE, float("nan"), "strength has to be a number from 0 to 1: not NaN."),
        (FACTOR, 3, "factor has to be one of 2, 4, 8: not 3."),
        (FACTOR, None, "factor has to be one of 2, 4, 8: it is empty."),
        (FACTOR, True, "factor has to be one of 2, 4, 8: not true."),
        (SCENE, "a\0b", r'scene has to be a text of at most 200 plain characters: not "a\u0000b".'),
        (MENU, "moon", 'Scene has to be one of Any, sea: not "moon".'),
        (KEEP, "no", 'keep_colours has to be true or false: not "no".'),
        (SIDES, "Top", 'Sides has to be a list of choices: not "Top".'),
        (WORDS, [1], "to_scene has to be a text of at most 200 plain characters: not [1]."),
        (PICTURE, [], "image has to be a picture's file: not []."),
        (PICTURE, {"url": "x"}, 'image has to be a picture\'s file: not {"url": "x"}.'),
        (PICTURE, {"path": "https://example.org/a.png"}, NOT_HERE),
        (gr.HTML(), {"a": [{"path": "/etc/passwd"}]}, NOT_HERE),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(block, value, sentence):
    with pytest.raises(gr.Error) as error:
        accepted(block, value, block.value)
    assert error.value.message == sentence


def test_a_menu_of_a_thousand_names_is_not_listed_in_full():
    long = gr.Dropdown([f"class {i}" for i in range(1000)], label="Class")
    with pytest.raises(gr.Error) as error:
        accepted(long, "hen")
    assert error.value.message.endswith('class 11, …: not "hen".')


@pytest.mark.parametrize("data", [None, [], "x", {}, {"index": 1.5}, {"index": True}, {"index": 9}])
def test_an_event_says_one_of_the_choices_or_is_refused(data):
    with pytest.raises(gr.Error, match="index has to be one of 0, 1, 2"):
        said(gr.EventData(None, data), "index", range(3))
    assert said(gr.EventData(None, {"index": 2}), "index", range(3)) == 2


def test_every_input_of_every_event_takes_a_wrong_value_or_refuses_it_in_a_sentence(engine):
    """As the server hands them to the components, whichever of the two ways they came."""
    page = build_page(engine)
    state = SessionState(page)

    async def tried():
        count = 0
        for fn in page.fns.values():
            fresh = [getattr(block, "value", None) for block in fn.inputs]
            fresh = [v if isinstance(v, str | int | float | list) else None for v in fresh]
            for place, block in enumerate(fn.inputs):
                for value in WRONG if not block.stateful else []:
                    count += 1
                    sent = [*fresh[:place], value, *fresh[place + 1 :]]
                    try:
                        await page.preprocess_data(fn, sent, state)
                    except gr.Error as error:
                        told = error.message
                        assert told.endswith(".") and len(told) < 250 and "\n" not in told, told
                        assert not error.print_exception
            if fn.inputs:
                with pytest.raises(gr.Error, match="needs"):
                    await page.preprocess_data(fn, [], None)
        return count

    assert run(tried()) > 1000


def test_every_event_answers_to_wrong_event_data_in_a_sentence(url, capfd):
    visitor = Visitor(url)
    selects = [one for one in visitor.endpoints if "select" in dict(one["targets"]).values()]
    asked = 0
    for endpoint in selects:
        for data in (None, "x", [1], {"index": "a"}, {"index": 1.5, "tab": ["Paint"], "url": 4}):
            body = {"fn_index": endpoint["id"], "data": [None] * len(endpoint["inputs"])}
            output = visitor.output(endpoint, body | {"event_data": data})
            if "error" in output:
                assert output["error"] and output["error"] != FAULT, (endpoint["api_name"], data)
                asked += 1
    assert asked > 10
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("raised", "told"), [(SettingError("Too much."), "Too much."), (KeyError("x"), FAULT)]
)
def test_whatever_an_event_raises_is_told_in_a_sentence(raised, told, capfd):
    def fail():
        raise raised

    with Page() as page:
        gr.Button().click(fail)
    [fn] = page.fns.values()
    with pytest.raises(gr.Error) as error:
        run(page.process_api(fn, []))
    assert error.value.message == told and not error.value.print_exception
    assert ("Traceback" in capfd.readouterr().err) == (told == FAULT)  # for whoever keeps it


def test_no_answer_over_http_is_an_error_without_words(url):
    visitor = Visitor(url)
    ends = {one["api_name"]: one for one in visitor.endpoints}
    for name, place, value in (
        ("generate", 0, "a\0b"),
        ("generate", 2, [[1]]),
        ("super_resolve", 1, 4.5),
        ("super_resolve", 1, None),
        ("export", 0, {}),
        ("export", 1, "gif"),
    ):
        answer = visitor.ask(ends[name], place, value)
        assert "has to be" in answer and answer.endswith("."), (name, value)
