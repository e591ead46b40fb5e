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

    def written(name, kind, value, labels=GROUPS, channels=16):
        net = UNetConfig(
            image_size=16, channels=channels, channel_mult=(1,), num_classes=labels.count
        )
        model = kind(ModelConfig(name, net, sigma_data=0.5, labels=labels))
        for weight in model.parameters():
            torch.nn.init.constant_(weight, value)
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


def test_what_does_not_fit_is_refused_by_name(write, tmp_path):
    base, after = write("base", Denoiser, 2.0), write("after", ConsistencyModel, 1.25)
    wide = write("wide", Denoiser, 1.0, channels=32)
    with pytest.raises(CheckpointError, match="wide"):
        transfer(base, wide, after, tmp_path / "out")
    other = write("other", Denoiser, 1.0, labels=Labels({"group": ("Food", "Places")}))
    with pytest.raises(ConfigError, match="other has other labels than"):
        transfer(other, base, after, tmp_path / "out")
    assert not (tmp_path / "out").exists()
