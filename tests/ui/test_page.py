"""The parts of the page that need no browser."""

import dataclasses
import threading
import time
from collections import Counter

import gradio as gr
import pytest
import torch
from PIL import Image

import app
from cm_core import Denoiser
from cm_core.checkpoints.registry import MenuEntry
from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, DetailerConfig
from cm_core.errors import CheckpointError, ImageError, SettingError
from cm_core.labels import Labels
from editing import enlarge, generate
from editing.detail import finished
from editing.image import to_pil, to_tensor
from tests.cm_core.test_model import tiny
from tests.ui.conftest import LABELS
from ui.components.canvas.canvas import LiveCanvas
from ui.components.export.export import FILE_URL, reference
from ui.components.model_menu import choices, goals
from ui.components.result.result import Result
from ui.page import build_page
from ui.service.animation import round_trip
from ui.service.engine import Engine, Engines, network_runs
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
from ui.service.limits import RateLimit
from ui.service.pictures import from_data_url, strip
from ui.service.progress import EditProgress, last
from ui.service.tasks import VARIED, Tasks
from ui.tabs import about
from ui.tabs.classroom import paths


def test_a_readout_counts_and_measures(tasks):
    *_, (made, points) = paths.path(tasks, steps=3, seed=1)
    assert made.readout.evaluations == 3 == len(points)
    assert str(made.readout).startswith("3 evaluations · ")
    assert [p.sigma for p in points] == sorted((p.sigma for p in points), reverse=True)


def test_the_teacher_walks_from_the_same_noise(tasks):
    walked = list(paths.walk(tasks, levels=5, seed=1))
    *_, (_, jump) = paths.path(tasks, steps=1, seed=1)
    assert len(walked) == walked[-1][0].readout.evaluations == 9
    assert walked[0][0].seen.tobytes() == jump[0].given.tobytes()
    assert [made.done for made, _ in walked] == [False] * 8 + [True]


def test_every_light_is_finished_under_its_own_name(tasks):
    painting = example("Snowy mountain")
    made = dict(tasks.lights(painting, 0.5, 1, 3, "sea"))
    assert list(made) == list(LABELS.axes["light"])
    assert {one.readout.evaluations for one in made.values()} == {1}
    # By day, which it looks like, the painting is itself.
    alone = last(tasks.paint(painting, 0.5, 1, 3, "sea", "day"))
    assert made["day"].picture.tobytes() == alone.picture.tobytes()


def test_a_model_without_lights_says_so():
    tasks = Tasks(Engines(Engine("other", tiny())))
    with pytest.raises(SettingError, match="knows no lights"):
        last(tasks.lights(example("Beach")))


@pytest.fixture(scope="module")
def detailer():
    torch.manual_seed(0)
    net = DetailNetConfig(channels=8, channel_mult=(1,), middle=1)
    about = DetailerConfig("tiny", net, augmentation=Augmentation(0.1, 1.0))
    made = Detailer(about).eval().requires_grad_(False)
    torch.nn.init.normal_(made.net.out_conv.weight, std=0.1)
    return made


def test_a_detailer_finishes_what_is_drawn_and_leaves_the_steps_before(detailer):
    model = tiny(labels=LABELS, image_size=32)
    tasks = Tasks(Engines(Engine("tiny", model, detailer=detailer)))
    plain = Tasks(Engines(Engine("tiny", model)))
    first, done = tasks.generate(2, 7)
    small = last(plain.generate(2, 7)).picture
    assert first.picture.size == small.size
    assert done.picture.tobytes() == to_pil(finished(detailer, generate(model, 7, 2), 7)).tobytes()
    wide = Image.new("RGB", (32, 16), "green")
    first, done = tasks.paint(wide, 0.5, 2, 7)
    assert first.picture.size == (32, 16) and done.picture.size == (128, 64)


