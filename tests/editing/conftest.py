import pytest

from cm_core.checkpoint import save_checkpoint
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
