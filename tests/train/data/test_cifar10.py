"""CIFAR-10, on a small one made here."""

import hashlib
import pickle

import numpy as np
import pytest
import torch

from cm_core.errors import DataError
from train.config import DataConfig
from train.data import loading

CIFAR_CLASSES = ["airplane", "automobile", "bird"]


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """A small CIFAR-10 in torchvision's layout, whose checksums torchvision is told to expect."""
    datasets = pytest.importorskip("torchvision.datasets")
    base = tmp_path / datasets.CIFAR10.base_folder
    base.mkdir()

    def write(name, content):
        blob = pickle.dumps(content)
        (base / name).write_bytes(blob)
        return hashlib.md5(blob).hexdigest()

    def part(name, first):
        pixels = np.zeros((10, 3, 32, 32), np.uint8)
        pixels[:, 0] = np.arange(first, first + 10)[:, None, None]
        pixels[:, 2, :16] = 255  # the upper half is blue
        labels = [(first + i) % 3 for i in range(10)]
        return [name, write(name, {"data": pixels.reshape(10, -1), "labels": labels})]

    train = [part(f"data_batch_{i}", 10 * i) for i in range(2)]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", train)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [part("test_batch", 100)])
    checksum = write("batches.meta", {"label_names": CIFAR_CLASSES})
    about = {"filename": "batches.meta", "key": "label_names", "md5": checksum}
    monkeypatch.setattr(datasets.CIFAR10, "meta", about)
    return tmp_path


def test_cifar10_is_read_as_torchvision_keeps_it(cifar):
    train, held = loading.load(DataConfig(source="cifar10", file=str(cifar), size=32))
    assert len(train) == 20 and len(held) == 10
    assert train.labels.axes == {"class": tuple(CIFAR_CLASSES)}
    assert torch.equal(train.images[:, 0, 5, 7].long(), torch.arange(20))
    assert (train.images[:, 2, :16] == 255).all() and (train.images[:, 2, 16:] == 0).all()
    assert torch.equal(train.choices[:, 0], torch.arange(20) % 3)
    assert held.images[3, 0, 0, 0] == 103 and held.choices[3] == 103 % 3
    assert torch.equal(train.subset(3), train.floats())  # all that is in memory
    half, _ = loading.load(DataConfig(source="cifar10", file=str(cifar), size=16))
    assert half.images.shape == (20, 3, 16, 16)
    plain = DataConfig(source="cifar10", file=str(cifar), size=32, label_dropout=1.0)
    for pictures in loading.load(plain):
        assert pictures.labels.count == 0 and pictures.choices.shape == (len(pictures), 0)


def test_a_missing_or_damaged_cifar10_is_refused(cifar, tmp_path):
    config = DataConfig(source="cifar10", file=str(tmp_path / "nowhere"), size=32)
    with pytest.raises(DataError, match="no whole copy of CIFAR-10: set download = true"):
        loading.load(config)
    (cifar / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cut off")
    with pytest.raises(DataError, match="no whole copy"):
        loading.load(DataConfig(source="cifar10", file=str(cifar), size=32))


def test_a_download_without_a_network_is_refused(tmp_path, monkeypatch):
    datasets = pytest.importorskip("torchvision.datasets")
    unreachable = (tmp_path / "no-such-archive.tar.gz").as_uri()
    monkeypatch.setattr(datasets.CIFAR10, "url", unreachable)
    config = DataConfig(source="cifar10", file=str(tmp_path / "c"), size=32, download=True)
    with pytest.raises(DataError, match="check the network"):
        loading.load(config)
