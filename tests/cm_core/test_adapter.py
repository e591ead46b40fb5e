"""What an adapter answers for a trained model, and for a plain callable."""

from types import SimpleNamespace

import pytest
import torch

from cm_core.adapter import adapt
from cm_core.errors import SettingError
from tests.cm_core.test_model import LABELS, tiny


def plain(x, sigma, label=None):
    return 0.5 * x


def test_a_plain_callable_says_the_usual():
    model, x = adapt(plain), torch.ones(1, 3, 2, 2)
    assert torch.equal(model(x, 1.0), 0.5 * x)
    assert (model.sigma_min, model.sigma_max, model.clip) == (0.002, 80.0, True)
    assert model.image_size is None and model.side(24) == 24
    assert x.to(model.device) is x
    with pytest.raises(SettingError, match="Give size"):
        model.side()
    with pytest.raises(SettingError, match="Give sigmas"):
        model.sigmas_for(2)
    with pytest.raises(SettingError, match="between labels"):
        model.between([0, 1], torch.ones(1, 2))


def test_a_trained_model_says_its_own():
    trained = tiny(labels=LABELS)
    model = adapt(trained)
    assert model.image_size == model.side() == trained.config.image_size
    assert model.side(8) == 8
    assert model.device == trained.device
    assert model.sigmas_for(3) == trained.sigmas_for(3)
    weights = torch.tensor([[0.25, 0.75]])
    assert torch.equal(model.between([0, 1], weights), trained.between([0, 1], weights))
    x = torch.ones(1, 3, model.side(), model.side())
    assert torch.equal(model(x, 0.5, 1), trained(x, 0.5, 1))


def test_what_a_config_says_of_itself_counts_alone():
    def spoken(x, sigma, label=None):
        return x

    spoken.config = SimpleNamespace(sigma_min=0.3, clip=False)
    spoken.device = torch.device("meta")
    model = adapt(spoken)
    assert (model.sigma_min, model.sigma_max, model.clip) == (0.3, 80.0, False)
    assert torch.ones(1).to(model.device).is_meta


def test_an_adapter_is_not_adapted_again():
    model = adapt(plain)
    assert adapt(model) is model
