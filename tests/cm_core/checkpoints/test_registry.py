from typing import get_args

import pytest
from huggingface_hub import constants

from cm_core import ConsistencyModel, load_model
from cm_core.checkpoints import registry
from cm_core.checkpoints.checkpoint import read_config
from cm_core.checkpoints.imagenet import class_labels
from cm_core.errors import CheckpointError, SettingError
from cm_core.model import ModelConfig
from cm_core.unet import UNetConfig


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path / "torch"))


@pytest.mark.parametrize(
    ("name", "scales", "second"),
    [
        # karras_sigmas(N)[index] of the published sampling commands
        ("cd_imagenet64_l2", 40, 1.382369),
        ("cd_imagenet64_lpips", 40, 1.382369),
        ("ct_imagenet64", 201, 1.912844),
        ("cd_bedroom256_l2", 40, 3.519704),
        ("cd_bedroom256_lpips", 40, 4.365563),
        ("ct_bedroom256", 151, 3.991219),
        ("ct_cat256", 151, 5.248503),
        ("cd_cat256_l2", 40, None),
        ("cd_cat256_lpips", 40, None),
    ],
)
def test_published_noise_levels(name, scales, second):
    entry = registry.PUBLIC[name]
    assert entry.scales == scales and entry.sigmas[1] == (80.0,)
    if second is None:
        assert 2 not in entry.sigmas
    else:
        assert entry.sigmas[2] == pytest.approx((80.0, second), rel=1e-5)
    assert len(entry.revision) == 40 and entry.repo == f"openai/diffusers-{name}"


def test_there_are_nine_models_and_three_teachers():
    kinds = [entry.kind for entry in registry.PUBLIC.values()]
    assert kinds.count("consistency") == 9 and kinds.count("denoiser") == 3
    teacher = registry.PUBLIC["edm_cat256"]
    assert teacher.url.endswith("/consistency/edm_cat256_ema.pt") and teacher.sigmas == {}


def test_the_menu_says_what_a_download_would_cost():
    entries = {entry.name: entry for entry in registry.menu()}
    assert next(iter(entries)) == "landscape64" and set(registry.PUBLIC) & set(entries) == {
        name for name in registry.PUBLIC if not name.startswith("edm_")
    }
    own, net, room = (
        entries["landscape64"],
        entries["cd_imagenet64_lpips"],
        entries["ct_bedroom256"],
    )
    assert own.on_disk and own.kind == "consistency" and own.megabytes > 1
    assert own.image_size == load_model("landscape64", "cpu").config.image_size
    assert (net.title, net.image_size) == ("ImageNet 64, distilled (LPIPS)", 64)
    assert (net.megabytes, room.megabytes) == (1184, 2105)
    assert net.licence == "MIT" and not net.on_disk and not room.on_disk
    assert {e.name for e in registry.menu("denoiser")} >= {"landscape64-teacher", "edm_imagenet64"}
    assert len(registry.menu(None)) == len(registry.menu()) + len(registry.menu("denoiser"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("cd_imagenet64_l2.pt", "cd_imagenet64_l2"),
        ("edm_bedroom256_ema.pt", "edm_bedroom256"),
        ("diffusers-ct_cat256", "ct_cat256"),
        ("mine.pt", None),
    ],
)
def test_files_and_repositories_are_known_by_their_names(file, name):
    entry = registry.public(file)
    assert (entry and entry.name) == name


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no-such-model", "no model 'no-such-model': .*landscape64.*ct_cat256"),
        ("no/such/folder", "no model 'no/such/folder'"),
        ("./gone", "no model './gone'"),
        ("runs/gone.pt", "no model 'runs/gone.pt'"),
        ("runs/gone", "runs/gone is neither a folder nor whole in the cache"),
        ("cd_cat256_l2", "openai/diffusers-cd_cat256_l2@.* HF_HUB_OFFLINE"),
        ("edm_cat256", r"edm_cat256_ema.pt is not on this disk"),
    ],
)
def test_what_cannot_be_found_is_named(source, message, tmp_path):
    with pytest.raises(CheckpointError, match=message):
        load_model(source)
    assert not list(tmp_path.rglob("*.*"))


def test_a_file_of_a_folder_is_not_a_checkpoint(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="name its folder instead"):
        load_model(tmp_path / "model.safetensors")


def test_imagenet_classes_have_their_numbers():
    labels = class_labels(1000)
    names = labels.axes["category"]
    assert labels.count == 1000 and labels.null is None and len(set(names)) == 1000
    for number, name in (
        (0, "tench"),
        (145, "king penguin"),
        (281, "tabby"),
        (999, "toilet tissue"),
    ):
        assert names[number] == name and labels.index(category=name) == number
    assert class_labels(0).count == 0 and class_labels(3).axes["category"] == ("0", "1", "2")
    with pytest.raises(SettingError) as error:
        labels.index(category="unicorn")
    assert "tench" in str(error.value) and "(1000)" in str(error.value)
    assert len(str(error.value)) < 300


def test_a_class_conditional_model_asks_for_a_class():
    net = UNetConfig(image_size=8, channels=8, channel_mult=(1,), num_classes=1000)
    model = ConsistencyModel(ModelConfig("net", net, labels=class_labels(1000)))
    assert model.label_index(category="goldfish") == 1
    with pytest.raises(SettingError, match="needs a category: choose tench"):
        model.label_index()


def test_a_name_s_type_is_its_kind():
    kinds = {name: entry.kind for name, entry in registry.PUBLIC.items()}
    kinds |= {name: read_config(folder)[0] for name, folder in registry.BUNDLED.items()}
    drawing, teaching = (get_args(names) for names in (registry.Drawing, registry.Teaching))
    assert kinds == dict.fromkeys(drawing, "consistency") | dict.fromkeys(teaching, "denoiser")
    assert get_args(registry.Enlarging) == tuple(registry.DETAILERS)
