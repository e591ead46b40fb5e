"""Runs that cannot go on end in a sentence; what was saved before stays."""

import dataclasses

import numpy as np
import pytest
import torch

from cm_core.checkpoints.checkpoint import load_checkpoint
from cm_core.errors import ConfigError, DataError, TrainingError
from tests.train.faults.saved import CPU, content, images
from train import loop, preset_table, reproduce
from train.__main__ import main
from train.config import OptimConfig
from train.memory import enough_memory
from train.run import MAX_CONSECUTIVE_SKIPS, Run


def test_a_run_that_diverges_stops_and_saves_nothing_of_it(short, done, capsys, monkeypatch):
    before = content(done)
    wild = dataclasses.replace(short, images=10**6, optim=OptimConfig(lr=1e30, warmup=0))
    with pytest.raises(TrainingError, match=r"tiny has diverged: at [\d,]+ images"):
        loop.train(wild, done, done, save_every=1e-9, device="cpu")
    assert content(done) == before
    toml = done / "wild.toml"
    toml.write_text('name="x"\nobjective="edm"\nimages=1\nbatch=1\nema=[0.9]')

    def diverges(*args, **options):
        raise Run.diverged(run)

    run = Run(short, None, CPU)
    monkeypatch.setattr(loop, "train", diverges)
    monkeypatch.setattr("sys.argv", ["train", "run", str(toml)])
    assert main() == 2
    assert "has diverged" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["model", "average"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_weights_that_are_no_numbers_are_not_written(short, done, place, value):
    run, before = Run(short, done, CPU), content(done)
    weights = run.model.state_dict() if place == "model" else run.emas[-1].weights
    with torch.no_grad():
        weights["net.out_conv.bias"][0] = value
    if place == "model" and value == 1e6:  # only averages are written in half precision
        run.save(done, shards=False)
        return
    with pytest.raises(TrainingError, match="diverged"):
        run.save(done, shards=True)
    assert content(done) == before


def test_a_few_skipped_steps_do_not_end_a_run(run_config, monkeypatch):
    run, nan = Run(run_config, None, CPU), float("nan")
    norms = iter([*[nan] * (MAX_CONSECUTIVE_SKIPS - 1), 1.0, *[nan] * MAX_CONSECUTIVE_SKIPS])
    monkeypatch.setattr("train.run.grad_norm", lambda p: next(norms) if list(p) else 0.0)
    for _ in range(MAX_CONSECUTIVE_SKIPS):
        run.step()
    assert (run.skipped, run.consecutive_skips) == (MAX_CONSECUTIVE_SKIPS - 1, 0)
    with pytest.raises(TrainingError, match="diverged"):
        for _ in range(MAX_CONSECUTIVE_SKIPS):
            run.step()


MUCH = 10**15  # bytes, which no machine has


def on_a_card(*_):
    """What torch raises where a card has no more memory."""
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.mark.parametrize("allocate", [bytearray, np.empty, torch.empty, on_a_card])
def test_too_little_memory_is_told_and_what_was_saved_stays(
    short, done, monkeypatch, capsys, allocate
):
    before = content(done)
    monkeypatch.setattr(Run, "draw", lambda *_: allocate(MUCH))
    short = dataclasses.replace(short, images=32)
    sentence = "not enough memory: take a smaller batch"
    with pytest.raises(TrainingError, match=sentence), enough_memory():
        loop.train(short, done, done, device="cpu")
    assert content(done) == before
    monkeypatch.setattr(preset_table, "table", lambda: allocate(MUCH))  # of any other command
    monkeypatch.setattr("sys.argv", ["train", "list"])
    assert main() == 2
    assert "not enough memory" in capsys.readouterr().err


def test_what_is_a_fault_of_ours_is_no_lack_of_memory(short, tmp_path, monkeypatch):
    monkeypatch.setattr(Run, "draw", lambda *_: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size"), enough_memory():
        loop.train(short, tmp_path, device="cpu")


def test_a_broken_picture_is_named_after_what_was_learnt_is_saved(
    run_config, tmp_path, monkeypatch
):
    draw = Run.draw

    def until(run, at, size):
        if at == 24:
            raise DataError("picture.png cannot be read as a picture: mend it or take it away.")
        return draw(run, at, size)

    monkeypatch.setattr(Run, "draw", until)
    with pytest.raises(DataError, match=r"picture\.png"):
        loop.train(run_config, tmp_path, device="cpu")
    assert images(tmp_path) == 24
    monkeypatch.undo()
    loop.train(run_config, tmp_path / "whole", device="cpu")
    loop.train(run_config, tmp_path, tmp_path, device="cpu")
    ours, theirs = (load_checkpoint(tmp_path / p / "ema-0.9").state_dict() for p in ("", "whole"))
    assert all(torch.equal(ours[k], v) for k, v in theirs.items())


def test_a_leg_that_is_over_before_it_began_says_so(short, tmp_path, capsys, monkeypatch):
    with pytest.raises(TrainingError, match="1e-05 minutes were over before a first step"):
        loop.train(short, tmp_path / "a", minutes=1e-5, device="cpu")
    assert not (tmp_path / "a" / "state.pt").exists()
    for minutes in (0, -1, float("nan")):
        with pytest.raises(ConfigError, match="--minutes are more than 0"):
            loop.train(short, tmp_path / "a", minutes=minutes, device="cpu")
        with pytest.raises(ConfigError, match="--minutes are more than 0"):
            reproduce.reproduce("landscape64", tmp_path, minutes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--images", "0"], "'images' should be greater than or equal to 1, not 0"),
        (["--images", "-5"], "'images' should be"),
        (["--device", "tpu"], "There is no device 'tpu': it is cpu or cuda"),
        (["--device", "cuda"], "no CUDA card"),
        (["--save-every", "nan"], "--save-every is 0 or more"),
        (["--resume", "nowhere"], "nowhere holds no run"),
    ],
)
def test_the_command_line_ends_with_a_sentence(
    tmp_path, monkeypatch, capsys, pictures, arguments, message
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "x.toml").write_text(
        f'name="x"\nobjective="edm"\nimages=8\nbatch=8\nema=[0.9]\n[data]\nfile="{pictures}"\n'
        "size=16\n[net]\nimage_size=16\npatch=2\nchannels=16\nchannel_mult=[1]"
    )
    run = ["train", "run", str(tmp_path / "x.toml"), "--out", str(tmp_path / "out"), *arguments]
    monkeypatch.setattr("sys.argv", run)
    assert main() == 2
    assert message in capsys.readouterr().err
