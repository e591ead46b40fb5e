import pytest

from train.evaluation import cache, scenes


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Nothing is kept beyond a test, and no process is started for a few scenes."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(scenes, "BLOCK", 20)
    monkeypatch.setattr(scenes, "ALONE", 10**6)
