"""The table that names paintings, from pictures whose names follow from their colours."""

import numpy as np
import torch

from editing.guess import Table, guess
from train.landscapes.guess import painted, palette, regression, table

COLOURS = {"sea": (60, 120, 200), "wood": (36, 72, 46), "sand": (226, 200, 150)}


def test_a_regression_finds_what_names_things():
    known = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    names = (known[:, 2] > 0.3).long()  # nothing else matters
    weights, biases = regression(known, names, 2)
    assert ((known @ weights + biases).argmax(1) == names).float().mean() > 0.95
    says = (weights[:, 1] - weights[:, 0]).abs()
    assert says[2] > 5 * says[[0, 1, 3]].max()


def test_a_painter_has_flat_colours_of_his_own():
    colours = palette()
    picture = torch.tensor([60, 120, 200.0])[None, :, None, None] / 127.5 - 1
    noisy = picture + 0.05 * torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(painted(noisy, colours), picture.expand_as(noisy), atol=1e-3)


def test_the_table_names_pictures_by_their_colours_and_where_they_lie():
    r = np.random.default_rng(0)
    scenes, skies = list(COLOURS), ["bright", "dark"]
    labels = np.stack([r.integers(0, 3, 90), r.integers(0, 2, 90)], 1)
    images = np.full((90, 16, 16, 3), 245, np.uint8)
    for image, (scene, sky) in zip(images, labels, strict=True):
        image[:8] = (245, 246, 248) if sky == 0 else (24, 32, 66)
        image[8:] = COLOURS[scenes[scene]]
    made = table(images, labels, {"scene": scenes, "light": skies})
    axes = made["axes"]
    read = Table(
        torch.tensor(made["palette"]),
        {axis: one["names"] for axis, one in axes.items()},
        {axis: torch.tensor(one["weights"]) for axis, one in axes.items()},
        {axis: torch.tensor(one["biases"]) for axis, one in axes.items()},
    )
    for image, (scene, sky) in zip(images[:9], labels, strict=False):
        x = torch.from_numpy(image).movedim(-1, 0)[None] / 127.5 - 1
        said = guess(x, read)
        assert (said["scene"][0], said["light"][0]) == (scenes[scene], skies[sky])
