"""Each tab's own steps, seed and labels."""

import gradio as gr
import pytest

from ui.components.by_tab import ByTab, label_menu, number_from


def test_values_come_back_by_tab():
    sent = {"Paint": {"steps": 2, "scene": "sea"}, "x": [1], "y": "z"}
    assert ByTab({}).preprocess(sent) == {"Paint": {"steps": 2, "scene": "sea"}}
    assert ByTab({}).preprocess([1]) == {}


@pytest.mark.parametrize("said", [{}, {"seed": None}, {"seed": "x"}, {"seed": -1}, {"seed": [3]}])
def test_what_is_no_number_within_its_bounds_changes_nothing(said):
    assert number_from(said, "seed", 0, 9) == gr.skip()


@pytest.mark.parametrize("said", [3, "3", 3.0, "3.0"])
def test_a_number_that_is_said_is_taken(said):
    assert number_from({"seed": said}, "seed", 0, 9) == 3


def test_a_label_is_taken_where_the_model_knows_it(engine):
    known, amiss = engine.axes["scene"][1], []
    assert label_menu(engine, {"scene": known}, "scene", amiss).value == known
    assert label_menu(engine, {}, "scene", amiss).value == "Any" and not amiss
    assert label_menu(engine, {"scene": "moon"}, "scene", amiss).value == "Any"
    assert amiss == ["This model knows no 'moon': Scene stands at Any."]
