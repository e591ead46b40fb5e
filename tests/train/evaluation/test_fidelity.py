import sys
import urllib.error

import pytest
import torch

from cm_core import load_model
from train.config import DataConfig
from train.data import loading
from train.evaluation import fidelity

NAME = "means-of-quarters"


@pytest.fixture
def extractor(monkeypatch, tmp_path):
    """A feature extractor without weights: the mean colour of each quarter."""
    package = pytest.importorskip("torch_fidelity")
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY as known

    class Quarters(package.FeatureExtractorBase):
        def __init__(self, name, features_list, **options):
            super().__init__(name, features_list)

        @staticmethod
        def get_provided_features_list():
            return ("means",)

        @staticmethod
        def get_default_feature_layer_for_metric(metric):
            return "means"

        def forward(self, x):
            assert x.dtype == torch.uint8
            return (torch.nn.functional.avg_pool2d(x.float(), 8).flatten(1) / 255,)

    if NAME not in known:
        package.register_feature_extractor(NAME, Quarters)
    monkeypatch.setattr(fidelity, "FOLDER", tmp_path)
    return NAME


def pixels(seed, low=0, high=256):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, (40, 3, 16, 16), generator=g, dtype=torch.uint8)


def test_the_same_pictures_are_at_distance_nought(extractor):
    real = pixels(0)
    found = fidelity.inception_measures(real / 127.5 - 1, real, extractor)
    assert found.keys() == {"FID", "IS", "precision", "recall"}
    assert found["FID"] == pytest.approx(0, abs=1e-4)
    assert found["precision"] == found["recall"] == 1


def test_darker_pictures_are_at_the_distance_of_their_means(extractor):
    """12 features shifted by the same amount, spread unchanged: FID is the squared shift."""
    real = pixels(0, 100, 200)
    found = fidelity.inception_measures((real - 80) / 127.5 - 1, real, extractor)
    assert found["FID"] == pytest.approx(12 * (80 / 255) ** 2, rel=1e-3)
    assert found["precision"] == found["recall"] == 0


def test_samples_are_labelled_as_the_pictures_are(extractor, pictures, consistent, monkeypatch):
    """A model that draws the very pictures is at no distance; labels are as frequent as there."""
    config, asked = DataConfig(str(pictures), size=16), []
    source, _ = loading.load(config)

    def drawn(model, count, steps, label):
        asked.append((steps, label))
        return source.subset(count)

    monkeypatch.setattr(fidelity, "samples", drawn)
    rows = fidelity.rows(load_model(consistent, "cpu"), config, (1, 2), 40, extractor)
    assert [row["steps"] for row in rows] == [steps for steps, _ in asked] == [1, 2]
    assert all(row["FID"] == pytest.approx(0, abs=1e-4) for row in rows)
    label = asked[0][1]
    assert label.shape == (40,) and set((label // 3).tolist()) == {0, 1, 2}  # three scenes
    assert set((label % 3).tolist()) == {0, 1}  # two lights, and none left open


def test_a_missing_package_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(fidelity.FidelityError, match="pip install torch-fidelity"):
        fidelity.inception_measures(torch.zeros(4, 3, 16, 16), pixels(0))


def test_weights_out_of_reach_are_one_sentence(monkeypatch):
    package = pytest.importorskip("torch_fidelity")

    def unreachable(**settings):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(package, "calculate_metrics", unreachable)
    with pytest.raises(fidelity.FidelityError, match=r"could not get the weights.*no route"):
        fidelity.inception_measures(torch.zeros(4, 3, 16, 16), pixels(0))
