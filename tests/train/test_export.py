import dataclasses
import json
import re

import pytest
import torch

from cm_core import ConsistencyModel, ModelConfig, load_model
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.errors import CheckpointError
from cm_core.labels import Labels
from cm_core.samplers import sample_multistep
from cm_core.schedule import karras_sigmas
from cm_core.unet import UNetConfig
from train.export import export_diffusers, push_to_hub

NET = UNetConfig(image_size=16, channels=32, channel_mult=(1, 2), attention_sizes=(8,))
CARD = "---\nlicense: cc-by-4.0\nlibrary_name: onestroke\n---\n\n# mine\n"


def model(name="mine", index=20, labels=None, scales=40, **changes):
    torch.manual_seed(0)
    labels = labels or Labels()
    sigmas = {1: (80.0,), 2: (80.0, float(karras_sigmas(scales)[index]))}
    net = UNetConfig(**{**vars(NET), "num_classes": labels.count, **changes})
    made = ConsistencyModel(
        ModelConfig(name, net, sigma_data=0.58, c_noise="openai", labels=labels, sigmas=sigmas)
    )
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    return made.eval()


def test_an_exported_folder_samples_our_picture_as_its_card_says(tmp_path):
    save_checkpoint(model(), tmp_path / "own", card=CARD, dtype=torch.float32)
    out = export_diffusers(tmp_path / "own", tmp_path / "out")
    card = (out / "README.md").read_text()
    assert "license: cc-by-4.0" in card and "library_name: diffusers" in card
    assert "timesteps=[20, 0]).images[0]  # 2 steps" in card
    from diffusers import ConsistencyModelPipeline

    pipe = ConsistencyModelPipeline.from_pretrained(out)
    pipe.set_progress_bar_config(disable=True)
    noise = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    theirs = pipe(
        num_inference_steps=None,
        timesteps=[20, 0],
        latents=noise,
        generator=torch.Generator().manual_seed(3),
        output_type="pt",
    ).images
    own = load_model(tmp_path / "own", "cpu")
    generator = torch.Generator().manual_seed(3)
    ours = sample_multistep(own, noise, own.sigmas_for(2), generator, clip=True) / 2 + 0.5
    assert ours.std() > 0.05
    assert torch.allclose(theirs, ours, atol=1e-4)


def test_published_names_bring_their_grid_and_classes_their_argument(tmp_path):
    labels = Labels({"category": ("a", "b")}, any=False)
    out = export_diffusers(model("ct_imagenet64", 106, labels, scales=201), tmp_path / "out")
    assert '"num_train_timesteps": 201' in (out / "scheduler/scheduler_config.json").read_text()
    card = (out / "README.md").read_text()
    assert "license: mit" in card and "timesteps=[106, 0], class_labels=0)" in card


def test_the_grid_may_be_chosen(tmp_path):
    out = export_diffusers(model(), tmp_path / "out", scales=79)
    assert "timesteps=[40, 0]" in (out / "README.md").read_text()  # 20 / 39 = 40 / 78


def test_a_grid_is_chosen_that_the_levels_lie_on(tmp_path):
    made = model()
    made.config = dataclasses.replace(made.config, sigmas={1: (80.0,), 3: (80.0, 7.0, 0.4)})
    out = export_diffusers(made, tmp_path / "out")
    scheduler = json.loads((out / "scheduler/scheduler_config.json").read_text())
    grid = karras_sigmas(scheduler["num_train_timesteps"]).tolist()
    assert len(grid) > 40
    steps = re.search(r"timesteps=\[(\d+), (\d+), 0\]", (out / "README.md").read_text())
    assert [grid[int(i)] for i in steps.groups()] == pytest.approx([0.4, 7.0], rel=0.01)
    with pytest.raises(CheckpointError, match="levels for 3 steps are not on the pipeline's grid"):
        export_diffusers(made, tmp_path / "other", scales=40)


def test_a_model_that_diffusers_cannot_express_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="folds 2x2 patches"):
        export_diffusers(model(patch=2), tmp_path / "out")
    with pytest.raises(CheckpointError, match="landscape64 cannot be written for diffusers"):
        export_diffusers("landscape64", tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Api:
    """Takes notes instead of uploading."""

    def __init__(self, error=None):
        self.calls, self.error = [], error

    def create_repo(self, repo, **options):
        self.calls.append(("create_repo", repo, options))
        return f"https://huggingface.co/{repo}"

    def upload_folder(self, **options):
        if self.error:
            raise self.error
        self.calls.append(("upload_folder", options["repo_id"], options))


def test_a_folder_goes_to_the_hub_with_its_card(tmp_path):
    save_checkpoint(model(), tmp_path / "own", card=CARD)
    export_diffusers(tmp_path / "own", tmp_path / "out")
    for folder in (tmp_path / "own", tmp_path / "out"):
        api = Api()
        assert push_to_hub(folder, "me/mine", private=True, api=api) == (
            "https://huggingface.co/me/mine"
        )
        (made, repo, options), (sent, target, upload) = api.calls
        assert (made, repo, options["private"]) == ("create_repo", "me/mine", True)
        assert (sent, target) == ("upload_folder", "me/mine")
        assert upload["folder_path"] == str(folder)


def test_nothing_is_uploaded_without_card_or_weights(tmp_path):
    api = Api()
    save_checkpoint(model(), tmp_path / "own")
    with pytest.raises(CheckpointError, match="has no card"):
        push_to_hub(tmp_path / "own", "me/mine", api=api)
    (tmp_path / "own" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"has no model.safetensors"):
        push_to_hub(tmp_path / "own", "me/mine", api=api)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        push_to_hub(tmp_path / "nothing", "me/mine", api=api)
    assert api.calls == []


def test_a_failed_upload_is_one_sentence(tmp_path):
    save_checkpoint(model(), tmp_path / "own", card=CARD)
    with pytest.raises(CheckpointError, match=r"could not be uploaded to me/mine \(ConnectionErr"):
        push_to_hub(tmp_path / "own", "me/mine", api=Api(ConnectionError("gone")))
