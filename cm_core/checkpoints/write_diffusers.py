"""Writing folders for diffusers' ConsistencyModelPipeline."""

import dataclasses
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save

from cm_core.checkpoints.checkpoint import make_folder, write_atomically
from cm_core.checkpoints.key_maps import to_diffusers
from cm_core.checkpoints.read_diffusers import EXTRA, FIXED, WEIGHTS, norm_groups
from cm_core.errors import CheckpointError
from cm_core.model import ModelConfig, Preconditioned
from cm_core.schedule import karras_sigmas, nearest_index
from cm_core.unet import UNetConfig

NEAR = 0.01  # how far from a level of the pipeline's one of ours may lie, as a part of itself
VERSION = "0.21.0"  # of diffusers: the first with attn_norm_num_groups


def head_dims(unet: UNetConfig) -> list[int | None]:
    """Values of attention_head_dim that give our heads at all levels; None: one head each."""
    depths = [
        d for d in range(len(unet.channel_mult)) if unet.image_size >> d in unet.attention_sizes
    ]
    # The middle, on the last level, always attends.
    widths = {unet.channels * unet.channel_mult[d] for d in [*depths, -1]}
    made = []
    if all(width % unet.head_channels == 0 for width in widths):
        made.append(unet.head_channels)
    if all(width < 2 * unet.head_channels for width in widths):
        made.append(None)
    return made


def off_grid(sigma: float, config: ModelConfig, scales: int) -> float:
    """The relative distance of a noise level from the pipeline's nearest one."""
    grid = karras_sigmas(scales, config.sigma_min, config.sigma_max)
    return abs(float(grid[nearest_index(grid, sigma)]) / sigma - 1)


def obstacles(model: Preconditioned, scales: int) -> list[str]:
    """Reasons why diffusers' ConsistencyModelPipeline cannot run a model; [] if it can.

    scales: N, the length of its noise grid. Labels are no obstacle: they become class numbers.
    """
    config, unet, found = model.config, model.config.unet, []
    if model.kind != "consistency":
        found.append(f"it is a {model.kind}, and the pipeline samples consistency models only")
    if config.c_noise != "openai":
        # 250 ln(sigma) goes through fixed frequencies 1 ... 1/10000. For ln(sigma) / 4 these would
        # have to be a thousand times lower, which no setting of UNet2DModel makes them.
        found.append(f"its time input is {config.c_noise}, and the pipeline's is 250 ln(sigma)")
    if unet.patch > 1:
        found.append(f"it folds {unet.patch}x{unet.patch} patches, and UNet2DModel works on pixels")
    if unet.outer_level:
        found.append("it stands inside a level of twice its size, which UNet2DModel cannot be")
    if unet.channel_mult[0] != 1:
        found.append("its first level is wider than its first layer")
    if len(norm_groups(model)) != 1:
        found.append("its norms differ in their number of groups")
    if not head_dims(unet):
        found.append("its attention heads differ in width")
    if config.guidance != 1 and config.labels.count:
        found.append(f"it is guided by {config.guidance:g}, and the pipeline does not guide")
    for steps, levels in config.sigmas.items():
        if levels[0] != config.sigma_max:
            found.append(
                f"its {steps} steps begin at {levels[0]:g}, and the pipeline's at "
                f"{config.sigma_max:g}"
            )
        elif any(off_grid(level, config, scales) > NEAR for level in levels):
            found.append(f"its levels for {steps} steps are not on the pipeline's grid of {scales}")
    return found


def unet_to_config(model: Preconditioned) -> dict:
    """config.json of unet/; the model has no obstacles."""
    unet = model.config.unet
    attends = [unet.image_size >> i in unet.attention_sizes for i in range(len(unet.channel_mult))]
    (groups,) = norm_groups(model)
    return {
        "_class_name": "UNet2DModel",
        "_diffusers_version": VERSION,
        **FIXED,
        "sample_size": unet.image_size,
        "block_out_channels": [unet.channels * mult for mult in unet.channel_mult],
        "layers_per_block": unet.blocks,
        "down_block_types": [
            "AttnDownBlock2D" if attend else "ResnetDownsampleBlock2D" for attend in attends
        ],
        "up_block_types": [
            "AttnUpBlock2D" if attend else "ResnetUpsampleBlock2D" for attend in reversed(attends)
        ],
        "downsample_type": "resnet",
        "upsample_type": "resnet",
        "attention_head_dim": head_dims(unet)[0],
        "norm_num_groups": groups,
        "attn_norm_num_groups": groups,
        "resnet_time_scale_shift": "scale_shift" if unet.scale_shift else "default",
        "num_class_embeds": unet.num_classes or None,
        "dropout": 0.0,
    }


def save_diffusers(
    model: Preconditioned,
    folder: str | Path,
    scales: int = 40,
    card: str | None = None,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a folder that diffusers' ConsistencyModelPipeline opens: whole, or nothing at all.

    scales: N, the length of the noise grid that its timesteps index. Raises CheckpointError for a
    folder that holds something already and for a model that diffusers cannot express.
    """
    folder, config = Path(folder), model.config
    if reasons := obstacles(model, scales):
        raise CheckpointError(
            f"{config.name} cannot be written for diffusers: {'; '.join(reasons)}."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheckpointError(f"{folder} is taken: name a new folder to write to.")
    tensors = {
        k: v.detach().to("cpu", dtype).contiguous()
        for k, v in to_diffusers(model.state_dict(), config.unet.blocks).items()
    }
    scheduler = {
        "_class_name": "CMStochasticIterativeScheduler",
        "_diffusers_version": VERSION,
        "num_train_timesteps": scales,
        "sigma_min": config.sigma_min,
        "sigma_max": config.sigma_max,
        "sigma_data": config.sigma_data,
        "s_noise": 1.0,
        "rho": 7.0,
        "clip_denoised": config.clip,
    }
    index = {
        "_class_name": "ConsistencyModelPipeline",
        "_diffusers_version": VERSION,
        "scheduler": ["diffusers", "CMStochasticIterativeScheduler"],
        "unet": ["diffusers", "UNet2DModel"],
    }
    extra = {
        "name": config.name,
        "labels": dataclasses.asdict(config.labels),
        "sigmas": config.sigmas,
    }
    files = {
        "model_index.json": index,
        "scheduler/scheduler_config.json": scheduler,
        "unet/config.json": unet_to_config(model),
        EXTRA: extra,
    }
    partial = folder.with_name(folder.name + ".partial")
    try:
        for name, values in files.items():
            make_folder((partial / name).parent)
            write_atomically(partial / name, (json.dumps(values, indent=2) + "\n").encode())
        write_atomically(partial / "unet" / WEIGHTS[0], save(tensors, {"format": "pt"}))
        if card is not None:
            write_atomically(partial / "README.md", card.encode())
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise CheckpointError(f"{folder} could not be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
