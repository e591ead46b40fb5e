"""The page's edits: what they make, in which light, in how many evaluations, and how large."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cm_core.errors import ImageError, SettingError
from cm_core.labels import Labels
from editing import enlarge, generate, panorama
from editing.detail import finished
from editing.image import to_pil, to_tensor
from tests.cm_core.test_model import tiny
from tests.ui.conftest import LABELS
from ui.components.model_menu import goals
from ui.service.engine import Engine, Engines
from ui.service.examples import example
from ui.service.progress import last
from ui.service.settings import EditSettings
from ui.service.tasks import VARIED, Tasks

LIGHTS = LABELS.axes["light"]


def lightness(made):
    return np.asarray(made.picture.convert("L"), dtype=float).mean()


@pytest.mark.parametrize("side", [32, 256])  # of the model's size, and drawn in a larger one
def test_a_light_that_is_named_changes_the_picture_and_not_only_the_label(tasks, side):
    """Day's colours told night are the night of every light; told nothing, they are their own."""
    painting = example("Snowy mountain").resize((side, side))
    how = EditSettings(1, 3, "sea", strength=0)
    alone = {
        light: last(tasks.stroke(painting, replace(how, light=light))) for light in (*LIGHTS, "Any")
    }
    assert lightness(alone["night"]) < lightness(alone["day"]) - 40
    assert lightness(alone["night"]) < lightness(alone["dusk"]) < lightness(alone["day"])
    assert lightness(alone["Any"]) == pytest.approx(lightness(alone["day"]), abs=15)
    # Whatever the menu says: the painting is by day, and goes from there.
    for told in ("Any", "night"):
        every = dict(tasks.lights(painting, replace(how, light=told)))
        assert list(every) == list(LIGHTS)
        for light, made in every.items():
            assert made.picture.tobytes() == alone[light].picture.tobytes()


def test_a_scene_that_is_named_changes_the_picture_and_not_its_light(tasks):
    painting = example("Snowy mountain").resize((32, 32))
    sea, coast = (
        last(tasks.stroke(painting, EditSettings(1, 3, scene, "day", strength=0)))
        for scene in ("sea", "coast")
    )
    assert sea.picture.tobytes() != coast.picture.tobytes()
    assert lightness(sea) == pytest.approx(lightness(coast), abs=15)


def test_a_day_passes_over_one_painting(tasks):
    """From dawn to night, whatever light is named; the last frames are the finished ones."""
    painting = example("Snowy mountain").resize((64, 32))
    made = list(tasks.day(painting, EditSettings(1, 3, "sea", "night", strength=0)))
    assert len(made) == 1 + 12 and {len(frames) for frames, _ in made} == {12}
    frames, readout = made[-1]
    light = [np.asarray(frame.convert("L"), dtype=float).mean() for frame in frames]
    assert readout.evaluations == 1  # of all frames together
    assert light[-1] == min(light) < max(light) - 40 and 3 <= np.argmax(light) <= 7
    assert {frame.size for frame in frames} == {(32, 16)}


def test_a_panorama_counts_its_steps_and_is_what_the_library_makes(tasks):
    picture = example("Coast").resize((32, 32))
    made = list(tasks.panorama(picture, 70, EditSettings(2, 3)))
    assert [one.done for one in made] == [False] * 7 + [True]  # four windows of two steps
    model = tasks.engines.first.model
    wanted = panorama(model, picture, 70, 2, 3, samples_per_step=1)
    assert made[-1].picture.tobytes() == wanted.tobytes()
    with pytest.raises(SettingError, match="wider than its picture, 32 pixels"):
        next(tasks.panorama(picture, 20))


def test_every_light_is_finished_under_its_own_name(tasks):
    painting = example("Snowy mountain")
    made = dict(tasks.lights(painting, EditSettings(1, 3, "sea")))
    assert list(made) == list(LABELS.axes["light"])
    assert {one.readout.evaluations for one in made.values()} == {1}
    # By day, which it looks like, the painting is itself.
    alone = last(tasks.stroke(painting, EditSettings(1, 3, "sea", "day")))
    assert made["day"].picture.tobytes() == alone.picture.tobytes()


def test_a_model_without_lights_says_so():
    tasks = Tasks(Engines(Engine("other", tiny())))
    with pytest.raises(SettingError, match="knows no lights"):
        last(tasks.lights(example("Beach")))


