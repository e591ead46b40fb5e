"""The engines: what an estimate costs, which models are here, and which labels they know."""

import threading
import time
from dataclasses import fields

import pytest
import torch

import app
from cm_core.checkpoints.registry import MenuEntry
from cm_core.errors import CheckpointError, SettingError
from cm_core.labels import Labels
from tests.cm_core.test_model import tiny
from ui.components.model_menu import choices
from ui.service.engine import AXES, Engine, Engines
from ui.service.progress import last
from ui.service.settings import EditSettings
from ui.tabs.classroom import paths


def test_a_readout_counts_and_measures(tasks):
    *_, (made, points) = paths.path(tasks, steps=3, seed=1)
    assert made.readout.evaluations == 3 == len(points)
    assert str(made.readout).startswith("3 evaluations · ")
    assert [p.sigma for p in points] == sorted((p.sigma for p in points), reverse=True)


def test_a_stopped_edit_leaves_the_engine_free(tasks):
    running = tasks.generate(EditSettings(8))
    next(running)
    running.close()
    assert last(tasks.generate()).readout.evaluations == 1


def test_the_settings_have_a_field_for_each_axis_in_the_menus_order():
    names = [field.name for field in fields(EditSettings)]
    assert names[2 : 3 + len(AXES)] == [*AXES, "model"]
    assert EditSettings(1, 0, "a", "b", "c", "d").choice == ("a", "b", "c", "d")


def test_an_estimate_is_timed_by_the_picture():
    class Slow:
        device = torch.device("cpu")

        def __call__(self, x, sigma, label=None):
            time.sleep(0.2)
            return x

    def walk(model):
        yield model(torch.zeros(20, 3, 8, 8), 1.0)

    engine = Engine("slow", Slow())
    [(_, readout)] = engine.stream(walk)
    assert readout.evaluations == 1 and readout.milliseconds >= 200
    assert 0.01 <= engine.seconds < 0.1  # a twentieth of the call


def test_a_model_that_is_not_here_is_not_downloaded_unasked(tasks):
    engines = tasks.engines
    away = [entry for entry in engines.menu() if not entry.on_disk]
    assert engines.menu()[0].name == engines.first.name and away
    with pytest.raises(CheckpointError, match="not here yet"):
        engines.get(away[0].name)
    with pytest.raises(CheckpointError, match="offers no model"):
        engines.get("nobody/nothing")


def test_a_hosted_page_offers_only_models_that_are_here(engine, monkeypatch):
    shut, away = Engines(engine, downloads=False), Engines(engine).menu()[-1]
    assert not away.on_disk and all(entry.on_disk for entry in shut.menu())
    with pytest.raises(CheckpointError, match="offers no model"):
        shut.get(away.name, download=True)
    for told, space, allowed in (("", None, True), ("", "a/b", False), ("yes", "a/b", True)):
        monkeypatch.setenv("ONESTROKE_DOWNLOADS", told)
        monkeypatch.delenv("SPACE_ID", raising=False)
        if space:
            monkeypatch.setenv("SPACE_ID", space)
        assert app.downloads() is allowed
    monkeypatch.setenv("ONESTROKE_DOWNLOADS", "perhaps")
    with pytest.raises(SettingError, match="yes or no"):
        app.downloads()


def test_a_model_that_loads_holds_up_nobody_who_asks_for_another(engine, monkeypatch):
    """Two who ask for the same one get one engine, loaded once."""
    entries = [MenuEntry(name, name, "consistency", 8, 0, "", True) for name in ("slow", "quick")]
    monkeypatch.setattr(Engines, "menu", lambda self: entries)
    loaded, go_on = [], threading.Event()

    class Loaded:
        def __init__(self, name):
            loaded.append(name)
            assert name == "quick" or go_on.wait(10)

        def warm_up(self):
            pass

    monkeypatch.setattr("ui.service.engine.Engine", Loaded)
    engines, got = Engines(engine), []
    waiting = [threading.Thread(target=lambda: got.append(engines.get("slow"))) for _ in range(2)]
    for one in waiting:
        one.start()
    assert engines.get("quick") is engines.get("quick")  # while the other is still loading
    assert not got
    go_on.set()
    for one in waiting:
        one.join()
    assert got[0] is got[1] and sorted(loaded) == ["quick", "slow"]


def test_a_label_of_another_model_is_refused(tasks):
    with pytest.raises(SettingError, match="goldfish"):
        tasks.on("Any", "Any", "goldfish")


def test_a_model_without_a_null_label_has_its_first_class_preselected():
    labels = Labels({"category": ("goldfish", "hen")}, any=False)
    engine = Engine("classes", tiny(labels=labels, image_size=8))
    menu = choices(engine, "category")
    assert menu["value"] == "goldfish" and menu["choices"] == ["goldfish", "hen"]
    assert menu["visible"] and not choices(engine, "scene")["visible"]
    assert engine.label(category="hen", scene="Any") == 1
    with pytest.raises(SettingError, match="needs a category"):
        engine.label(category="Any")
    engine.warm_up()  # with a class, as it knows no other way
    assert engine.seconds > 0
