import numpy as np
import pytest
from PIL import Image

from cm_core.checkpoints.checkpoint import save_checkpoint
from editing.__main__ import main


@pytest.fixture
def files(tmp_path):
    """A picture, a mask over its middle, a small picture and a colour hint."""
    pixels = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    mask = Image.new("L", (32, 24), 0)
    mask.paste(255, (10, 8, 20, 16))
    mask.save(tmp_path / "mask.png")
    mask.crop((8, 6, 24, 22)).save(tmp_path / "square.png")
    Image.fromarray(pixels[:4, :4]).save(tmp_path / "small.png")
    Image.fromarray(pixels[:13]).save(tmp_path / "wide.png")
    hints = Image.new("RGBA", (32, 24))
    hints.paste((200, 40, 40, 255), (2, 2, 8, 8))
    hints.save(tmp_path / "hints.png")
    return tmp_path


def run(folder, *arguments):
    return main([str(a) for a in (*arguments, "--model", folder)])


def test_inpaint_changes_the_mask_only_at_full_size(files, folder):
    out = files / "out.png"
    assert run(folder, "inpaint", files / "in.png", "--mask", files / "mask.png", "--out", out) == 0
    before, after = np.array(Image.open(files / "in.png")), np.array(Image.open(out))
    inside = np.array(Image.open(files / "mask.png")) > 127
    assert (before[~inside] == after[~inside]).all() and (before[inside] != after[inside]).any()


@pytest.mark.parametrize(
    "arguments",
    [
        ["colorize", "in.png", "--hints", "hints.png"],
        ["stroke", "in.png", "--strength", "0.4", "--label", "scene=lake"],
        ["stroke", "in.png", "--mask", "mask.png"],
        ["denoise", "in.png", "--sigma", "0.3"],
        ["denoise", "in.png"],
    ],
)
def test_every_task_writes_a_picture_of_the_inputs_own_size(files, folder, arguments):
    out = files / "out.png"
    named = [files / a if a.endswith(".png") else a for a in arguments]
    assert run(folder, *named, "--out", out) == 0
    assert Image.open(out).size == (32, 24)


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        (["small.png"], (16, 16)),
        (["in.png", "--factor", "2"], (16, 12)),
        (["wide.png", "--factor", "4"], (16, 8)),  # twice the 2 pixels that 4 are high as 1.6
    ],
)
def test_a_small_picture_comes_at_the_models_size(files, folder, arguments, size):
    made = []
    for name in ("enlarge", "super_resolve"):
        out = files / f"{name}.png"
        assert run(folder, name, files / arguments[0], *arguments[1:], "--out", out) == 0
        made.append(Image.open(out))
        assert made[-1].size == size
    assert made[0].tobytes() == made[1].tobytes()


def test_a_panorama_grows_on_both_sides_and_keeps_its_picture(files, folder):
    out = files / "wide.png"
    wide = ["panorama", files / "in.png", "--width", 52, "--steps", 1]
    assert run(folder, *wide, "--out", out) == 0
    before, after = np.array(Image.open(files / "in.png")), np.array(Image.open(out))
    assert after.shape == (24, 52, 3) and (after[:, 10:42] == before).all()


def test_a_day_passes_over_a_painting(files, folder):
    out = files / "day.png"
    day = ["day", files / "in.png", "--frames", 3, "--strength", "0", "--scene", "lake"]
    assert run(folder, *day, "--out", out) == 0
    frames = np.array(Image.open(out))
    assert frames.shape == (12, 3 * 16, 3)  # in the painting's shape
    dusk, noon, night = np.split(frames, 3, axis=1)
    assert max(night.mean(), dusk.mean()) < noon.mean() - 10  # of a model that has learned nothing


def test_a_painting_told_a_light_becomes_as_dark_as_that(files, folder):
    """By the short option and by the long one; little noise keeps the strokes' colours."""
    mean = {}
    for how in (["--light", "night"], ["--label", "light=night"], ["--light", "day"]):
        out = files / "out.png"
        stroke = ["stroke", files / "in.png", "--strength", "0", "--steps", 1]
        assert run(folder, *stroke, *how, "--out", out) == 0
        mean[how[1]] = np.array(Image.open(out)).mean()
    assert mean["night"] == mean["light=night"] < mean["day"] - 20


