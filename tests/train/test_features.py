import dataclasses

import pytest
import torch

from cm_core.errors import DataError
from cm_core.labels import Labels
from tests.train.coloured import write_coloured
from train import data, features
from train.config import DataConfig


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    path = write_coloured(tmp_path_factory.mktemp("data") / "shapes.npz")
    return data.load(DataConfig(file=str(path), size=16))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(features, "STEPS", 40)
    monkeypatch.setattr(features, "BATCH", 32)


def weights(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_the_classifier_learns_every_axis(sets, quick):
    train, held_out = sets
    found = features.accuracy(features.fit(train), held_out)
    assert found.keys() == {"style", "group"}
    assert found["style"][1] == 0.5 and found["group"][1] == pytest.approx(1 / 3)
    assert found["style"][0] > 0.8 and found["group"][0] > 0.8


def test_accuracy_counts_known_labels_only(sets):
    """A network that always says the first name is right as often as that name is there."""
    _, held_out = sets
    net = features.Classifier(16, (2, 3)).eval()
    for head in net.heads:
        torch.nn.init.zeros_(head.weight)
        head.bias.data = torch.eye(len(head.bias))[0]
    choices = held_out.choices.clone()
    choices[:, 0] = torch.tensor([0, 1, 1, 1, -1, -1] * 4)
    found = features.accuracy(net, dataclasses.replace(held_out, choices=choices))
    assert found["style"] == (0.25, 0.75)


def test_training_depends_on_its_seed_alone(sets, monkeypatch):
    monkeypatch.setattr(features, "STEPS", 3)
    train, _ = sets
    torch.manual_seed(1)
    first = weights(features.fit(train))
    torch.manual_seed(2)
    state = torch.random.get_rng_state()
    assert same(first, weights(features.fit(train)))
    assert torch.equal(state, torch.random.get_rng_state())  # and leaves others' numbers alone
    assert not same(first, weights(features.fit(train, seed=1)))


def test_features_are_standardised_over_the_training_pictures(sets, monkeypatch):
    monkeypatch.setattr(features, "STEPS", 10)
    train, _ = sets
    found = features.fit(train).features(train.floats())
    assert found.shape == (60, features.WIDTHS[-1]) and found.dtype == torch.float64
    assert torch.allclose(found.mean(0), torch.zeros(found.shape[1]).double(), atol=1e-4)
    assert torch.allclose(found.std(0), torch.ones(found.shape[1]).double(), atol=1e-3)


def test_the_cache_is_used_and_never_stale(sets, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "STEPS", 3)
    train, _ = sets
    first = weights(features.classifier(train, tmp_path))
    file, *others = tmp_path.iterdir()
    assert file.name.startswith("features-") and not others

    def again(pictures):
        with monkeypatch.context() as patch:
            patch.setattr(features, "fit", lambda train: pytest.fail("trained again"))
            return weights(features.classifier(pictures, tmp_path))

    assert same(first, again(train))
    images = train.images.clone()
    images[0, 0, 0, 0] ^= 1
    other = Labels({"style": ("Flat", "Shaded"), "group": ("Red", "Green", "Teal")})
    for change in ({"images": images}, {"choices": train.choices.roll(1, 0)}, {"labels": other}):
        with pytest.raises(pytest.fail.Exception):
            again(dataclasses.replace(train, **change))
    file.write_bytes(file.read_bytes()[:1000])
    assert same(first, weights(features.classifier(train, tmp_path)))
    assert same(first, again(train))


def test_sets_without_labels_are_refused(sets):
    train, _ = sets
    with pytest.raises(DataError, match="labelled pictures"):
        features.fit(dataclasses.replace(train, choices=train.choices[:, :0], labels=Labels()))
