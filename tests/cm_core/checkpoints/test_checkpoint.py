import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.errors import CheckpointError
from tests.cm_core.test_model import LABELS, tiny


@pytest.mark.parametrize("kind", [ConsistencyModel, Denoiser])
def test_a_checkpoint_comes_back_whole(tmp_path, kind):
    model = tiny(kind, LABELS)
    save_checkpoint(model, tmp_path / "m", card="# a card", dtype=torch.float32)
    back = load_model(tmp_path / "m")
    assert type(back) is kind and back.config == model.config and not back.training
    x = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(back(x, 1.0, 3), model(x, 1.0, 3))
    assert (tmp_path / "m" / "README.md").read_text() == "# a card"
    assert not list((tmp_path / "m").glob("*.partial"))


def test_settings_of_earlier_versions_are_passed_over_where_they_changed_nothing(tmp_path):
    model = tiny()
    save_checkpoint(model, tmp_path)
    path = tmp_path / "config.json"
    values = json.loads(path.read_text())
    silent = {"mean": [0.2, 0.1, 0.0], "boost": 1.0, "share": 1.0}
    unet = values["unet"] | {"layout": 0, "skip_gates": False, "augment_dim": 0}
    path.write_text(json.dumps({**values, **silent, "unet": unet}))
    assert load_model(tmp_path).config == model.config
    heard = {"boost": {"boost": 1.5}, "prototypes": {"unet": unet | {"prototypes": 16}}}
    for name, setting in heard.items():
        path.write_text(json.dumps({**values, **setting}))
        with pytest.raises(
            CheckpointError, match=f"does not describe a model.*'(unet.)?{name}' is no setting"
        ):
            load_model(tmp_path)


def test_weights_are_kept_in_half_and_loaded_in_single_precision(tmp_path):
    save_checkpoint(tiny(), tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    assert {v.dtype for v in stored.values()} == {torch.float16}
    loaded = load_model(tmp_path).state_dict()
    assert {v.dtype for v in loaded.values()} == {torch.float32}
    assert all(torch.equal(loaded[k], v.float()) for k, v in stored.items())


def damage(folder, change):
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("net.out_conv.bias"), "lacks the weight 'net.out_conv.bias'"),
        (lambda w: w.update({"net.extra": torch.ones(1)}), "unknown weight 'net.extra'"),
        (lambda w: w.update({"net.out_conv.bias": torch.ones(5)}), r"is \(5,\)"),
    ],
)
def test_weights_of_another_network_are_refused_by_name(tmp_path, change, message):
    save_checkpoint(tiny(), tmp_path)
    damage(tmp_path, change)
    with pytest.raises(CheckpointError, match=message):
        load_model(tmp_path)


def test_a_truncated_file_is_refused(tmp_path):
    save_checkpoint(tiny(), tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cut short"):
        load_model(tmp_path)


def test_unreadable_configs_are_refused(tmp_path):
    save_checkpoint(tiny(), tmp_path)
    config = tmp_path / "config.json"
    values = json.loads(config.read_text())
    for text in (
        "{",
        "[]",
        json.dumps({**values, "format": "other"}),
        json.dumps({**values, "kind": "gan"}),
        json.dumps({**values, "surprise": 1}),
        json.dumps({**values, "c_noise": "cubic"}),
        json.dumps({**values, "unet": {**values["unet"], "channels": 0}}),
        json.dumps({**values, "unet": {**values["unet"], "channels": "many"}}),
        json.dumps({k: v for k, v in values.items() if k != "unet"}),
    ):
        config.write_text(text)
        with pytest.raises(CheckpointError):
            load_model(tmp_path)
    config.unlink()
    with pytest.raises(CheckpointError, match="has no config"):
        load_model(tmp_path)


def test_a_full_disk_and_a_file_in_the_way_are_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CheckpointError, match="could not be made"):
        save_checkpoint(tiny(), tmp_path / "file" / "m")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match=r"model.safetensors could not be written: No space"):
        save_checkpoint(tiny(), tmp_path / "m")
    assert not list((tmp_path / "m").iterdir())


def test_unknown_names_say_what_there_is():
    with pytest.raises(CheckpointError, match="landscape64"):
        load_model("no-such-model")
