"""Reading diffusers folders: a ConsistencyModelPipeline (unet/, scheduler/) or a bare UNet2DModel.

Nothing of diffusers is imported: the folder is JSON and weights. A setting that our network cannot
express is refused by name.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from cm_core import schema
from cm_core.checkpoints.checkpoint import blank, check_weights, describing, fill, read_json
from cm_core.checkpoints.imagenet import class_labels
from cm_core.checkpoints.key_maps import from_diffusers, to_diffusers
from cm_core.checkpoints.meta import without_weights
from cm_core.checkpoints.weights import read_weights
from cm_core.errors import CheckpointError, SettingError
from cm_core.labels import Labels
from cm_core.model import ConsistencyModel, ModelConfig
from cm_core.outer_level import make_net
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN
from cm_core.unet import UNetConfig

WEIGHTS = tuple(
    f"diffusion_pytorch_model{kind}" for kind in (".safetensors", ".bin", ".fp16.safetensors")
)
EXTRA = "onestroke.json"  # what a diffusers folder has no place for: names of labels, noise levels

# Whether a level attends, by its block's name; the last two are of older folders.
DOWN = {
    "ResnetDownsampleBlock2D": False,
    "AttnDownBlock2D": True,
    "AttnDownsampleBlock2D": True,
}
UP = {
    "ResnetUpsampleBlock2D": False,
    "AttnUpBlock2D": True,
    "AttnUpsampleBlock2D": True,
}
# Settings of UNet2DModel that our network has one value for, which is diffusers' default as well.
FIXED = {
    "in_channels": 3,
    "out_channels": 3,
    "center_input_sample": False,
    "time_embedding_type": "positional",
    "time_embedding_dim": None,
    "freq_shift": 0,
    "flip_sin_to_cos": True,
    "mid_block_type": "UNetMidBlock2D",
    "mid_block_scale_factor": 1,
    "act_fn": "silu",
    "norm_eps": 1e-5,
    "add_attention": True,
    "class_embed_type": None,
}


@dataclass(frozen=True)
class Extra:
    """What `EXTRA` holds."""

    __pydantic_config__ = schema.STRICT

    name: str
    labels: Labels
    sigmas: dict[int, tuple[schema.Sigma, ...]]


@dataclass(frozen=True)
class Scheduler:
    """The settings of a scheduler that matter here, with diffusers' defaults."""

    __pydantic_config__ = schema.STRICT

    sigma_min: schema.Sigma = SIGMA_MIN
    sigma_max: schema.Sigma = SIGMA_MAX
    sigma_data: schema.Std = 0.5
    clip_denoised: bool = True


def is_diffusers(folder: Path) -> bool:
    """Whether a folder is one of diffusers, not ours."""
    if (folder / "model_index.json").exists() or (folder / "unet").is_dir():
        return True
    config = folder / "config.json"
    return config.exists() and "_class_name" in read_json(config)


def norm_groups(model: nn.Module) -> set[int]:
    """All numbers of groups of a network's norms."""
    return {m.num_groups for m in model.modules() if isinstance(m, nn.GroupNorm)}


