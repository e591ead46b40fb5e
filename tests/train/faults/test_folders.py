"""A run's folder: whose it is, and what is in it already."""

import dataclasses
import os
import subprocess
import sys

import pytest

from cm_core.errors import CheckpointError, ConfigError, TrainingError
from tests.train.faults.saved import CPU, content, images
from train import loop, snapshot
from train.run import Run


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
    code += "with snapshot.locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
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
    with snapshot.locked(out), pytest.raises(TrainingError, match="Another run"):
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
