import dataclasses
import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import CheckpointError, ConfigError, TrainingError
from train import __main__, loop, reproduce, snapshot
from train.progress import Progress
from train.recipe import Stage, load_recipe

# A recipe in a process of its own, slowed down and saving after every step.
CHILD = """
import sys, time, torch
from pathlib import Path
from train import held_out, loop, reproduce
torch.set_num_threads(int(sys.argv[3]))
reproduce.SAVE_EVERY, step = 0.0, loop.Run.step
held_out.sheet = held_out.errors = lambda *_: None
loop.Log.held_out = lambda *_: None
loop.Run.step = lambda run: (time.sleep(0.05), step(run))[1]
reproduce.reproduce(sys.argv[1], Path(sys.argv[2]), device="cpu")
"""


def weights(folder):
    return load_checkpoint(folder).state_dict()


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def run(preset, out, **how):
    return reproduce.reproduce(preset, out, device="cpu", **how)


def test_one_command_makes_all_of_it(tmp_path, toy, capsys):
    out = tmp_path / "out"
    sys.argv = ["train", "reproduce", toy(), "--out", str(out), "--device", "cpu"]
    assert __main__.main() == 0
    model, teacher = load_model(out / "toy"), load_model(out / "toy-teacher")
    assert isinstance(model, ConsistencyModel) and isinstance(teacher, Denoiser)
    assert (model.config.name, teacher.config.name) == ("toy", "toy-teacher")
    assert equal(weights(out / "toy"), weights(out / "model/ema-halflife-0.1"))
    card = (out / "toy/README.md").read_text()
    assert f"Made by `python -m train reproduce {toy()} --out {out}`: stage 'model', 80 im" in card
    # All is done: nothing is trained again, and what was added to the card since then stays.
    (out / "toy/README.md").write_text(card + "measured")
    saved = (out / "model/state.pt").stat().st_mtime_ns
    capsys.readouterr()
    assert run(toy(), out)
    assert (out / "model/state.pt").stat().st_mtime_ns == saved
    assert (out / "toy/README.md").read_text() == card + "measured"
    assert capsys.readouterr().out.count("is done") == 2


def test_a_stage_starts_from_the_weights_of_the_one_before(tmp_path, toy):
    out = tmp_path / "out"
    assert run(toy(), out, last="teacher")
    assert not (out / "model").exists() and (out / "toy-teacher").is_dir()
    stage = load_recipe(toy(), out).stages[1]
    begun = loop.Run(stage.config, None, torch.device("cpu"))
    before = load_checkpoint(out / "teacher/ema-halflife-0.1")
    assert isinstance(begun.model, ConsistencyModel)
    assert equal(dict(begun.model.state_dict()), dict(before.state_dict()))
    assert begun.model.config.sigma_data == before.config.sigma_data
    assert stage.config.teacher == stage.config.init == str(out / "teacher/ema-halflife-0.1")


def test_killed_in_every_stage_it_ends_with_the_very_same_weights(tmp_path, toy):
    preset, whole, broken = toy(160), tmp_path / "whole", tmp_path / "broken"
    for name in ("teacher", "model"):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, preset, str(broken), str(torch.get_num_threads())]
        )
        began = time.monotonic()
        while not (broken / name / "state.pt").exists():
            assert child.poll() is None and time.monotonic() - began < 120
            time.sleep(0.01)
        delay = random.uniform(0, 0.7)
        time.sleep(delay)
        child.kill()
        assert child.wait() == -9
        images = snapshot.load_state(broken / name)["images"]
        assert 0 < images < 160, f"killed after {delay} s"
    assert run(preset, broken) and run(preset, whole)
    for name in ("teacher", "model"):
        ours, theirs = (snapshot.load_state(out / name) for out in (whole, broken))
        assert ours["images"] == theirs["images"] == 160
        assert equal(ours["model"], theirs["model"])
        assert equal(ours["emas"]["ema-halflife-0.1"], theirs["emas"]["ema-halflife-0.1"])
    assert equal(weights(whole / "toy"), weights(broken / "toy"))


def test_a_state_that_says_the_end_has_its_checkpoints(tmp_path, config_of, monkeypatch):
    """Killed while it writes its last checkpoint, a stage is not done yet."""
    stage = Stage("teacher", config_of("edm"), tmp_path)
    run = loop.Run(stage.config, None, torch.device("cpu"))
    run.images = stage.config.images

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("train.run.save_checkpoint", killed)
    with pytest.raises(KeyboardInterrupt):
        run.save(tmp_path, shards=False)
    assert stage.work_left
    monkeypatch.undo()
    run.save(tmp_path, shards=False)
    assert not stage.work_left and stage.weights.is_dir()


