import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, ModelConfig
from cm_core.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import CheckpointError, ConfigError
from cm_core.labels import Labels
from cm_core.unet import UNetConfig
from train.__main__ import main
from train.transfer import transfer

GROUPS = Labels({"group": ("Food", "Faces")})


@pytest.fixture
def write(tmp_path):
    """Write a checkpoint with all weights at a value; its folder."""

    def written(name, kind, value, labels=GROUPS, channels=16, prototypes=0):
        net = UNetConfig(
            image_size=16, channels=channels, channel_mult=(1,), num_classes=labels.count,
            prototypes=prototypes,
        )  # fmt: skip
        model = kind(ModelConfig(name, net, sigma_data=0.5, labels=labels))
        for weight in model.parameters():
            torch.nn.init.constant_(weight, value)
        if prototypes:
            model.net.prototypes.pictures.fill_(0.75)
        save_checkpoint(model, tmp_path / name, dtype=torch.float32)
        return tmp_path / name

    return written


def test_the_change_is_added_and_the_model_is_of_the_changed_kind(write, tmp_path, monkeypatch):
    base = write("teacher-2", Denoiser, 2.0)
    before, after = write("teacher-1", Denoiser, 1.0), write("tuned", ConsistencyModel, 1.25)
    out = str(tmp_path / "out")
    words = ["add", str(base), "--change", str(before), str(after), "--out", out]
    monkeypatch.setattr("sys.argv", ["train", *words])
    assert main() == 0
    made = load_checkpoint(out)
    assert isinstance(made, ConsistencyModel) and made.config.name == "tuned"
    assert all((weight == 2.25).all() for weight in made.parameters())
    monkeypatch.setattr("sys.argv", ["train", *words, "--share", "0.5"])
    assert main() == 0
    assert all((weight == 2.125).all() for weight in load_checkpoint(out).parameters())


def test_prototypes_given_on_the_way_come_with_the_change(write, tmp_path):
    """What is made of them began at zero; the pictures themselves are no change."""
    base, before = write("base", ConsistencyModel, 2.0), write("before", ConsistencyModel, 1.0)
    after = write("after", ConsistencyModel, 1.25, prototypes=4)
    made = load_checkpoint(transfer(base, before, after, tmp_path / "out", share=0.5))
    weights = dict(made.net.named_parameters())
    assert all((v == (0.625 if "prototypes" in k else 2.125)).all() for k, v in weights.items())
    assert (made.net.prototypes.pictures == 0.75).all() and "prototypes.enter.weight" in weights
    with pytest.raises(CheckpointError):
        transfer(after, before, base, tmp_path / "less")


def test_what_does_not_fit_is_refused_by_name(write, tmp_path):
    base, after = write("base", Denoiser, 2.0), write("after", ConsistencyModel, 1.25)
    wide = write("wide", Denoiser, 1.0, channels=32)
    with pytest.raises(CheckpointError, match="wide"):
        transfer(base, wide, after, tmp_path / "out")
    other = write("other", Denoiser, 1.0, labels=Labels({"group": ("Food", "Places")}))
    with pytest.raises(ConfigError, match="other has other labels than"):
        transfer(other, base, after, tmp_path / "out")
    assert not (tmp_path / "out").exists()
