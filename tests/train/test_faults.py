"""What goes wrong around a run ends in a sentence, and what was saved before stays."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest
import torch

from cm_core.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import CheckpointError, ConfigError, DataError, SettingError, TrainingError
from train import grid, loop, reproduce, snapshot
from train.__main__ import main
from train.config import OptimConfig
from train.run import IN_VAIN, Run

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def unwatched(monkeypatch):
    """No held-out errors and no grids: they are not what is tested here."""
    monkeypatch.setattr(loop, "training_grid", lambda *_: None)
    monkeypatch.setattr(loop, "held_out_errors", lambda *_: {})


def content(folder):
    """Every file below a folder but its log and lock."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name not in ("log.jsonl", ".lock"))
    return {p.relative_to(folder): p.read_bytes() for p in files}


def images(folder):
    return snapshot.load_state(folder)["images"]


@pytest.fixture
def short(run_config):
    """A run of two steps."""
    return dataclasses.replace(run_config, images=16)


@pytest.fixture
def done(short, tmp_path):
    """The folder of a finished run."""
    loop.train(short, tmp_path / "done", device="cpu")
    return tmp_path / "done"


def test_a_run_is_overwritten_by_force_alone(short, done, tmp_path):
    before = content(done)
    for resume in (None, tmp_path / "other"):
        if resume:
            loop.train(short, resume, device="cpu")
        with pytest.raises(ConfigError, match=r"holds a run.*--resume .*--force"):
            loop.train(short, done, resume, device="cpu")
    assert content(done) == before
    longer = dataclasses.replace(short, images=24)
    loop.train(longer, done, resume=done, device="cpu")
    assert images(done) == 24
    loop.train(dataclasses.replace(short, seed=5), done, device="cpu", force=True)
    assert images(done) == 16


def test_shards_alone_are_a_run_too(short, done, tmp_path):
    Run(short, done, CPU).save(done, shards=True)
    (done / "state.pt").unlink()
    with pytest.raises(ConfigError, match="holds a run"):
        loop.train(short, done, device="cpu")


