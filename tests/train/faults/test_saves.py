"""Saves that were damaged or broken off: refused, or never there."""

import dataclasses
import json
import os

import pytest
import torch

from cm_core.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import CheckpointError, ConfigError
from tests.train.faults.saved import CPU, images
from train import loop, snapshot
from train.run import Run

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
    for name in ("ema-0.9", "ema-halflife-0.1"):
        load_checkpoint(done / name)
    loop.train(dataclasses.replace(short, images=32), done, done, device="cpu")
    assert images(done) == 32


def test_json_is_read_as_it_was_written(done):
    assert json.loads((done / "log.jsonl").read_text().splitlines()[0])["start"] == 0
    save_checkpoint(load_checkpoint(done / "ema-0.9"), done / "again")
    assert (done / "again" / "config.json").read_text() == (
        done / "ema-0.9" / "config.json"
    ).read_text()