def test_a_picture_of_any_size_is_enlarged_as_the_library_does(detailer):
    tasks = Tasks(Engines(Engine("tiny", tiny(), detailer=detailer)))
    picture = Image.merge("RGB", [Image.effect_noise((30, 17), 60) for _ in "RGB"])
    for factor, faithful in ((2, False), (4, True)):
        made = tasks.enlarge(picture, factor, 3, faithful)
        wanted = enlarge(detailer, to_tensor(picture), factor, 3, faithful=faithful)
        assert made.picture.tobytes() == to_pil(wanted).tobytes()
        assert made.readout.milliseconds > 0
    grey = tasks.enlarge(picture.convert("L"), 2)
    assert grey.picture.mode == "L" and grey.picture.size == (60, 34)
    with pytest.raises(SettingError, match=r"16.0 million pixels; this page enlarges up to 4"):
        tasks.enlarge(Image.new("RGB", (1000, 1000)), 4)
    with pytest.raises(SettingError, match="no detailer"):
        Tasks(Engines(Engine("tiny", tiny()))).enlarge(picture)


def test_a_guided_teachers_evaluations_count_twice():
    teacher = tiny(Denoiser, LABELS)
    config = dataclasses.replace(teacher.config, guidance=2.0)
    guided = Denoiser(config).eval()
    guided.load_state_dict(teacher.state_dict())
    tasks = Tasks(Engines(Engine("tiny", tiny(labels=LABELS), guided)))
    made = [one for one, _ in paths.walk(tasks, 5, 1, "sea")]
    assert [one.readout.evaluations for one in made] == list(range(2, 19, 2))
    assert [one.done for one in made] == [False] * 8 + [True]
    assert paths.teacher_cost(tasks, 5, "sea") == 18
    assert network_runs(guided, None) == network_runs(teacher, 0) == 1


def test_an_edit_comes_step_by_step_and_says_which_is_the_last(tasks):
    made = list(tasks.colorize(Image.new("RGB", (400, 200), "gray"), steps=3))
    assert [one.done for one in made] == [False, False, True]
    assert made[-1].picture.size == (400, 200)  # a picture comes back at its own size


def test_every_guess_of_a_step_is_counted(tasks):
    picture = example("Beach")
    for edit, first in ((tasks.paint, 0.5), (tasks.colorize, None), (tasks.super_resolve, None)):
        given = [tasks.shrink(picture, 4)] if edit == tasks.super_resolve else [picture, first]
        made = list(edit(*given, 3, 1, guesses=2))
        assert [one.readout.evaluations for one in made] == [2, 4, 6]
    mask = Image.new("L", picture.size)
    mask.paste(255, (50, 50, 150, 150))
    for made in (
        tasks.inpaint(picture, mask, 1, 1, guesses=3),
        tasks.outpaint(picture, (0, 0, 0.5, 0), 1, 1, guesses=3),
        (made for _, made in tasks.vary(picture, 0.5, 1, 1, guesses=3)),
    ):
        assert {one.readout.evaluations for one in made} == {3}
    calm, lively = (last(tasks.paint(picture, 0.5, 1, 1, guesses=n)).picture for n in (2, 1))
    assert calm.tobytes() != lively.tobytes()


def test_variations_differ_and_can_be_made_again(tasks):
    painting = example("Beach")
    made = dict(tasks.vary(painting, 0.7, 1, 999_998))
    assert list(made) == [999_999, 0, 1, 2]
    assert len({one.picture.tobytes() for one in made.values()}) == 4
    again = last(tasks.paint(painting, 0.7, 1, 1))
    assert again.picture.tobytes() == made[1].picture.tobytes()
    # Strokes that are followed closely hardly vary: so they have more noise than that.
    close = dict(tasks.vary(painting, 0.1, 1, 999_998))
    least = last(tasks.paint(painting, VARIED, 1, 1))
    assert close[1].picture.tobytes() == least.picture.tobytes()


def test_a_stopped_edit_leaves_the_engine_free(tasks):
    running = tasks.generate(8, 0)
    next(running)
    running.close()
    assert last(tasks.generate(1, 0)).readout.evaluations == 1


