import pytest
import torch

from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, DetailerConfig
from tests.cm_core.test_model import LABELS, tiny


@pytest.fixture(scope="session")
def model():
    """A 16x16 network with random weights."""
    return tiny(labels=LABELS)


@pytest.fixture(scope="session")
def folder(tmp_path_factory, model):
    """The same as a checkpoint folder."""
    path = tmp_path_factory.mktemp("tiny")
    save_checkpoint(model, path)
    return path


@pytest.fixture(scope="session")
def detailer():
    """A detailer whose weights are all drawn."""
    net = DetailNetConfig(channels=8, channel_mult=(1, 2), middle=1)
    config = DetailerConfig("tiny", net, sigma_data=0.1, augmentation=Augmentation(0.1, 1.0))
    made, g = Detailer(config).eval().requires_grad_(False), torch.Generator().manual_seed(0)
    for weight in made.parameters():
        weight.add_(0.1 * torch.randn(weight.shape, generator=g))
    return made
