import dataclasses

import pytest

from train import held_out, loop


@pytest.fixture(autouse=True)
def without_held_out(monkeypatch):
    """No held-out errors and no grids: they are not what is tested here."""
    monkeypatch.setattr(held_out, "sheet", lambda *_: None)
    monkeypatch.setattr(held_out, "errors", lambda *_: {})


@pytest.fixture
def short(run_config):
    """A run of two steps."""
    return dataclasses.replace(run_config, images=16)


@pytest.fixture
def done(short, tmp_path):
    """The folder of a finished run."""
    loop.train(short, tmp_path / "done", device="cpu")
    return tmp_path / "done"
