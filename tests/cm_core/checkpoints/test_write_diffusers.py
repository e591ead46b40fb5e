import dataclasses
import json

import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.checkpoints.write_diffusers import head_dims, save_diffusers
from cm_core.errors import CheckpointError
from cm_core.labels import Labels
from cm_core.model import ModelConfig
from cm_core.samplers import sample_onestep
from cm_core.unet import UNetConfig
from tests.cm_core.checkpoints.twins import IMAGENET, openai_state, twin
from tests.cm_core.test_model import LABELS, tiny


def test_pt_to_ours_to_diffusers_to_ours_to_pt_keeps_every_bit(tmp_path):
    state = openai_state(twin(IMAGENET))
    torch.save(state, tmp_path / "m.pt")
    first = load_model(tmp_path / "m.pt", "cpu", image_size=16)
    save_checkpoint(first, tmp_path / "own", dtype=torch.float32)
    second = load_model(tmp_path / "own", "cpu")
    save_diffusers(second, tmp_path / "theirs")
    third = load_model(tmp_path / "theirs", "cpu")
    assert second.config == first.config == third.config
    assert third.state_dict().keys() == first.state_dict().keys()
    assert all(torch.equal(third.state_dict()[k], v) for k, v in first.state_dict().items())
    from diffusers import UNet2DModel

    net = UNet2DModel.from_pretrained(tmp_path / "theirs" / "unet")
    again = openai_state(net)
    assert again.keys() == state.keys()
    assert all(torch.equal(again[k], v) for k, v in state.items())


def ours(**changes):
    """A model trained here in the form that diffusers can express."""
    settings = {"patch": 1, "norm_channels": 1, "channels": 32, **changes}
    model = tiny(ConsistencyModel, LABELS, **settings)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    config = ModelConfig(
        "mine", model.config.unet, sigma_data=0.58, c_noise="openai", labels=LABELS
    )
    other = ConsistencyModel(config).eval()
    other.load_state_dict(model.state_dict())
    return other


def told(**settings):
    """The same with other settings beside its weights."""
    model = ours()
    model.config = dataclasses.replace(model.config, **settings)
    return model


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scale_shift": True, "blocks": 2},
        {"attention_sizes": (16, 8), "head_channels": 64},  # one head a level
        {"norm_channels": 2, "channels": 64},
    ],
)
def test_diffusers_samples_the_same_picture_from_an_export(tmp_path, changes):
    model = ours(**changes)
    save_diffusers(model, tmp_path / "out", scales=18)
    from diffusers import ConsistencyModelPipeline

    pipe = ConsistencyModelPipeline.from_pretrained(tmp_path / "out")
    pipe.set_progress_bar_config(disable=True)
    noise = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    made = pipe(
        batch_size=2, num_inference_steps=1, latents=noise, class_labels=[4, 11], output_type="pt"
    ).images
    with torch.no_grad():
        wanted = sample_onestep(model, noise, label=[4, LABELS.null]).clamp(-1, 1)
    assert wanted.std() > 0.05
    assert torch.allclose(made, wanted / 2 + 0.5, atol=1e-4)
    assert len(pipe.scheduler) == 18
    back = load_model(tmp_path / "out", "cpu")
    assert back.config.labels == LABELS and back.config.name == "mine"
    with torch.no_grad():
        assert torch.equal(back(80 * noise, 80.0), model(80 * noise, 80.0))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: tiny(patch=2), "folds 2x2 patches"),
        (lambda: tiny(patch=1), "its time input is quarter_log"),
        (lambda: tiny(Denoiser), "is a denoiser"),
        (lambda: ours(image_size=32, patch=2, outer_level=8), "inside a level of twice"),
        (lambda: ours(norm_channels=4), "norms differ"),
        (lambda: told(guidance=2.0), "is guided by 2, and the pipeline does not guide"),
        (lambda: told(sigmas={1: (20.0,)}), "its 1 steps begin at 20, and the pipeline's at 80"),
        (
            lambda: told(sigmas={2: (80.0, 1.0)}),
            "levels for 2 steps are not on the pipeline's grid",
        ),
        (lambda: ours(channel_mult=(2, 2)), "first level is wider"),
        (
            lambda: ours(channel_mult=(1, 3), head_channels=48, attention_sizes=(16, 8)),
            "heads differ",
        ),
    ],
)
def test_what_diffusers_cannot_express_is_refused_and_nothing_is_left(tmp_path, model, message):
    with pytest.raises(CheckpointError, match=message):
        save_diffusers(model(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_head_widths():
    net = UNetConfig(image_size=16, channels=32, channel_mult=(1, 2), attention_sizes=(16,))
    assert head_dims(net) == [None]  # 32 and 64 channels in heads of 64: one each
    assert head_dims(UNetConfig(channels=64, channel_mult=(1, 2))) == [64]


def test_a_taken_folder_and_a_failed_write_leave_things_as_they_were(tmp_path, monkeypatch):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("x")
    with pytest.raises(CheckpointError, match="is taken"):
        save_diffusers(ours(), taken)
    assert [p.name for p in taken.iterdir()] == ["mine.txt"]

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save_diffusers(ours(), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_labels_that_do_not_fit_the_network_are_refused(tmp_path):
    save_diffusers(ours(), tmp_path / "out")
    extra = tmp_path / "out" / "onestroke.json"
    values = json.loads(extra.read_text())
    values["labels"] = {"axes": {"style": ["a", "b"]}, "any": False}
    extra.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="names 2 labels, and its network knows 12"):
        load_model(tmp_path / "out", "cpu")
    extra.write_text("{}")
    with pytest.raises(CheckpointError, match="'name' is missing"):
        load_model(tmp_path / "out", "cpu")
    extra.unlink()
    assert load_model(tmp_path / "out", "cpu").config.labels == Labels(
        {"category": tuple(map(str, range(12)))}, any=False
    )
