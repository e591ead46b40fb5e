"""What a checkpoint says of itself is believed only within bounds, and before anything is built."""

import json
import time
import zipfile

import pytest
import torch
from safetensors.torch import load_file, save_file

from cm_core import load_model, schema
from cm_core.checkpoints.checkpoint import check_weights, save_checkpoint
from cm_core.detailer import Detailer, DetailerConfig
from cm_core.errors import CheckpointError, SettingError
from cm_core.model import ModelConfig
from cm_core.unet import UNetConfig
from tests.cm_core.checkpoints.twins import LSUN, openai_state, twin
from tests.cm_core.test_model import LABELS, tiny

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def folder(tmp_path):
    save_checkpoint(tiny(labels=LABELS), tmp_path / "m")
    return tmp_path / "m"


def change(folder, keys, value):
    """Set a value of config.json, at any depth; ... takes it away."""
    path = folder / "config.json"
    values = json.loads(path.read_text())
    *way, last = keys.split(".")
    inside = values
    for key in way:
        inside = inside[key]
    inside[last] = value
    if value is ...:
        del inside[last]
    path.write_text(json.dumps(values))


WRONG = [
    ("labels.axes", {"scene": ["lake"], "light": ["day", "dusk", "night"]}, "8 labels.*knows 12"),
    ("labels.any", False, "6 labels"),
    ("labels.axes", {}, "0 labels"),
    ("labels.axes.scene", [], "'labels.axes.scene' should have at least 1 item"),
    ("labels.axes.scene", ["lake", "lake"], "'labels.axes.scene' has 'lake' twice"),
    ("labels.axes.scene", ["lake", ""], "'labels.axes.scene.1' should have at least 1 character"),
    ("labels.axes.scene", "lake", "'labels.axes.scene' should be a valid"),
    ("unet.num_classes", 11, "12 labels.*knows 11"),
    ("unet.channels", NAN, "'unet.channels' should be a valid integer, not nan"),
    ("unet.channels", "16", "'unet.channels' should be a valid integer, not '16'"),
    ("unet.channels", 17, "'unet.channels' should be a multiple of 2, not 17"),
    ("unet.channels", 10**30, "'unet.channels' should be less than or equal to 4096"),
    ("unet.channel_mult", [], "'unet.channel_mult' should have at least 1 item"),
    ("unet.channel_mult", [1] * 2000, "'unet.channel_mult' should have at most 9 items"),
    ("unet.channel_mult", [1, True], "'unet.channel_mult.1' should be a valid integer"),
    ("unet.channel_mult", [1, 0], "'unet.channel_mult.1' should be greater than or equal to 1"),
    ("unet.blocks", 2000, "'unet.blocks' should be less than or equal to 16, not 2000"),
    ("unet.image_size", 18, "2 levels of patches of 2 need sides of whole 4 pixels, not 18"),
    ("unet.patch", 16, "sides of whole 32 pixels, not 16"),
    ("unet.patch", 0, "'unet.patch' should be greater than or equal to 1"),
    ("unet.head_channels", 10, "16 channels does not fall into heads of 10|32 channels"),
    ("unet.outer_level", -1, "'unet.outer_level' should be greater than or equal to 0"),
    ("unet.dropout", 1.0, "'unet.dropout' should be less than 1"),
    ("name", ..., "'name' is missing"),
    ("sigma_data", ..., "'sigma_data' is missing"),
    ("unet", None, "'unet' should be an object"),
    ("sigma_data", NAN, "'sigma_data' should be a finite number, not nan"),
    ("sigma_data", 0.0, "'sigma_data' should be greater than 0"),
    ("sigma_min", 80.0, "up to a larger sigma_max"),
    ("sigma_max", INF, "'sigma_max' should be a finite number"),
    ("sigma_max", [80], "'sigma_max' should be a valid number"),
    ("guidance", -1, "'guidance' should be greater than or equal to 0, not -1"),
    ("strength", 2, "'strength' should be less than or equal to 1"),
    ("c_noise", ["openai"], "'c_noise' should be 'quarter_log', 'openai' or 'angle'"),
    ("clip", 1, "'clip' should be a valid boolean"),
    ("name", None, "'name' should be a valid string"),
    ("sigmas", {"1": [NAN]}, "'sigmas.1.0' should be a finite number"),
    ("sigmas", {"x": [80]}, "'sigmas.x' should be a valid integer"),
    ("sigmas", {"2": [80.0]}, "For steps = 2 the config needs as many"),
    ("sigmas", {"1": []}, "For steps = 1 the config needs as many"),
    ("sigmas", {"2": [1.0, 2.0]}, "descending"),
    ("sigmas", {"1": [81.0]}, "at most 80"),
    ("sigmas", {"1": [0.0]}, "above 0"),
    ("sigmas", {"0": []}, "For steps = 0 the config needs"),
]


@pytest.mark.parametrize(("keys", "value", "message"), WRONG)
def test_a_wrong_setting_is_told_in_one_sentence_and_at_once(folder, keys, value, message):
    change(folder, keys, value)
    since = time.monotonic()
    with pytest.raises(CheckpointError, match=f"does not describe a model: .*({message})") as told:
        load_model(folder, "cpu")
    assert time.monotonic() - since < 5
    assert "\n" not in str(told.value) and len(str(told.value)) < 400


