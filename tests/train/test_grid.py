import numpy as np
import torch
from PIL import Image

from cm_core.labels import Labels
from train.grid import labels_in_rows, save_grid


def test_a_label_a_row_and_the_other_axis_in_turn():
    labels = Labels({"style": ("Noto", "Twemoji"), "group": ("Food", "Faces", "Travel")})
    told = labels_in_rows(labels, count=9, columns=3).tolist()
    rows = [
        [labels.index(style=style, group=group) for style in ("Noto", "Twemoji", "Noto")]
        for group in ("Food", "Faces", "Travel")
    ]
    assert [told[:3], told[3:6], told[6:]] == rows
    assert labels_in_rows(Labels(), 4, 2) is None


def test_a_grid_shows_every_picture_in_its_place(tmp_path):
    values = torch.tensor([-1.0, 0.0, 1.0])
    save_grid(values[:, None, None, None].expand(3, 3, 4, 4), tmp_path / "grid.png", columns=2)
    shown = np.asarray(Image.open(tmp_path / "grid.png"))[::4, ::4, 0]
    assert shown.tolist() == [[0, 128], [255, 255]]  # the empty place is white