def test_a_detailer_finishes_what_is_drawn_and_leaves_the_steps_before(detailer):
    model = tiny(labels=LABELS, image_size=32)
    tasks = Tasks(Engines(Engine("tiny", model, detailer=detailer)))
    plain = Tasks(Engines(Engine("tiny", model)))
    settings = EditSettings(2, 7)
    first, done = tasks.generate(settings)
    small = last(plain.generate(settings)).picture
    assert first.picture.size == small.size
    assert done.picture.tobytes() == to_pil(finished(detailer, generate(model, 7, 2), 7)).tobytes()
    wide = Image.new("RGB", (32, 16), "green")
    first, done = tasks.stroke(wide, settings)
    assert first.picture.size == (32, 16) and done.picture.size == (128, 64)


def test_a_picture_of_any_size_is_enlarged_as_the_library_does(detailer):
    tasks = Tasks(Engines(Engine("tiny", tiny(), detailer=detailer)))
    picture = Image.merge("RGB", [Image.effect_noise((30, 17), 60) for _ in "RGB"])
    for factor, faithful in ((2, False), (4, True)):
        made = tasks.enlarge(picture, factor, faithful, EditSettings(seed=3))
        wanted = enlarge(detailer, to_tensor(picture), factor, 3, faithful=faithful)
        assert made.picture.tobytes() == to_pil(wanted).tobytes()
        assert made.readout.milliseconds > 0
    grey = tasks.enlarge(picture.convert("L"), 2)
    assert grey.picture.mode == "L" and grey.picture.size == (60, 34)
    with pytest.raises(SettingError, match=r"16.0 million pixels; this page enlarges up to 4"):
        tasks.enlarge(Image.new("RGB", (1000, 1000)), 4)
    with pytest.raises(SettingError, match="no detailer"):
        Tasks(Engines(Engine("tiny", tiny()))).enlarge(picture)


def test_an_edit_comes_step_by_step_and_says_which_is_the_last(tasks):
    made = list(tasks.colorize(Image.new("RGB", (400, 200), "gray"), settings=EditSettings(3)))
    assert [one.done for one in made] == [False, False, True]
    assert made[-1].picture.size == (400, 200)  # a picture comes back at its own size


def test_every_sample_of_a_step_is_counted(tasks):
    picture, two = example("Beach"), EditSettings(3, 1, samples_per_step=2)
    for made in (
        tasks.stroke(picture, two),
        tasks.colorize(picture, None, two),
        tasks.super_resolve(picture, 4, two),
    ):
        assert [one.readout.evaluations for one in made] == [2, 4, 6]
    mask = Image.new("L", picture.size)
    mask.paste(255, (50, 50, 150, 150))
    three = EditSettings(1, 1, samples_per_step=3)
    for made in (
        tasks.inpaint(picture, mask, three),
        tasks.outpaint(picture, (0, 0, 0.5, 0), three),
        (made for _, made in tasks.vary(picture, three)),
    ):
        assert {one.readout.evaluations for one in made} == {3}
    calm, lively = (
        last(tasks.stroke(picture, EditSettings(1, 1, samples_per_step=n))).picture for n in (2, 1)
    )
    assert calm.tobytes() != lively.tobytes()


def test_variations_differ_and_can_be_made_again(tasks):
    painting = example("Beach")
    bold = EditSettings(1, 999_998, strength=0.7)
    made = {its.seed: one for its, one in tasks.vary(painting, bold)}
    assert list(made) == [999_999, 0, 1, 2]
    assert len({one.picture.tobytes() for one in made.values()}) == 4
    again = last(tasks.stroke(painting, replace(bold, seed=1)))
    assert again.picture.tobytes() == made[1].picture.tobytes()
    # Strokes that are followed closely hardly vary: so they have more noise than that.
    close = {its.seed: (its, one) for its, one in tasks.vary(painting, replace(bold, strength=0.1))}
    its, one = close[1]
    least = last(tasks.stroke(painting, EditSettings(1, 1, strength=VARIED)))
    assert its.strength == VARIED and one.picture.tobytes() == least.picture.tobytes()


def test_a_walks_second_end_may_be_told_otherwise(tasks):
    label = LABELS.index
    by_day = EditSettings(scene="sea", light="day")
    assert tasks.ends([4, 9], by_day)[1] == [label(scene="sea", light="day")] * 2
    to = {"scene": "", "light": "night"}
    night = [label(scene="sea", light=light) for light in ("day", "night")]
    assert tasks.ends([4, 9], by_day, to)[1] == night
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


def test_no_picture_is_a_sentence(tasks):
    with pytest.raises(ImageError, match="choose an example or open one"):
        tasks.shrink(None, 4)