def test_live_pictures_are_bounded_a_session():
    limit = RateLimit(every=0.5, burst=2)
    assert [limit.delay("a", 100.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.delay("b", 100.0) == 0
    for _ in range(3):
        limit.delay("a", 100.0)
    with pytest.raises(SettingError, match="wait a moment"):
        limit.delay("a", 100.0)
    assert limit.delay("a", 110.0) == 0


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


def test_a_walks_second_end_may_be_told_otherwise(tasks):
    label = LABELS.index
    assert tasks.ends([4, 9], "sea", "day")[1] == [label(scene="sea", light="day")] * 2
    to = {"scene": "", "light": "night"}
    night = [label(scene="sea", light=light) for light in ("day", "night")]
    assert tasks.ends([4, 9], "sea", "day", to=to)[1] == night
    both = {"scene": "alpine", "light": "night"}
    assert tasks.ends([4, 9], to=both)[1] == [LABELS.null, label(**both)]
    assert tasks.ends([1, 2, 3, 4])[1] == [LABELS.null] * 4
    with pytest.raises(SettingError, match="between two seeds"):
        tasks.ends([1, 2, 3, 4], to=both)


@pytest.mark.parametrize(
    ("labels", "axis", "shown"),
    [
        (Labels(), "scene", ()),
        (Labels({"class": ("plane", "car")}), "category", ()),
        (Labels({"category": ("goldfish", "hen")}, any=False), "category", ("goldfish", "hen")),
        (LABELS, "light", ("day", "dusk", "night")),
    ],
)
def test_a_walk_goes_to_what_the_model_knows(labels, axis, shown):
    engine = Engine("other", tiny(labels=labels))
    menu = goals(engine, axis)
    assert [name for _, name in menu["choices"]] == ["", *shown]
    assert menu["visible"] == bool(shown) and not goals(engine, axis, four=True)["visible"]
    if not shown:
        with pytest.raises(SettingError, match="knows no 'car'"):
            Tasks(Engines(engine)).ends([1, 2], to={axis: "car"})


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


def test_a_large_result_lies_in_a_file_and_a_foreign_file_is_refused(tmp_path):
    picture = Image.effect_noise((1500, 40), 90).convert("RGB")
    sent = Result("r").postprocess(picture)
    assert from_data_url(sent["url"]).width == 1024
    assert reference(sent["file"]).tobytes() == picture.tobytes()
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    with pytest.raises(gr.Error, match="not one of the page's own"):
        reference(FILE_URL + str(tmp_path / "secret.png"))


def test_what_the_browser_may_not_send_back_lies_in_a_file():
    """Pictures too heavy for a data URL, grown ones above what may be uploaded; a step of such a
    picture is a view only, and says so."""
    pixels = torch.randint(0, 256, (700, 700, 3), dtype=torch.uint8)
    heavy = Image.fromarray(pixels.numpy())
    sent = Result("r").postprocess(heavy)
    assert sent["url"].startswith("data:image/png") and not sent["reduced"]
    assert reference(sent["file"]).tobytes() == heavy.tobytes()
    step = Result("r").postprocess(EditProgress(heavy, None, done=False))
    assert step["reduced"] and step["file"] is None
    light = Result("r").postprocess(EditProgress(Image.new("RGB", (64, 64)), None, done=False))
    assert not light["reduced"] and light["file"] is None
    grown = Image.new("RGB", (5000, 3000), "white")
    assert reference(Result("r").postprocess(grown)["file"]).size == grown.size


@pytest.mark.parametrize(
    ("count", "columns", "order"),
    [(3, 3, [0, 1, 2, 1]), (9, 3, [0, 1, 2, 5, 8, 7, 6, 3]), (4, 2, [0, 1, 3, 2])],
)
def test_an_animation_comes_back_to_where_it_began(count, columns, order):
    assert round_trip(count, columns) == order


def test_no_picture_is_a_sentence(tasks):
    with pytest.raises(ImageError, match="choose an example or open one"):
        tasks.shrink(None, 4)


def test_captions_are_escaped():
    assert "<script>" not in strip([(Image.new("RGB", (2, 2)), '"><script>')])


def test_the_card_is_shown_a_level_below_the_page(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("---\nlicense: apache-2.0\n---\n# Card\ntext\n")
    assert about.card(file) == "## Card\ntext\n"
    assert "without a card" in about.card(tmp_path / "missing.md")


def test_materials_are_named_once_and_every_example_is_there():
    assert len(MATERIALS) == len(set(MATERIALS.values())) == 12
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
