"""Walks from seed to seed and from label to label: exact ends, and what lies between."""

import pytest
import torch

from cm_core.errors import SettingError
from cm_core.noise import generators, randn
from editing import (
    generate,
    interpolate,
    interpolate_grid,
    stream_interpolate,
    stream_interpolate_grid,
)
from editing.walks import slerp
from tests.gaussian import consistency

SIDE = 16
CLOSED = {"size": SIDE, "sigmas": [80.0]}


def test_grid_corners_are_the_seeds_pictures(model):
    seeds = (4, 8, 15, 16)
    for steps in (1, 3):
        made = interpolate_grid(model, seeds, 3, 4, steps)
        assert made.shape == (12, 3, SIDE, SIDE)
        for at, seed in zip((0, 3, 8, 11), seeds, strict=True):
            assert torch.allclose(made[at : at + 1], generate(model, seed, steps), atol=1e-4)


def test_grid_noise_is_exact_at_the_corners_and_spherical_between():
    a, b, c, d = (randn((1, 3, SIDE, SIDE), generators(s, 1)) for s in range(4))
    step = next(stream_interpolate_grid(consistency, range(4), 3, 5, **CLOSED))
    x = step.x / 80
    for at, corner in zip((0, 4, 10, 14), (a, b, c, d), strict=True):
        assert torch.allclose(x[at], corner[0], atol=1e-6)
    assert torch.allclose(x[7], slerp(slerp(a, b, 0.5), slerp(c, d, 0.5), 0.5)[0], atol=1e-5)
    assert x.flatten(1).norm(dim=1).std() < 0.5  # 27.7 long, all of them
    top = next(stream_interpolate_grid(consistency, (0, 1, 0, 1), 2, 5, **CLOSED)).x
    assert torch.allclose(top[:5], top[5:], atol=1e-4)


def test_walks_end_at_the_seeds_at_every_number_of_steps(model):
    frames = interpolate(model, 4, 8, frames=3, steps=3)
    for at, seed in ((0, 4), (2, 8)):
        assert torch.allclose(frames[at : at + 1], generate(model, seed, 3), atol=1e-4)


@pytest.mark.parametrize("steps", [1, 3])
def test_ends_with_labels_are_the_seeds_pictures_under_them(model, steps):
    frames = interpolate(model, 4, 8, 3, steps, labels=[1, 3])
    for at, (seed, label) in ((0, (4, 1)), (2, (8, 3))):
        wanted = generate(model, seed, steps, label=label)
        assert torch.allclose(frames[at : at + 1], wanted, atol=1e-4)
    assert (frames[:1] - generate(model, 4, steps, label=3)).abs().max() > 1e-3
    ends = ((4, 1), (8, None), (15, 0), (16, 2))
    seeds, labels = zip(*ends, strict=True)
    made = interpolate_grid(model, seeds, 3, 4, steps, labels=labels)
    for at, (seed, label) in zip((0, 3, 8, 11), ends, strict=True):
        wanted = generate(model, seed, steps, label=label)
        assert torch.allclose(made[at : at + 1], wanted, atol=1e-4)


def test_what_is_told_goes_over_evenly_from_one_label_to_another(model):
    """From one noise: the middle is of the mean of both codes, and all ends alike are one label."""
    told, count = [], model.config.labels.count

    def watch(x, sigma, label):
        told.append(label)
        return model(x, sigma, label)

    watch.config, watch.between = model.config, model.between
    given = {"sigmas": [80.0], "size": SIDE}
    frames = next(stream_interpolate(watch, 4, 4, 5, labels=[0, 2], **given)).x0
    assert torch.allclose(told[0][:, 0], torch.tensor([1, 0.75, 0.5, 0.25, 0]))
    assert torch.allclose(told[0][:, 2], torch.tensor([0, 0.25, 0.5, 0.75, 1]))
    assert told[0].shape == (5, count) and torch.allclose(told[0].sum(1), torch.ones(5))
    assert (frames[2] - frames[0]).abs().max() > 1e-3
    with torch.no_grad():
        net = model.with_net(model.net)
        codes = model.net.label.weight.clone()
        model.net.label.weight[1] = (codes[0] + codes[2]) / 2
        middle = generate(net, 4, label=1)
        model.net.label.weight.copy_(codes)
    assert torch.allclose(frames[2:3], middle, atol=1e-4)
    next(stream_interpolate_grid(watch, [1, 2, 3, 4], 2, 3, labels=[0, 2, 0, 2], **given))
    assert torch.allclose(told[1][:, 2], torch.tensor([0, 0.5, 1, 0, 0.5, 1]))
    assert torch.allclose(told[1][:, 0] + told[1][:, 2], torch.ones(6))
    next(stream_interpolate(watch, 4, 8, 5, labels=[2, 2], **given))
    next(stream_interpolate(watch, 4, 8, 5, label=2, **given))
    assert told[2] == told[3] == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda m: interpolate_grid(m, [1, 2, 3]),
        lambda m: interpolate_grid(m, [1, 2, 3, 4], rows=1),
        lambda m: interpolate_grid(m, [1, 2, 3, 4], 100, 100),
        lambda m: interpolate(m, 1, 2, labels=[1, 2, 3]),
        lambda m: interpolate(m, 1, 2, labels=[1, 99]),
        lambda m: interpolate(m, 1, 2, labels=[1, 2], label=1),
        lambda m: interpolate(consistency, 1, 2, labels=[1, 2], **CLOSED),
    ],
)
def test_bad_input_gets_one_sentence(model, call):
    with pytest.raises(SettingError) as caught:
        call(model)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
