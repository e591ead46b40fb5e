"""Every public endpoint, called as a script would call it."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.editing.test_files import png
from tests.ui.conftest import LABELS, SIZE
from ui.service.examples import example
from ui.tabs.classroom.paths import TEACHER_LEVELS

LUMA = np.array([0.2989, 0.5870, 0.1140])


def pixels(file):
    return np.asarray(Image.open(file).convert("RGB"), dtype=float)


@pytest.fixture
def save(tmp_path):
    """Write a picture, return it as the client wants it."""

    def write(picture, name="picture.png"):
        picture.save(tmp_path / name)
        return handle_file(tmp_path / name)

    return write


@pytest.fixture
def painting():
    return example("Snowy mountain").resize((SIZE, SIZE))


def test_the_page_has_these_endpoints_and_no_other(client):
    edits = "stroke paint lights inpaint outpaint colorize super_resolve enlarge denoise"
    names = f"{edits} day panorama guess interpolate generate steps export"
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
        f"/{name}" for name in names.split()
    }


def test_the_endpoints_say_what_each_number_and_picture_is(client):
    told = client.view_api(return_format="dict")["named_endpoints"]["/outpaint"]["parameters"]
    labels = {one["parameter_name"]: one["label"] for one in told}
    assert labels["image"] == "image" and labels["left"] == "left (fraction of the picture)"
    assert [one["parameter_default"] for one in told if one["parameter_name"] == "steps"] == [3]


def test_generate_repeats_with_its_seed_and_changes_with_another(client):
    first, again, other = (
        pixels(client.predict(steps=1, seed=seed, api_name="/generate")) for seed in (7, 7, 8)
    )
    assert first.shape == (SIZE, SIZE, 3)
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_generate_follows_the_label(client):
    day, night, open_light = (
        pixels(client.predict(steps=1, seed=7, scene="sea", light=light, api_name="/generate"))
        for light in ("day", "night", "Any")
    )
    assert not np.array_equal(day, night)
    assert not np.array_equal(open_light, day) and not np.array_equal(open_light, night)


def test_stroke_moves_away_from_the_strokes_with_strength(client, save, painting):
    file = save(painting)
    gentle, bold, older = (
        pixels(client.predict(file, strength=s, steps=1, seed=3, api_name=name))
        for s, name in ((0, "/stroke"), (1, "/stroke"), (1, "/paint"))
    )
    assert np.array_equal(bold, older)
    target = np.asarray(painting, dtype=float)
    assert np.abs(gentle - target).mean() < np.abs(bold - target).mean()


def test_lights_are_a_picture_each_from_colours_moved_beforehand(client, save, painting):
    """Each is what the painting becomes when it is told that light alone, which is one of darker
    strokes by night; at little noise they stay dark."""
    file = save(painting)
    how = {"strength": 0, "steps": 1, "seed": 3, "light": "day"}
    gallery = client.predict(file, **how, api_name="/lights")
    assert [shown["caption"] for shown in gallery] == list(LABELS.axes["light"])
    day, dusk, night = (pixels(shown["image"]) for shown in gallery)
    for light, among in (("day", day), ("dusk", dusk), ("night", night)):
        alone = client.predict(file, **how | {"light": light}, api_name="/stroke")
        assert np.array_equal(among, pixels(alone))
    assert night.mean() < day.mean() - 20
    assert night.mean() < dusk.mean() < day.mean()


def test_a_day_is_frames_from_dawn_to_night_and_a_film(client, save, painting):
    gallery, film = client.predict(save(painting), strength=0, steps=1, api_name="/day")
    light = [pixels(shown["image"]).mean() for shown in gallery]
    assert len(light) == 12 and light[-1] == min(light) < max(light) - 30
    moving = Image.open(film)
    assert moving.format == "WEBP" and moving.n_frames == 22  # there and back


def test_a_painting_is_named_in_the_models_own_terms(client, save):
    said = client.predict(save(example("Night water")), api_name="/guess")
    assert set(said["scene"]) == set(LABELS.axes["scene"]) and said["light"][0] == "night"
    said = client.predict(save(example("Snowy mountain")), api_name="/guess")
    assert said["scene"][0] == "alpine" and said["light"][0] == "day"


def test_a_panorama_keeps_its_picture_in_the_middle(client, save):
    picture = example("Savanna").crop((0, 30, 150, 130))
    result = pixels(client.predict(save(picture), width=260, api_name="/panorama"))
    assert result.shape == (100, 260, 3)
    assert np.array_equal(result[:, 55:205], np.asarray(picture, dtype=float))


def test_inpaint_keeps_every_pixel_outside_of_the_mask_at_full_size(client, save):
    picture = example("Savanna").crop((0, 30, 150, 130))  # neither square nor the model's size
    mask = Image.new("L", picture.size, 0)
    mask.paste(255, (50, 25, 90, 60))
    result = pixels(client.predict(save(picture), save(mask, "mask.png"), api_name="/inpaint"))
    hole, before = np.asarray(mask) > 0, np.asarray(picture, dtype=float)
    assert result.shape == before.shape
    assert np.array_equal(result[~hole], before[~hole])
    assert np.abs(result[hole] - before[hole]).mean() > 5


@pytest.mark.parametrize("times", [2, 3])
def test_a_mask_may_come_at_another_scale_as_in_the_library(client, save, painting, times):
    own = Image.new("L", painting.size)
    own.paste(255, (8, 8, 24, 24))
    other = own.resize([times * side for side in own.size], Image.Resampling.NEAREST)
    made = [
        pixels(client.predict(save(painting), save(mask, "mask.png"), api_name="/inpaint"))
        for mask in (own, other)
    ]
    assert np.array_equal(*made)


def test_bits_that_an_answer_does_not_keep_are_told(client, save, painting, monkeypatch, tmp_path):
    told, rows = [], np.arange(36, dtype=">u2").reshape(3, 12)
    monkeypatch.setattr(gr, "Warning", told.append)
    (tmp_path / "deep.png").write_bytes(png(4, 3, 16, 2, b"".join(b"\0" + bytes(r) for r in rows)))
    for file in (save(painting), handle_file(tmp_path / "deep.png")):
        client.predict(file, sigma=0.1, api_name="/denoise")
    assert told == ["The picture has 16 bits a channel: 8 of them are kept."]


def test_outpaint_adds_a_border_and_keeps_the_picture(client, save):
    picture = example("Savanna").crop((0, 30, 150, 130))
    result = pixels(client.predict(save(picture), left=0.2, bottom=0.1, api_name="/outpaint"))
    assert result.shape == (100 + 15, 150 + 30, 3)
    assert np.array_equal(result[:100, 30:], np.asarray(picture, dtype=float))


@pytest.mark.parametrize(("form", "scale"), [("png1", 1), ("png4", 4), ("png8", 8)])
def test_export_enlarges(client, save, form, scale):
    picture = example("Beach").resize((20, 10))
    result = Image.open(client.predict(save(picture), form=form, api_name="/export"))
    assert result.format == "PNG" and result.size == (20 * scale, 10 * scale)
    if scale == 1:
        assert result.tobytes() == picture.tobytes()


def test_export_traces_shapes(client, save):
    file = client.predict(save(example("Night water")), form="svg", api_name="/export")
    svg = Path(file).read_text()
    assert "<svg" in svg and svg.count("<path") >= 3


def test_colorize_keeps_the_luma_wherever_colours_did_not_clip(client, save, painting):
    result = pixels(client.predict(save(painting), api_name="/colorize"))
    before = np.asarray(painting, dtype=float)
    inside = ((result > 0) & (result < 255)).all(-1)
    assert inside.mean() > 0.1
    assert np.abs((result - before) @ LUMA)[inside].max() <= 1  # 8-bit rounding of three channels


def test_colorize_takes_hints(client, save, painting):
    hints = Image.new("RGBA", painting.size, (0, 0, 0, 0))
    hints.paste((40, 120, 240, 255), (8, 8, 24, 24))
    file, dabs = save(painting), save(hints, "hints.png")
    plain = pixels(client.predict(file, api_name="/colorize"))
    hinted = pixels(client.predict(file, hints=dabs, api_name="/colorize"))
    assert not np.array_equal(plain, hinted)
    dabbed = hinted[8:24, 8:24]
    assert (dabbed[..., 2] > dabbed[..., 0]).mean() > 0.9  # bluer than red where blue was dabbed


@pytest.mark.parametrize("name", ["stroke", "inpaint", "outpaint", "colorize", "super_resolve"])
def test_samples_of_a_step_are_told_apart_and_bounded(client, save, painting, name):
    mask = Image.new("L", painting.size)
    mask.paste(255, (8, 8, 24, 24))
    more = {"inpaint": {"mask": save(mask, "mask.png")}, "outpaint": {"left": 0.5}}.get(name, {})

    def made(samples):
        how = {"samples_per_step": samples, "api_name": f"/{name}"}
        return client.predict(save(painting), **more, **how)

    assert not np.array_equal(pixels(made(1)), pixels(made(4)))
    with pytest.raises(AppError, match="samples_per_step has to be a whole number from 1 to 8"):
        made(9)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_super_resolve_keeps_the_mean_of_every_patch(client, save, factor):
    side = SIZE // factor
    small = Image.new("RGB", (side, side), (128, 128, 128))
    small.putpixel((1, 1), (150, 120, 110))
    result = pixels(client.predict(save(small), factor=factor, api_name="/super_resolve"))
    clipped = ((result == 0) | (result == 255)).reshape(side, factor, side, factor, 3)
    means = result.reshape(side, factor, side, factor, 3).mean((1, 3))
    whole = ~clipped.any((1, 3))
    assert whole.any()
    assert np.abs(means - np.asarray(small, dtype=float))[whole].max() <= 0.51


def test_denoise_estimates_the_level_of_real_noise(client, save):
    clean = np.full((SIZE, SIZE, 3), 128.0)
    noise = np.random.default_rng(0).normal(size=clean.shape)
    noisy = Image.fromarray((clean + 127.5 * 0.2 * noise).clip(0, 255).round().astype(np.uint8))
    file = save(noisy)
    _, level = client.predict(file, sigma=0, api_name="/denoise")
    assert level == pytest.approx(0.2, rel=0.15)
    picture, told = client.predict(file, sigma=0.5, api_name="/denoise")
    assert told == 0.5 and pixels(picture).shape == (SIZE, SIZE, 3)


def test_interpolate_ends_at_the_two_seeds(client):
    gallery, film = client.predict(seed_a=4, seed_b=9, frames=3, steps=1, api_name="/interpolate")
    ends = [pixels(client.predict(steps=1, seed=seed, api_name="/generate")) for seed in (4, 9)]
    frames = [pixels(shown["image"]) for shown in gallery]
    assert len(frames) == 3
    for frame, end in zip((frames[0], frames[-1]), ends, strict=True):
        assert np.abs(frame - end).max() <= 1
    assert Image.open(film).n_frames == 4  # there and back


def test_interpolate_goes_from_one_scene_and_light_to_others(client):
    walk = {"seed_a": 4, "seed_b": 9, "frames": 3, "scene": "sea", "light": "day"}
    goals = {"to_scene": "alpine", "to_light": "night"}
    gallery, _ = client.predict(**walk, **goals, api_name="/interpolate")
    frames = [pixels(shown["image"]) for shown in gallery]
    told = {"scene": "sea", "light": "day"}, {"scene": "alpine", "light": "night"}
    for frame, seed, names in zip((frames[0], frames[-1]), (4, 9), told, strict=True):
        end = pixels(client.predict(steps=1, seed=seed, **names, api_name="/generate"))
        assert np.abs(frame - end).max() <= 1
    gallery, _ = client.predict(**walk, api_name="/interpolate")
    assert np.abs(pixels(gallery[0]["image"]) - frames[0]).max() <= 1
    assert np.abs(pixels(gallery[-1]["image"]) - frames[-1]).max() > 3


def test_interpolate_makes_a_grid_of_four_seeds(client):
    corners = {"seed_a": 1, "seed_b": 2, "seed_c": 3, "seed_d": 4}
    gallery, _ = client.predict(**corners, steps=1, api_name="/interpolate")
    frames = [pixels(shown["image"]) for shown in gallery]
    assert len(frames) == 25
    for place, seed in zip((0, 4, 20, 24), corners.values(), strict=True):
        alone = pixels(client.predict(steps=1, seed=seed, api_name="/generate"))
        assert np.abs(frames[place] - alone).max() <= 1


def test_steps_counts_its_evaluations(client):
    gallery, costs = client.predict(seed=5, api_name="/steps")
    counted = [row["evaluations"] for row in costs]
    assert counted == [*range(1, 9), *(2 * n - 1 for n in TEACHER_LEVELS)]
    assert all(row["milliseconds"] > 0 for row in costs)
    one = pixels(client.predict(steps=1, seed=5, api_name="/generate"))
    assert np.array_equal(pixels(gallery[0]["image"]), one)


def refused(client, *args, **kwargs):
    with pytest.raises(AppError) as error:
        client.predict(*args, **kwargs)
    sentence = str(error.value)
    assert "Traceback" not in sentence and "\n" not in sentence
    return sentence


def test_bad_input_is_refused_in_one_sentence(client, save, tmp_path, painting):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    broken, file = handle_file(tmp_path / "broken.png"), save(painting)
    huge = save(Image.new("1", (6000, 5000)), "huge.png")
    black = save(Image.new("L", painting.size, 0), "black.png")
    other = save(Image.new("L", (50, 20), 255), "other.png")
    assert "cannot be read" in refused(client, broken, api_name="/stroke")
    assert "larger than 25 million" in refused(client, huge, api_name="/stroke")
    assert "no picture" in refused(client, None, api_name="/stroke")
    assert "mask" in refused(client, file, None, api_name="/inpaint").lower()
    assert "mask" in refused(client, file, black, api_name="/inpaint")
    assert "draw it over the picture" in refused(client, file, other, api_name="/inpaint")
    assert "steps has to be a whole number from 1 to 8: not 99" in refused(
        client, steps=99, seed=0, api_name="/generate"
    )
    assert 'seed has to be a whole number from 0 to 999999: not "seven"' in refused(
        client, steps=1, seed="seven", api_name="/generate"
    )
    assert "it is empty" in refused(client, steps=1, seed=None, api_name="/generate")
    assert "left has" in refused(client, file, left=None, api_name="/outpaint")
    assert "No side grows" in refused(client, file, api_name="/outpaint")
    assert "four corners" in refused(client, 1, 2, seed_c=3, api_name="/interpolate")
    four = {"seed_c": 3, "seed_d": 4, "to_scene": "sea"}
    assert "between two seeds" in refused(client, 1, 2, **four, api_name="/interpolate")
    assert "'moon' is no scene" in refused(client, 1, 2, to_scene="moon", api_name="/interpolate")
    assert "noon" in refused(client, steps=1, light="noon", api_name="/generate")