def test_what_to_go_on_from_has_to_be_there_but_in_the_run_s_own_folder(short, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("nowhere", "empty"):
        with pytest.raises(ConfigError, match=f"{name} holds no run to go on from"):
            loop.train(short, tmp_path / "out", tmp_path / name, device="cpu")
    assert not (tmp_path / "out" / "state.pt").exists()
    loop.train(short, tmp_path / "out", tmp_path / "." / "out", device="cpu")
    assert images(tmp_path / "out") == 16


def test_one_run_at_a_time_writes_to_a_folder(short, tmp_path):
    out = tmp_path / "out"
    code = "import sys; from train import snapshot; from pathlib import Path\n"
    code += "with snapshot.kept(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(TrainingError, match="Another run is writing to"):
            loop.train(short, out, device="cpu")
    finally:
        other.kill()  # and not let go in good order
        other.wait()
    loop.train(short, out, device="cpu")
    with snapshot.kept(out), pytest.raises(TrainingError, match="Another run"):
        loop.train(short, out, out, device="cpu")


@pytest.mark.parametrize("way", ["file", "file/in", "read-only"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_done(
    short, tmp_path, monkeypatch, way
):
    monkeypatch.setattr(loop, "Run", None)
    (tmp_path / "file").write_text("mine")
    if way == "read-only":  # as it is for everybody but root
        opened = os.open

        def refused(path, flags, *args, **kwargs):
            if "read-only" in str(path) and flags & (os.O_WRONLY | os.O_RDWR):
                raise PermissionError(13, "Permission denied")
            return opened(path, flags, *args, **kwargs)

        monkeypatch.setattr(os, "open", refused)
    with pytest.raises((TrainingError, CheckpointError), match=r"is a file|made: |written to: Per"):
        loop.train(short, tmp_path / way, device="cpu")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_that_diverges_stops_and_saves_nothing_of_it(short, done, capsys, monkeypatch):
    before = content(done)
    wild = dataclasses.replace(short, images=10**6, optim=OptimConfig(lr=1e30, warmup=0))
    with pytest.raises(TrainingError, match=r"tiny has diverged: at [\d,]+ images"):
        loop.train(wild, done, done, save_every=1e-9, device="cpu")
    assert content(done) == before
    toml = done / "wild.toml"
    toml.write_text('name="x"\nobjective="edm"\nimages=1\nbatch=1\nema=[0.9]')

    def diverges(*args):
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


def test_a_few_steps_in_vain_are_none(run_config, monkeypatch):
    run, nan = Run(run_config, None, CPU), float("nan")
    norms = iter([*[nan] * (IN_VAIN - 1), 1.0, *[nan] * IN_VAIN])
    monkeypatch.setattr("train.run.length_of", lambda p: next(norms) if list(p) else 0.0)
    for _ in range(IN_VAIN):
        run.step()
    assert (run.skipped, run.in_vain) == (IN_VAIN - 1, 0)
    with pytest.raises(TrainingError, match="diverged"):
        for _ in range(IN_VAIN):
            run.step()


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


STATES = {
    "a list": [1, 2],
    "weights": {"w": torch.zeros(3)},
    "text for images": {"images": "many"},
    "less than nothing": {"images": -8},
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_state_that_is_something_else_is_refused(short, done, state):
    torch.save(state, done / "state.pt")
    with pytest.raises((CheckpointError, ConfigError), match=r"state\.pt"):
        loop.train(short, done, done, device="cpu")


@pytest.mark.parametrize("part", ["model", "objective", "emas", "optimiser", "scaler"])
@pytest.mark.parametrize("other", [3, {}, [], {"a": torch.zeros(2)}])
def test_a_state_with_a_part_of_something_else_is_refused(short, done, part, other):
    if (part, other) == ("objective", {}) or (part == "scaler" and isinstance(other, dict)):
        return  # which is what there is in this run, or what nobody reads
    state = snapshot.load_state(done)
    torch.save({**state, part: other}, done / "state.pt")
    with pytest.raises((CheckpointError, ConfigError), match=r"state\.pt"):
        Run(short, done, CPU)


def test_averages_of_another_form_are_refused(short, done):
    state = snapshot.load_state(done)
    state["emas"]["ema-0.9"]["net.out_conv.bias"] = torch.zeros(1)  # which would fit by repetition
    torch.save(state, done / "state.pt")
    with pytest.raises(CheckpointError, match=r"'net.out_conv.bias' is \(1,\)"):
        Run(short, done, CPU)


@pytest.mark.parametrize(
    "text", ["", '{"images": 16, "sha', "[]", '{"images": 16}', '{"images": "x", "shards": []}',
             '{"images": 16, "shards": ["../state.pt"]}', '{"images": 16, "shards": []}'],
)  # fmt: skip
def test_a_cut_index_is_refused(short, done, text):
    Run(short, done, CPU).save(done, shards=True)
    (done / "state.pt").unlink()
    (done / "index.json").write_text(text)
    with pytest.raises(CheckpointError):
        loop.train(short, done, done, device="cpu")


def test_shards_of_two_saves_are_never_mixed(short, done, monkeypatch):
    run = Run(short, done, CPU)
    run.save(done, shards=True)
    before, count = snapshot.load_shards(done), 0
    whole = snapshot.write_atomically

    def killed(path, data):
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        whole(path, data)

    monkeypatch.setattr(snapshot, "SHARD_BYTES", 20_000)
    monkeypatch.setattr(snapshot, "write_atomically", killed)
    with pytest.raises(KeyboardInterrupt):
        sets = {"model": {k: v + 1 for k, v in run.model.state_dict().items()}}
        snapshot.save_shards(done, sets, 24)
    after = snapshot.load_shards(done)
    assert after[1] == before[1] == 16 and after[0].keys() == before[0].keys()
    assert all(torch.equal(after[0]["model"][k], v) for k, v in before[0]["model"].items())


@pytest.mark.parametrize("call", range(1, 8))
def test_a_full_disk_leaves_the_last_save(short, done, monkeypatch, call):
    run, count, sync = Run(dataclasses.replace(short, images=24), done, CPU), 0, os.fsync
    run.step()

    def full(file):
        nonlocal count
        count += 1
        if count >= call:
            raise OSError(28, "No space left on device")
        sync(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="could not be written: No space left"):
        run.save(done, shards=True)
    monkeypatch.undo()
    assert not list(done.rglob("*.partial"))
    assert images(done) == (24 if call > 5 else 16)  # two averages of two files, the state
    for name in ("ema-0.9", "ema-share-0.1"):
        load_checkpoint(done / name)
    loop.train(dataclasses.replace(short, images=32), done, done, device="cpu")
    assert images(done) == 32


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


def test_a_grid_is_written_whole_or_refused(tmp_path):
    pictures = torch.zeros(2, 3, 8, 8)
    grid.save_grid(pictures, tmp_path / "new" / "grid.png", 2)
    assert (tmp_path / "new" / "grid.png").stat().st_size > 50
    with pytest.raises(SettingError, match=r"end it in \.png"):
        grid.save_grid(pictures, tmp_path / "grid.tex", 2)
    with pytest.raises(CheckpointError, match="could not be made"):
        grid.save_grid(pictures, tmp_path / "new" / "grid.png" / "grid.png", 2)


def test_samples_go_down_to_the_model_s_own_sigma_min(monkeypatch, teacher, consistent):
    model = load_checkpoint(consistent)
    model.config = dataclasses.replace(model.config, sigma_min=0.5)
    made = grid.samples(model, 1, 2, sigmas=[80.0, 1.0])
    asked = []
    estimate = model.estimate
    monkeypatch.setattr(
        model, "estimate", lambda x, t, label: asked.append(x) or estimate(x, t, label)
    )
    again = grid.samples(model, 1, 2, sigmas=[80.0, 1.0])
    assert torch.equal(made, again)
    seeds = torch.Generator().manual_seed(0)
    noise = [torch.randn(1, 3, 16, 16, generator=seeds) for _ in range(2)]
    x0 = model(80 * noise[0], 80.0).clamp(-1, 1)
    assert torch.allclose(asked[1], x0 + (1 - 0.5**2) ** 0.5 * noise[1], atol=1e-5)


def test_json_is_read_as_it_was_written(done):
    assert json.loads((done / "log.jsonl").read_text().splitlines()[0])["start"] == 0
    save_checkpoint(load_checkpoint(done / "ema-0.9"), done / "again")
    assert (done / "again" / "config.json").read_text() == (
        done / "ema-0.9" / "config.json"
    ).read_text()
