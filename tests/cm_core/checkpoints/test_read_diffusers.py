import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from cm_core import ConsistencyModel, load_model
from cm_core.checkpoints.checkpoint import blank
from cm_core.checkpoints.imagenet import class_labels
from cm_core.checkpoints.key_maps import to_diffusers
from cm_core.checkpoints.read_diffusers import unet_from_config
from cm_core.errors import CheckpointError
from cm_core.model import ModelConfig
from cm_core.samplers import sample_multistep
from cm_core.schedule import karras_sigmas
from tests.cm_core.checkpoints.twins import FAMILIES, FULL, IMAGENET, pipeline, twin


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A saved pipeline of each family, with its network."""
    made = {}
    for family, settings in FAMILIES.items():
        net = twin(settings)
        folder = tmp_path_factory.mktemp(family)
        pipeline(net, num_train_timesteps=40).save_pretrained(folder)
        made[family] = folder, net
    return made


@pytest.fixture
def folder(folders, tmp_path):
    """A copy of the ImageNet-like pipeline to change."""
    source = folders["imagenet"][0]
    for path in source.rglob("*.*"):
        (tmp_path / path.relative_to(source)).parent.mkdir(exist_ok=True)
        (tmp_path / path.relative_to(source)).write_bytes(path.read_bytes())
    return tmp_path


def edit(path, **changes):
    values = json.loads(path.read_text())
    for key, value in changes.items():
        values[key] = value
        if value is None:
            values.pop(key)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize("family", FAMILIES)
def test_networks_agree(folders, family):
    folder, net = folders[family]
    model = load_model(folder, "cpu")
    side = net.config.sample_size
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    time = torch.tensor([250 * 4.38, -300.0])
    labels = torch.tensor([3, 7]) if family == "imagenet" else None
    with torch.no_grad():
        theirs = net(x, time, class_labels=labels).sample
        ours = model.net(x, time, labels)
    assert theirs.std() > 0.1
    assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("timesteps", [[0], [22, 0], [36, 20, 0]])
@pytest.mark.parametrize("family", FAMILIES)
def test_pipelines_agree(folders, family, timesteps):
    folder, net = folders[family]
    pipe, model = pipeline(net, num_train_timesteps=40), load_model(folder, "cpu")
    side, label = net.config.sample_size, 3 if family == "imagenet" else None
    noise = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(2))
    theirs = pipe(
        num_inference_steps=None,
        timesteps=timesteps,
        latents=noise,
        class_labels=label,
        generator=torch.Generator().manual_seed(3),
        output_type="pt",
    ).images
    sigmas = karras_sigmas(40)[timesteps[::-1]]
    generator = torch.Generator().manual_seed(3)
    ours = sample_multistep(model, noise, sigmas, generator, label, clip=True)
    assert theirs.std() > 0.05
    assert torch.allclose(ours / 2 + 0.5, theirs, atol=1e-5)


@pytest.mark.parametrize("family", FULL)
def test_full_size_networks_have_diffusers_weights(family, tmp_path):
    with torch.device("meta"):
        net = twin(FULL[family])
    unet = unet_from_config({"_class_name": "UNet2DModel", **net.config}, tmp_path)
    model = blank(
        ConsistencyModel, ModelConfig("m", unet, labels=class_labels(unet.num_classes)), tmp_path
    )
    ours = to_diffusers(model.state_dict(), unet.blocks)
    assert {k: v.shape for k, v in ours.items()} == {
        k: v.shape for k, v in net.state_dict().items()
    }
    assert unet.attention_sizes == (32, 16, 8) and unet.head_channels == 64


def test_the_scheduler_is_read(folder):
    path = folder / "scheduler" / "scheduler_config.json"
    edit(path, sigma_min=0.01, sigma_max=50.0, sigma_data=0.6, clip_denoised=False)
    config = load_model(folder, "cpu").config
    assert (config.sigma_min, config.sigma_max, config.sigma_data) == (0.01, 50.0, 0.6)
    assert not config.clip and config.c_noise == "openai"


def test_older_folders_open(folder):
    whole = load_model(folder, "cpu").state_dict()
    edit(
        folder / "unet" / "config.json",
        down_block_types=["ResnetDownsampleBlock2D", "AttnDownsampleBlock2D"],
        up_block_types=["AttnUpsampleBlock2D", "ResnetUpsampleBlock2D"],
        downsample_type=None,
        upsample_type=None,
        attn_norm_num_groups=None,
    )
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(weights), weights.with_suffix(".bin"))
    weights.unlink()
    older = load_model(folder, "cpu").state_dict()
    assert all(torch.equal(older[k], v) for k, v in whole.items())


def test_a_bare_unet_opens(folder):
    whole, bare = load_model(folder, "cpu"), load_model(folder / "unet", "cpu")
    assert all(torch.equal(bare.state_dict()[k], v) for k, v in whole.state_dict().items())
    assert bare.config.sigma_max == 80.0


@pytest.mark.parametrize("width", [None, 32])
def test_other_widths_of_heads_agree(tmp_path, width):
    net = twin(IMAGENET, attention_head_dim=width)
    net.save_pretrained(tmp_path)
    model = load_model(tmp_path, "cpu")
    x, labels = torch.randn(1, 3, 16, 16), torch.tensor([1])
    with torch.no_grad():
        theirs = net(x, torch.tensor([9.0]), class_labels=labels).sample
        assert torch.allclose(model.net(x, torch.tensor([9.0]), labels), theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_class_name": "UNet2DConditionModel"}, "_class_name"),
        ({"in_channels": 4}, "in_channels to 4"),
        ({"act_fn": "gelu"}, "act_fn"),
        ({"down_block_types": ["DownBlock2D", "AttnDownBlock2D"]}, "down_block_types"),
        ({"up_block_types": ["AttnUpBlock2D", "AttnUpBlock2D"]}, "up_block_types"),
        ({"upsample_type": "conv"}, "upsample_type to 'conv'"),
        ({"block_out_channels": [64, 96]}, "block_out_channels"),
        ({"sample_size": 15}, "sample_size"),
        ({"norm_num_groups": 16, "attn_norm_num_groups": 16}, "norm_num_groups"),
        ({"resnet_time_scale_shift": "spatial"}, "resnet_time_scale_shift"),
        ({"block_out_channels": None}, "does not describe a network"),
        ({"layers_per_block": "two"}, "cannot be built|does not describe"),
        ({"layers_per_block": 3}, "lacks the weight"),
        ({"num_class_embeds": 11}, "class_embedding.weight"),
        ({"num_class_embeds": 10**9}, "'num_classes' should be less than or equal to 1000000"),
        ({"layers_per_block": 2000}, "'blocks' should be less than or equal to 16, not 2000"),
        ({"layers_per_block": float("nan")}, "'blocks' should be a valid integer"),
        ({"norm_num_groups": [32]}, "norm_num_groups"),
        ({"attention_head_dim": -8}, "'head_channels' should be greater than|heads"),
        ({"sample_size": True}, "sample_size|'image_size' should be"),
    ],
)
def test_what_our_network_cannot_express_is_refused_by_name(folder, changes, message):
    edit(folder / "unet" / "config.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        load_model(folder, "cpu")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sigma_min": float("nan")}, "'sigma_min' should be a finite number"),
        ({"sigma_max": "80"}, "'sigma_max' should be a valid number, not '80'"),
        ({"sigma_max": 0.001}, "up to a larger sigma_max"),
        ({"sigma_data": 0}, "'sigma_data' should be greater than 0"),
        ({"clip_denoised": "no"}, "'clip_denoised' should be a valid boolean"),
    ],
)
def test_a_scheduler_s_noise_levels_have_bounds(folder, changes, message):
    edit(folder / "scheduler" / "scheduler_config.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        load_model(folder, "cpu")


def test_another_scheduler_is_refused(folder):
    edit(folder / "scheduler" / "scheduler_config.json", _class_name="DDPMScheduler")
    with pytest.raises(CheckpointError, match="DDPMScheduler"):
        load_model(folder, "cpu")
    edit(folder / "scheduler" / "scheduler_config.json", _class_name=None, s_noise=1.01)
    with pytest.raises(CheckpointError, match="s_noise"):
        load_model(folder, "cpu")


def test_missing_cut_and_foreign_weights_are_refused(folder):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    norm = weights.pop("mid_block.attentions.0.group_norm.weight")
    save_file(weights, path)
    with pytest.raises(CheckpointError, match=r"mid_block.attentions.0.group_norm.weight"):
        load_model(folder, "cpu")
    save_file({**weights, "mid_block.attentions.0.group_norm.weight": norm[:5].clone()}, path)
    with pytest.raises(CheckpointError, match=r"is \(5,\), the network needs \(128,\)"):
        load_model(folder, "cpu")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cut short"):
        load_model(folder, "cpu")
    path.unlink()
    with pytest.raises(CheckpointError, match=r"has no diffusion_pytorch_model.safetensors"):
        load_model(folder, "cpu")
    (folder / "unet" / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="not readable JSON"):
        load_model(folder, "cpu")