def test_the_least_and_the_most_that_is_allowed_open(folder):
    change(folder, "guidance", 0)
    change(folder, "strength", 1)
    change(folder, "sigmas", {"1": [80], "2": [80, 0.002]})
    config = load_model(folder, "cpu").config
    assert (config.guidance, config.strength) == (0, 1)
    assert config.sigmas == {1: (80.0,), 2: (80.0, 0.002)}


def test_a_setting_that_comes_twice_is_refused(folder):
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"clip"', '"sigma_data": 0.1, "clip"'))
    with pytest.raises(CheckpointError, match="not readable JSON"):
        load_model(folder, "cpu")


def test_a_detailers_settings_have_bounds_too(tmp_path):
    model = Detailer(DetailerConfig("d"))
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    save_checkpoint(model, tmp_path)
    assert load_model(tmp_path, "cpu").config == model.config
    for keys, value, message in [
        ("net.middle", 2000, "'net.middle' should be less than"),
        ("net.patch", 3, "patch is 1, 2 or 4"),
        ("augmentation", [0.1], "'augmentation.1' is missing"),
        ("augmentation", [NAN, 1.0], "'augmentation.0' should be a finite"),
        ("sigma_min", 1.0, "up to a larger sigma_max"),
    ]:
        before = (tmp_path / "config.json").read_text()
        change(tmp_path, keys, value)
        with pytest.raises(CheckpointError, match=message):
            load_model(tmp_path, "cpu")
        (tmp_path / "config.json").write_text(before)


@pytest.mark.parametrize("value", [NAN, INF])
def test_weights_that_are_no_finite_numbers_are_neither_read_nor_written(tmp_path, value):
    model = tiny()
    save_checkpoint(model, tmp_path)
    path = tmp_path / "model.safetensors"
    weights = load_file(path)
    weights["net.out_conv.bias"][3] = value
    save_file(weights, path)
    with pytest.raises(CheckpointError, match=r"'net.out_conv.bias' holds what is no finite"):
        load_model(tmp_path)
    save_checkpoint(model, tmp_path)
    before = path.read_bytes()
    with torch.no_grad():
        model.net.out_conv.bias[3] = value
    with pytest.raises(CheckpointError, match=r"'net.out_conv.bias' holds what is no finite"):
        save_checkpoint(model, tmp_path)
    assert path.read_bytes() == before
    with torch.no_grad():
        model.net.out_conv.bias[3] = 1e5  # which half precision has no number for
    with pytest.raises(CheckpointError, match="no finite"):
        save_checkpoint(model, tmp_path)
    save_checkpoint(model, tmp_path, dtype=torch.float32)


def test_whole_numbers_are_no_weights(tmp_path):
    expected = {"w": torch.zeros(2)}
    check_weights(expected, {"w": torch.ones(2).half()}, tmp_path)
    with pytest.raises(CheckpointError, match=r"'w' is of the kind torch.int64"):
        check_weights(expected, {"w": torch.ones(2).long()}, tmp_path)


def test_a_file_that_unfolds_to_more_than_itself_is_refused_before_it_does(tmp_path):
    plain, bomb = tmp_path / "plain.pt", tmp_path / "bomb.pt"
    torch.save({"time_embed.0.weight": torch.zeros(5000, 1000)}, plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(CheckpointError, match="unfolds to 20 MB"):
        load_model(bomb, "cpu")
    torch.save({"time_embed.0.weight": torch.zeros(1).expand(5000, 1000)}, bomb)
    with pytest.raises(CheckpointError, match="unfolds to 20 MB"):
        load_model(bomb, "cpu")


def test_dicts_inside_of_each_other_end(tmp_path):
    inside = {"w": torch.zeros(1)}
    for _ in range(60):
        inside = {"a": inside, "b": inside}
    torch.save(inside, tmp_path / "m.pt")
    since = time.monotonic()
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path / "m.pt", "cpu")
    assert time.monotonic() - since < 5


def test_the_same_bounds_hold_for_openais_files(tmp_path):
    state = openai_state(twin(LSUN, block_out_channels=(32,) * 5 + (64,)))
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(CheckpointError, match="need sides of whole 32 pixels, not 20"):
        load_model(tmp_path / "m.pt", "cpu", image_size=20)
    state["label_emb.weight"] = torch.zeros(10**9, 0)
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(CheckpointError, match="'num_classes' should be less than"):
        load_model(tmp_path / "m.pt", "cpu")


def test_what_is_parsed_is_what_was_written():
    config = tiny(labels=LABELS).config
    assert schema.parse(ModelConfig, {"name": "n", "unet": {"num_classes": 0}}).unet.channels == 64
    schema.check(config)
    with pytest.raises(SettingError, match="patch is 2, not 1"):
        UNetConfig(outer_level=8, patch=1)
    with pytest.raises(SettingError, match="'unet' is missing"):
        schema.parse(ModelConfig, {"name": "n"})
