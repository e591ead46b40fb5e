import numpy as np
import torch
from PIL import Image

from cm_core.labels import Labels
from train.grid import labels_in_turn, save_grid


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
