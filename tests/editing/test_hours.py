"""A day passing: lights in their order, frames between two, one seed for all."""

import itertools

import pytest
import torch

from cm_core.adapter import adapt
from cm_core.errors import ImageError, SettingError
from cm_core.labels import Labels
from editing import day, stroke
from editing.guess import light_of
from editing.hours import DAY, hours, labels_of, nearest_light
from editing.lights import halfway, known_lights, relight
from editing.oklab import to_lab
from tests.cm_core.test_model import tiny
from tests.gaussian import consistency


def noon(side=16):
    painting = torch.tensor([0.0, 0.45, 0.77])[None, :, None, None].repeat(1, 1, side, side)
    painting[..., side // 2 :, :] = torch.tensor([0.2, 0.4, -0.3])[None, :, None, None]
    return painting


def test_hours_go_evenly_through_the_lights():
    pairs = list(itertools.pairwise(DAY))
    assert hours(8) == [*((*pair, 0.0) for pair in pairs), (*pairs[-1], 1.0)]
    times = hours(12)
    named = [nearest_light(time) for time in (times[0], times[5], times[-1])]
    assert named == ["dusk", "day", "night"]
    assert all(0 <= weight <= 1 for *_, weight in times)


def test_a_light_between_two_has_their_mean_colours():
    lights = known_lights()
    now = halfway(lights["day"], lights["night"], 0.25)["sky"]
    wanted = 0.75 * lights["day"]["sky"].mean + 0.25 * lights["night"]["sky"].mean
    assert torch.allclose(now.mean, wanted)
    end = halfway(lights["day"], lights["night"], 1)["land"]
    assert torch.allclose(end.covariance, lights["night"]["land"].covariance)


def test_the_day_brightens_and_then_darkens_to_night():
    made = day(consistency, noon(), 0.0, 1, sigmas=[0.01])
    light = to_lab(made)[:, 0].mean((1, 2))
    assert made.shape == (12, 3, 16, 16) and light_of(noon()) == "day"
    brightest = int(light.argmax())
    assert 3 <= brightest <= 7 and light[-1] == light.min() < light.max() - 0.1
    assert (light[brightest:].diff() < 0.03).all()
    assert (made[1:] - made[:-1]).abs().mean((1, 2, 3)).max() < 0.35  # no jump


def test_a_frame_at_a_light_is_the_painting_told_that_light(model):
    """With the same noise, and the label of that light."""
    frames = day(model, noon(), 0.4, 2, 5, frames=8, scene="lake")
    for i, light in enumerate(DAY):
        if light not in ("day", "dusk", "night"):
            continue
        label = model.config.labels.index(scene="lake")
        alone = stroke(model, relight(noon(), "day", light), 0.4, 2, 5, label=label)
        assert torch.allclose(frames[i], alone[0], atol=1e-4), light


def test_a_model_that_knows_the_lights_is_told_what_lies_between_them():
    labels = Labels({"scene": ("lake", "moor"), "light": tuple(dict.fromkeys(DAY))})
    times = [("dusk", "sunset", 0.0), ("golden hour", "day", 0.25)]
    told = labels_of(adapt(tiny(labels=labels)), "moor", times)
    index = {light: labels.index(scene="moor", light=light) for light in DAY}
    wanted = torch.zeros(2, labels.count)
    wanted[0, index["dusk"]] = 1
    wanted[1, index["golden hour"]], wanted[1, index["day"]] = 0.75, 0.25
    assert torch.equal(told, wanted)
    with pytest.raises(SettingError, match="'sea' is no scene"):
        labels_of(adapt(tiny(labels=labels)), "sea", times)


def test_one_painting_and_at_least_two_frames():
    with pytest.raises(ImageError, match="one painting, not 2"):
        day(consistency, noon().repeat(2, 1, 1, 1))
    with pytest.raises(SettingError, match="frames lies between 2 and 256"):
        day(consistency, noon(), frames=1)