def test_interpolate_writes_an_animation_or_a_strip(files, folder):
    for name, size, frames in (("walk.webp", (16, 16), 5), ("walk.png", (80, 16), 1)):
        out = files / name
        assert run(folder, "interpolate", 1, 2, "--frames", 5, "--out", out) == 0
        made = Image.open(out)
        assert made.size == size and getattr(made, "n_frames", 1) == frames


def test_a_walk_goes_to_another_label(files, folder):
    """Ends are what their seeds draw at the lights named, in the scene of both."""
    strip, scene, ends = files / "walk.png", ["--scene", "lake"], []
    walk = ["interpolate", 1, 2, "--frames", 3, "--light", "day", "--to", "light=night"]
    assert run(folder, *walk, *scene, "--out", strip) == 0
    for seed, light in ((1, "day"), (2, "night")):
        out = files / f"{light}.png"
        one = ["generate", "--seed", seed, "--light", light, *scene]
        assert run(folder, *one, "--out", out) == 0
        ends.append(np.array(Image.open(out)).astype(int))
    frames = np.array(Image.open(strip)).astype(int)
    assert abs(frames[:, :16] - ends[0]).max() <= 1 and abs(frames[:, 32:] - ends[1]).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stroke", "gone.png"], "There is no file"),
        (["inpaint", "in.png", "--mask", "square.png"], "draw it over the picture"),
        (["inpaint", "in.png", "--mask", "in.png"], "The mask holds many colours"),
        (["stroke", "in.png", "--strength", "7"], "strength lies between 0 and 1"),
        (["stroke", "in.png", "--label", "scene=street"], "choose lake, moor"),
        (["super_resolve", "in.png"], "whole factor"),
        (["stroke", "in.png", "--samples-per-step", "0"], "samples_per_step lies between"),
        (["stroke", "in.png", "--steps", "0"], "steps counts noise levels"),
        (["outpaint", "in.png"], "No side grows"),
        (["day", "in.png", "--light", "dusk"], "name the scene alone"),
        (["panorama", "in.png", "--width", "30"], "wider than its picture"),
        (["interpolate", "1", "2", "3"], "two seeds, or four"),
        (["interpolate", "1", "2", "--to", "light=noon"], "'noon' is no light"),
        (["interpolate", "1", "2", "--to", "dusk"], "AXIS=NAME"),
        (["interpolate", "1", "2", "3", "4", "--to", "light=dusk"], "between two seeds"),
        (["generate", "--scale", "0"], "scale is a whole number"),
        (["generate", "--scene", "street"], "choose lake, moor"),
        (["steps"], "There is no model"),
    ],
)
def test_bad_input_exits_with_2_and_one_line(files, folder, capsys, arguments, sentence):
    named = [files / a if a.endswith(".png") else a for a in arguments]
    assert run(folder, *named, "--out", files / "out.png") == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert not (files / "out.png").exists()


def test_an_unknown_model_exits_with_2(files, capsys):
    assert run("nowhere", "stroke", files / "in.png", "--out", files / "out.png") == 2
    assert "There is no model" in capsys.readouterr().err


def test_the_kind_of_file_is_checked_before_the_work(files, folder, capsys):
    for name, sentence in (("out.xyz", "kind of picture"), ("gone/out.png", "no folder")):
        assert run(folder, "generate", "--out", files / name) == 2
        assert sentence in capsys.readouterr().err


def test_outpaint_keeps_the_old_picture(files, folder):
    out = files / "out.png"
    picture = np.array(Image.open(files / "in.png"))
    margins = ["--left", 5, "--bottom", 9]
    assert run(folder, "outpaint", files / "in.png", *margins, "--out", out) == 0
    made = np.array(Image.open(out))
    assert made.shape == (33, 37, 3) and (made[:24, 5:] == picture).all()


def test_generate_and_interpolate_agree_on_a_seed(files, folder):
    one, grid, corners = files / "one.png", files / "grid.png", files / "corners.png"
    assert run(folder, "generate", "--seed", 3, "--steps", 2, "--out", one) == 0
    assert run(folder, "generate", "--seed", 2, "--count", 9, "--steps", 2, "--out", grid) == 0
    seeds = ["interpolate", 1, 3, 5, 8, "--rows", 2, "--columns", 3, "--steps", 2]
    assert run(folder, *seeds, "--out", corners) == 0
    alone = np.array(Image.open(one)).astype(int)
    assert np.array(Image.open(grid)).shape == (32, 128, 3)
    assert abs(np.array(Image.open(grid))[:16, 16:32] - alone).max() <= 1
    assert abs(np.array(Image.open(corners))[:16, 32:] - alone).max() <= 1


