import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from cm_core.checkpoints.checkpoint import load_checkpoint
from cm_core.errors import CheckpointError, SettingError
from cm_core.labels import Labels
from train.grid import labels_in_turn, samples, save_grid


def test_a_light_for_so_many_pictures_and_the_scenes_in_turn():
    labels = Labels({"scene": ("lake", "moor"), "light": ("day", "dusk", "night")})
    told = labels_in_turn(labels, count=10, each=3).tolist()
    expected = [
        labels.index(scene=("lake", "moor")[i % 2], light=("day", "dusk", "night")[i // 3])
        for i in range(9)
    ]
    assert told == [*expected, labels.index(scene="moor", light="day")]
    assert labels_in_turn(Labels(), 4, 2) is None


def test_a_grid_shows_every_picture_in_its_place(tmp_path):
    values = torch.tensor([-1.0, 0.0, 1.0])
    save_grid(values[:, None, None, None].expand(3, 3, 4, 4), tmp_path / "grid.png", columns=2)
    shown = np.asarray(Image.open(tmp_path / "grid.png"))[::4, ::4, 0]
    assert shown.tolist() == [[0, 128], [255, 255]]  # the empty place is white


def test_a_grid_is_written_whole_or_refused(tmp_path):
    pictures = torch.zeros(2, 3, 8, 8)
    save_grid(pictures, tmp_path / "new" / "grid.png", 2)
    assert (tmp_path / "new" / "grid.png").stat().st_size > 50
    with pytest.raises(SettingError, match=r"end it in \.png"):
        save_grid(pictures, tmp_path / "grid.tex", 2)
    with pytest.raises(CheckpointError, match="could not be made"):
        save_grid(pictures, tmp_path / "new" / "grid.png" / "grid.png", 2)


def test_samples_go_down_to_the_model_s_own_sigma_min(monkeypatch, teacher, consistent):
    model = load_checkpoint(consistent)
    model.config = dataclasses.replace(model.config, sigma_min=0.5)
    made = samples(model, 1, 2, sigmas=[80.0, 1.0])
    asked = []
    estimate = model.estimate
    monkeypatch.setattr(
        model, "estimate", lambda x, t, label: asked.append(x) or estimate(x, t, label)
    )
    again = samples(model, 1, 2, sigmas=[80.0, 1.0])
    assert torch.equal(made, again)
    seeds = torch.Generator().manual_seed(0)
    noise = [torch.randn(1, 3, 16, 16, generator=seeds) for _ in range(2)]
    x0 = model(80 * noise[0], 80.0).clamp(-1, 1)
    assert torch.allclose(asked[1], x0 + (1 - 0.5**2) ** 0.5 * noise[1], atol=1e-5)
