import numpy as np
import pytest
import torch

from cm_core.errors import SettingError
from cm_core.labels import Labels
from tests.train.evaluation import fakes
from train.evaluation import cache, scenes


def test_halves_share_no_seed_and_none_is_trained_on():
    choosing, reported = (scenes.held_out_seeds(half, 0, 500) for half in scenes.HALVES)
    assert not set(choosing) & set(reported)
    assert sorted([*choosing, *reported]) == list(range(10**9, 10**9 + 1000))
    assert list(scenes.held_out_seeds("reported", 3, 2)) == [10**9 + 7, 10**9 + 9]
    with pytest.raises(SettingError, match="choosing or reported"):
        scenes.held_out_seeds("other", 0, 1)


def test_scenes_are_those_of_their_seeds_and_drawn_once():
    drawn = []

    def counted(seed, size):
        drawn.append(seed)
        return fakes.render(seed, size)

    made = scenes.held_out(25, 16, fakes.renderer(counted))
    assert len(made) == 25 and drawn == list(range(10**9 + 1, 10**9 + 81, 2))  # two whole blocks
    seed = 10**9 + 2 * 23 + 1
    true = fakes.render(seed, 16)
    assert np.array_equal(made.pictures[23].permute(1, 2, 0), true.picture)
    assert np.array_equal(made.paintings[23].permute(1, 2, 0), fakes.crude(seed, 16))
    assert fakes.SCENES[made.scene[23]] == true.scene
    labels = Labels({"light": ("dawn", "night", "day"), "scene": ("sea", "desert", "meadow")})
    wanted = labels.index(scene=true.scene, light=true.light)
    assert made.labels(labels, fakes.renderer())[23] == wanted

    assert torch.equal(scenes.held_out(30, 16, fakes.renderer(counted)).first(25).pictures,
                       made.pictures)  # fmt: skip
    assert len(drawn) == 40  # nothing anew
    scenes.held_out(5, 16, fakes.renderer(counted, version="other"), painted=False)
    assert len(drawn) == 60  # another renderer


def test_processes_draw_the_same_scenes(monkeypatch, tmp_path):
    alone = scenes.trained_on(20, 16, fakes.renderer())
    monkeypatch.setattr(scenes, "ALONE", 1)
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "other")
    together = scenes.trained_on(20, 16, fakes.renderer())
    assert torch.equal(alone.pictures, together.pictures)
    assert torch.equal(alone.light, together.light)


def test_a_damaged_file_is_made_anew():
    key = ("thing", 1)
    assert cache.cached("x", key, lambda: {"a": torch.ones(2)})["a"].tolist() == [1, 1]
    assert cache.cached("x", key, lambda: {"a": torch.zeros(2)})["a"].tolist() == [1, 1]
    cache.path_of("x", key).write_bytes(b"not whole")
    assert cache.cached("x", key, lambda: {"a": torch.zeros(2)})["a"].tolist() == [0, 0]