def test_denoise_says_the_level_it_estimated(files, folder, capsys):
    out = files / "out.png"
    assert run(folder, "denoise", files / "in.png", "--add", 0.4, "--beside", "--out", out) == 0
    assert "(estimated)" in capsys.readouterr().out
    assert Image.open(out).size == (64, 24)


def test_scale_and_bicubic_beside(files, folder):
    out = files / "out.png"
    small = ["super_resolve", files / "small.png", "--beside", "--scale", 4]
    assert run(folder, *small, "--out", out) == 0
    assert Image.open(out).size == (128, 64)


def test_steps_compares_one_noise(files, folder, capsys):
    out, counts = files / "out.png", ["--counts", 1, 2, "--levels", 2, 3]
    assert run(folder, "steps", *counts, "--teacher", folder, "--out", out) == 0
    assert Image.open(out).size == (64, 16)
    said = capsys.readouterr().out
    assert "NFE 1," in said and "NFE 3," in said and "NFE 5," in said
    assert run(folder, "steps", *counts, "--no-teacher", "--out", out) == 0
    assert Image.open(out).size == (32, 16)


def test_a_folder_with_one_mask_is_one_command_and_one_model(files, folder, monkeypatch, capsys):
    """Each as it is made alone; what cannot be read is named, the others are made."""
    from editing import __main__ as command

    many, out, loads = files / "many", files / "made", []
    many.mkdir()
    picture = Image.open(files / "in.png")
    for name in ("b.png", "a.webp", "c.gif", ".hidden.png"):
        picture.save(many / name, lossless=True)
    (many / "notes.txt").write_text("no picture")
    (many / "bad.jpg").write_text("no picture")
    (files / "mask.png").rename(many / "mask.png")
    load = command.load_model
    monkeypatch.setattr(command, "load_model", lambda *a, **k: loads.append(a) or load(*a, **k))
    line = ["inpaint", many, "--mask", many / "mask.png", "--steps", 1, "--seed", 4]
    assert run(folder, *line, "--out", out) == 2
    assert len(loads) == 1 and "bad.jpg cannot be read" in capsys.readouterr().err
    assert sorted(p.name for p in out.iterdir()) == ["a.webp", "b.png", "c.gif.png"]
    one = files / "one.png"
    line[1] = files / "in.png"
    assert run(folder, *line, "--out", one) == 0
    for name in ("a.webp", "b.png"):
        made = np.array(Image.open(out / name).convert("RGB"))
        assert (made == np.array(Image.open(one))).all()


def test_folders_that_cannot_be_are_refused(files, folder, capsys):
    (files / "none").mkdir()
    for given, out, said in (
        (files / "none", files / "made", "no pictures in"),
        (files, files, "choose another folder"),
        (files, files / "in.png", "need a folder too"),
        (files, files / "gone" / "made", "cannot be made"),
    ):
        assert run(folder, "denoise", given, "--out", out) == 2
        assert said in capsys.readouterr().err
    assert not (files / "made").exists()


def test_a_picture_comes_larger_by_a_detailer(files, folder, detailer, capsys):
    out, finer = files / "out.png", files / "detailer"
    save_checkpoint(detailer, finer)
    for factor in (2, 4):
        given = ["enlarge", files / "in.png", "--factor", factor]
        assert run(finer, *given, "--out", out) == 0
        assert Image.open(out).size == (32 * factor, 24 * factor)
    assert run(folder, "stroke", files / "in.png", "--detailer", finer, "--out", out) == 0
    assert Image.open(out).size == (32, 24)
    assert run(finer, "super_resolve", files / "in.png", "--out", out) == 0
    assert Image.open(out).size == (32 * 4, 24 * 4)
    assert run(finer, "enlarge", files / "in.png", "--steps", 2, "--out", out) == 2
    assert "in one evaluation" in capsys.readouterr().err
    assert run(folder, "enlarge", files / "in.png", "--out", out) == 2
    assert "by a whole factor" in capsys.readouterr().err
    assert run(folder, "stroke", files / "in.png", "--detailer", folder, "--out", out) == 2
    assert "not a detailer" in capsys.readouterr().err
    assert run(folder, "steps", "--teacher", finer, "--out", out) == 2
    assert "not a diffusion model" in capsys.readouterr().err