@pytest.mark.parametrize("out", ["file", "file/in", "taken"])
def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_rendered(
    tmp_path, toy, monkeypatch, out
):
    monkeypatch.setattr(reproduce, "render", None)
    (tmp_path / "file").write_text("mine")
    held = snapshot.locked(tmp_path / "taken") if out == "taken" else nullcontext()
    with (
        held,
        pytest.raises((TrainingError, CheckpointError), match=r"is a file|made: |Another run"),
    ):
        run(toy(), tmp_path / out)
    assert (tmp_path / "file").read_text() == "mine"


def test_it_stops_in_its_minutes_and_says_how_to_go_on(tmp_path, toy, clock, capsys):
    """Of 3 seconds a twentieth is for the last save: the third step ends after what is left."""
    out, preset = tmp_path / "out", toy(10**6)
    for images in (24, 48):
        assert not run(preset, out, minutes=0.05)
        assert snapshot.load_state(out / "teacher")["images"] == images
        line = capsys.readouterr().out.splitlines()[-1]
        assert f"{images} of 1,000,000 images" in line
        assert line.endswith(f"python -m train reproduce {preset} --out {out}")
    assert not (out / "toy-teacher").exists()


def test_all_stages_end_in_the_minutes_they_are_fitted_into(tmp_path, toy, clock):
    """Of 9 seconds a twentieth is for each stage's last save; the others are 3 to 4, as the work
    is: 3.5 for the teacher, which takes 4 steps, and what is left then, 4.55, for the model."""
    out, preset = tmp_path / "out", toy(10**6)
    teacher, model = load_recipe(preset, out).stages
    assert (teacher.work_left, model.work_left) == (3e6, 4e6)  # in evaluations: edm 3, ect 4
    assert run(preset, out, minutes=0.15, fit=True)
    for stage, images in ((teacher, 32), (model, 40)):
        assert stage.progress == Progress(images, images, 8) and stage.work_left == 0
        group = snapshot.load_state(stage.folder)["optimiser"]["param_groups"][0]
        assert group["lr"] < stage.config.optim.lr / 4  # nearly at the schedule's end, which is 0
    assert run(toy(10**6), out)  # done by what the states say, whatever the recipe asked for
    with pytest.raises(ConfigError, match="needs them"):
        run(preset, out, fit=True)


def test_a_run_that_is_fitted_on_its_way_goes_through_what_is_left(
    tmp_path, config_of, clock, monkeypatch
):
    """Four of ten steps are done; the first of what is left takes 1 of 1.2 seconds."""
    config = config_of("edm")
    begun = loop.Run(config, None, torch.device("cpu"))
    for _ in range(4):
        begun.step()
    begun.save(tmp_path, shards=False)
    done, fit = [], loop.Run.fit
    monkeypatch.setattr(loop.Run, "fit", lambda run, d: (done.append(d), fit(run, d)))
    loop.train(config, tmp_path, tmp_path, minutes=0.02, device="cpu", fit=True)
    assert done == pytest.approx([0.4, 0.9, 1.0])


def test_it_begins_from_given_weights_and_keeps_their_scale(tmp_path, toy, teacher):
    start, out = tmp_path / "given", tmp_path / "out"
    model = load_checkpoint(teacher)
    model = Denoiser(dataclasses.replace(model.config, name="given", sigma_data=0.123))
    save_checkpoint(model, start)
    assert run(toy(), out, start=start, last="teacher")
    assert load_recipe(toy(), out, begun=True).stages[0].config.init == str(out / "start")
    (start / "model.safetensors").unlink()
    assert run(toy(), out)  # what it began from lies in its own folder
    for name in ("toy-teacher", "toy"):
        assert load_checkpoint(out / name).config.sigma_data == 0.123
        assert "begun from the weights of given" in (out / name / "README.md").read_text()
    with pytest.raises(ConfigError, match="begun from other weights"):
        run(toy(), out, start=teacher)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        run(toy(), tmp_path / "new", start=tmp_path)


def test_pictures_are_rendered_first(tmp_path, toy, pictures, monkeypatch, capsys):
    made, asked, slow = tmp_path / "renders", [], True

    def build(folder, size, count, jobs, force):
        asked.append((folder, size, count, jobs))
        began = time.monotonic()
        while slow and time.monotonic() - began < 60:
            time.sleep(0.01)
        shutil.copytree(pictures, folder, dirs_exist_ok=True)

    monkeypatch.setattr("train.landscapes.store.build", build)
    preset = toy(16, made, **{"size = 16\n[net]": "size = 16\ncount = 40\n[net]"})
    assert not run(preset, tmp_path / "out", minutes=0.01)
    assert "Not all pictures are rendered yet; go on with: python -m" in capsys.readouterr().out
    assert not (made / "about.json").exists() and not [*(tmp_path / "out").glob("[!.]*")]
    slow = False
    assert run(preset, tmp_path / "out", jobs=3)
    assert asked == [(made, 16, 40, os.cpu_count()), (made, 16, 40, 3)]
