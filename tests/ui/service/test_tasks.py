"""The page's edits: what a painting becomes in a light, alone and among all."""

import numpy as np
import pytest

from cm_core.errors import SettingError
from editing import panorama
from tests.ui.conftest import LABELS
from ui.service.examples import example
from ui.service.progress import last

LIGHTS = LABELS.axes["light"]


def lightness(made):
    return np.asarray(made.picture.convert("L"), dtype=float).mean()


@pytest.mark.parametrize("side", [32, 256])  # of the model's size, and drawn in a larger one
def test_a_light_that_is_named_changes_the_picture_and_not_only_the_label(tasks, side):
    """Day's colours told night are the night of every light; told nothing, they are their own."""
    painting = example("Snowy mountain").resize((side, side))
    how = (painting, 0, 1, 3, "sea")
    alone = {light: last(tasks.paint(*how, light)) for light in (*LIGHTS, "Any")}
    assert lightness(alone["night"]) < lightness(alone["day"]) - 40
    assert lightness(alone["night"]) < lightness(alone["dusk"]) < lightness(alone["day"])
    assert lightness(alone["Any"]) == pytest.approx(lightness(alone["day"]), abs=15)
    # Whatever the menu says: the painting is by day, and goes from there.
    for told in ("Any", "night"):
        every = dict(tasks.lights(*how, told))
        assert list(every) == list(LIGHTS)
        for light, made in every.items():
            assert made.picture.tobytes() == alone[light].picture.tobytes()


def test_a_scene_that_is_named_changes_the_picture_and_not_its_light(tasks):
    painting = example("Snowy mountain").resize((32, 32))
    sea, coast = (last(tasks.paint(painting, 0, 1, 3, scene, "day")) for scene in ("sea", "coast"))
    assert sea.picture.tobytes() != coast.picture.tobytes()
    assert lightness(sea) == pytest.approx(lightness(coast), abs=15)


def test_a_day_passes_over_one_painting(tasks):
    """From dawn to night, whatever light is named; the last frames are the finished ones."""
    painting = example("Snowy mountain").resize((64, 32))
    made = list(tasks.day(painting, 0, 1, 3, "sea", "night"))
    assert len(made) == 1 + 12 and {len(frames) for frames, _ in made} == {12}
    frames, readout = made[-1]
    light = [np.asarray(frame.convert("L"), dtype=float).mean() for frame in frames]
    assert readout.evaluations == 1  # of all frames together
    assert light[-1] == min(light) < max(light) - 40 and 3 <= np.argmax(light) <= 7
    assert {frame.size for frame in frames} == {(32, 16)}


def test_a_panorama_counts_its_steps_and_is_what_the_library_makes(tasks):
    picture = example("Coast").resize((32, 32))
    made = list(tasks.panorama(picture, 70, 2, 3, guesses=1))
    assert [one.done for one in made] == [False] * 7 + [True]  # four windows of two steps
    model = tasks.engines.first.model
    wanted = panorama(model, picture, 70, 2, 3, samples_per_step=1)
    assert made[-1].picture.tobytes() == wanted.tobytes()
    with pytest.raises(SettingError, match="wider than its picture, 32 pixels"):
        next(tasks.panorama(picture, 20))