def unet_from_config(values: Mapping, path: Path) -> UNetConfig:
    """The UNetConfig of a UNet2DModel. Raises CheckpointError for what it cannot express."""

    def refuse(key: str) -> CheckpointError:
        return CheckpointError(
            f"{path} sets {key} to {values.get(key)!r}, which this network cannot express."
        )

    if values.get("_class_name") != "UNet2DModel":
        raise refuse("_class_name")
    for key, only in FIXED.items():
        if values.get(key, only) != only:
            raise refuse(key)
    try:
        widths = values["block_out_channels"]
        down, up = values["down_block_types"], values["up_block_types"]
        size = values["sample_size"]
        side = size if isinstance(size, int) else size[0]
        base, levels = widths[0], len(widths)
        if size not in (side, [side, side]) or side % (1 << (levels - 1)):
            raise refuse("sample_size")
        if any(width % base for width in widths):
            raise refuse("block_out_channels")
        if len(down) != levels or any(block not in DOWN for block in down):
            raise refuse("down_block_types")
        attends = [DOWN[block] for block in down]
        if [UP.get(block) for block in reversed(up)] != attends:
            raise refuse("up_block_types")
        for key, now in (
            ("downsample_type", "AttnDownBlock2D"),
            ("upsample_type", "AttnUpBlock2D"),
        ):
            # On the lowest (highest) level of the encoder (decoder) nothing is resampled.
            blocks = down[:-1] if now in DOWN else up[:-1]
            if now in blocks and values.get(key, "conv") != "resnet":
                raise refuse(key)
        if values.get("resnet_time_scale_shift", "default") not in ("default", "scale_shift"):
            raise refuse("resnet_time_scale_shift")
        groups = values.get("norm_num_groups", 32)
        if values.get("attn_norm_num_groups") not in (None, groups):
            raise refuse("attn_norm_num_groups")
        unet = UNetConfig(
            image_size=side,
            channels=base,
            channel_mult=tuple(width // base for width in widths),
            blocks=values.get("layers_per_block", 2),
            attention_sizes=tuple(side >> i for i, attend in enumerate(attends) if attend),
            # Without a head's width the whole width is one head.
            head_channels=values.get("attention_head_dim", 8) or max(widths),
            scale_shift=values.get("resnet_time_scale_shift") == "scale_shift",
            num_classes=values.get("num_class_embeds") or 0,
        )
        schema.check(unet)
    except (KeyError, TypeError, IndexError, ArithmeticError, SettingError) as error:
        reason = str(error).removesuffix(".")
        raise CheckpointError(f"{path} does not describe a network: {reason}.") from None
    with without_weights():
        if list(norm_groups(make_net(unet))) != [groups]:
            raise refuse("norm_num_groups")
    return unet


def scheduler_settings(folder: Path) -> dict:
    """sigma_min, sigma_max, sigma_data and clip of scheduler/; the usual ones without one."""
    path = folder / "scheduler" / "scheduler_config.json"
    values = read_json(path) if path.exists() else {}
    if values.get("_class_name", "CMStochasticIterativeScheduler") != (
        "CMStochasticIterativeScheduler"
    ):
        raise CheckpointError(
            f"{path} is of a {values['_class_name']}: only consistency models open."
        )
    if values.get("s_noise", 1.0) != 1.0:
        raise CheckpointError(f"{path} sets s_noise to {values['s_noise']}: only 1 is known here.")
    ours = {field.name for field in dataclasses.fields(Scheduler)}
    with describing(path):
        read = schema.parse(Scheduler, {k: v for k, v in values.items() if k in ours})
    settings = dataclasses.asdict(read)
    clip = settings.pop("clip_denoised")
    return {**settings, "clip": clip}


def load_diffusers(
    folder: str | Path,
    name: str | None = None,
    sigmas: Mapping[int, tuple[float, ...]] | None = None,
    device: str | torch.device = "cpu",
) -> ConsistencyModel:
    """Read a diffusers folder: a model in fp32 and eval mode, its weights frozen.

    name, sigmas: what to call it and its recommended noise levels by steps, which diffusers does
    not keep; those of our own export come first. Raises CheckpointError.
    """
    folder = Path(folder)
    part = folder / "unet" if (folder / "unet").is_dir() else folder
    unet = unet_from_config(read_json(part / "config.json"), part / "config.json")
    labels, sigmas = class_labels(unet.num_classes), dict(sigmas or {})
    settings = scheduler_settings(folder)
    if (folder / EXTRA).exists():
        with describing(folder / EXTRA):
            extra = schema.parse(Extra, read_json(folder / EXTRA))
        name, labels, sigmas = extra.name, extra.labels, extra.sigmas or sigmas
    with describing(folder):
        config = ModelConfig(
            name or folder.name, unet, c_noise="openai", labels=labels, sigmas=sigmas, **settings
        )
    path = next((part / w for w in WEIGHTS if (part / w).exists()), None)
    if path is None:
        raise CheckpointError(f"{part} has no {WEIGHTS[0]}: fetch it anew.")
    model = blank(ConsistencyModel, config, part / "config.json")
    expected = model.state_dict()
    weights = read_weights(path)
    check_weights(to_diffusers(expected, unet.blocks), weights, path)
    return fill(model, from_diffusers(weights, expected, unet.blocks), device)
