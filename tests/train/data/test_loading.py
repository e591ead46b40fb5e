import dataclasses

import pytest
import torch

from cm_core.errors import DataError
from tests.train import squares
from train.config import DataConfig
from train.data import loading

LABELS = {"scene": squares.SCENES, "light": squares.LIGHTS}


@pytest.fixture
def config(pictures):
    return DataConfig(str(pictures), size=16)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_pictures_and_labels_are_read_by_split(config):
    train, held = loading.load(config)
    assert len(train) == 40 and len(held) == 8
    assert held.images.shape == (8, 3, 16, 16) and held.floats().abs().max() <= 1
    assert train.labels.axes == held.labels.axes == LABELS
    # Picture 5 is of the third scene (5 % 3) and the second light (5 % 2).
    assert train.choices[5].tolist() == [2, 1]


def test_pictures_are_averaged_down(config):
    _, full = loading.load(config)
    _, half = loading.load(dataclasses.replace(config, size=8))
    block = full.images[0, :, :2, :2].float().mean((1, 2))
    assert (half.images[0, :, 0, 0].float() - block).abs().max() <= 0.5


def test_batches_come_from_the_generator_alone(config):
    train, _ = loading.load(config)
    torch.manual_seed(99)
    first = loading.batch(train, config, 16, seeded(1))
    torch.manual_seed(100)
    again = loading.batch(train, config, 16, seeded(1))
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[0], loading.batch(train, config, 16, seeded(2))[0])


def test_a_batch_spends_its_random_numbers_in_a_fixed_order(config):
    """Pictures, mirroring, hiding: a run that resumes after an update sees the same batches."""
    config = dataclasses.replace(config, label_dropout=0.3)
    train, _ = loading.load(config)
    generator = seeded(5)
    index = torch.randint(40, (12,), generator=generator)
    mirrored = torch.rand(12, generator=generator) < 0.5
    dice = torch.rand(12, 3, generator=generator) < 0.3
    hidden = dice[:, :2] | dice[:, 2:]
    x = train.images(index).float() / 127.5 - 1
    x[mirrored] = x[mirrored].flip(-1)
    scene = torch.where(hidden[:, 0], 3, index % 3)
    light = torch.where(hidden[:, 1], 2, index % 2)
    x0, label = loading.batch(train, config, 12, seeded(5))
    assert torch.equal(x0, x) and torch.equal(label, 3 * scene + light)


def test_sigma_data_is_the_spread_of_the_pictures(config):
    train, _ = loading.load(config)
    std = train.images(torch.arange(40)).float().std() / 127.5
    assert loading.sigma_data(train) == pytest.approx(float(std), abs=1e-4)


def test_labels_may_lack_the_entry_for_any(config):
    config = dataclasses.replace(config, label_any=False, label_dropout=0.0)
    train, held = loading.load(config)
    assert train.labels.count == 6 and train.labels.null is None
    # The first held-out seed is 10**9: the second scene and the first light.
    assert held.label()[0] == held.labels.index(scene="sea", light="day") == 2
    assert loading.batch(held, config, 64, seeded(0))[1].max() <= 5
    with pytest.raises(DataError, match="label_dropout = 0"):
        loading.load(dataclasses.replace(config, label_dropout=0.1))


def test_labels_that_are_always_hidden_are_dropped(config):
    config = dataclasses.replace(config, label_dropout=1.0, label_any=False)
    train, held = loading.load(config)
    assert train.labels.count == held.labels.count == 0
    x0, label = loading.batch(train, config, 8, seeded(0))
    assert x0.shape == (8, 3, 16, 16) and not label.any()


def test_labels_are_hidden_together_and_one_by_one(config):
    """At p = 0.2: both by one die or by two of their own, p + (1 - p) p^2; each, p + (1 - p) p."""
    config = dataclasses.replace(config, label_dropout=0.2)
    train, _ = loading.load(config)
    _, label = loading.batch(train, config, 20_000, seeded(0))
    scene, light = label // 3, label % 3
    assert (scene == 3).float().mean().item() == pytest.approx(0.36, abs=0.01)
    assert (light == 2).float().mean().item() == pytest.approx(0.36, abs=0.01)
    assert (label == train.labels.null).float().mean().item() == pytest.approx(0.232, abs=0.01)
