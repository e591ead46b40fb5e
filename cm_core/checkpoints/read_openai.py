"""OpenAI's .pt checkpoints: the network is inferred from the names and shapes of its weights.

The files are bare state dicts (cm/unet.py of openai/consistency_models). They do not show the side
of the pictures and the width of attention heads: the published networks go down to 8x8 and have
heads of 64 channels.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cm_core import schema
from cm_core.checkpoints.checkpoint import DRAWING, blank, check_weights, describing, fill
from cm_core.checkpoints.imagenet import class_labels
from cm_core.checkpoints.key_maps import from_openai, to_openai
from cm_core.checkpoints.weights import read_weights
from cm_core.errors import CheckpointError
from cm_core.model import ModelConfig, Preconditioned
from cm_core.unet import UNetConfig

SMALLEST = 8  # side of the lowest feature maps of every published network
HEAD = 64  # channels of an attention head
ANCHOR = "time_embed.0.weight"
TABLE = "label_emb.weight"
PREFERRED = ("ema", "target_model")  # which of several networks in one file to take


def chosen_network(weights: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The weights of one network, without the prefix that a training script gave them."""
    prefixes = [key.removesuffix(ANCHOR) for key in weights if key.endswith(ANCHOR)]
    if not prefixes:
        raise CheckpointError(
            f"{path} is not an OpenAI consistency model: it lacks the weight '{ANCHOR}'."
        )

    def rank(prefix: str) -> int:
        words = prefix.split(".")
        return next((i for i, word in enumerate(PREFERRED) if word in words[:-1]), len(PREFERRED))

    best = "" if "" in prefixes else min(prefixes, key=rank)
    others = tuple(prefix for prefix in prefixes if prefix != best)
    return {
        key.removeprefix(best): value
        for key, value in weights.items()
        if key.startswith(best) and not key.startswith(others)
    }


def infer_unet(
    weights: Mapping[str, Tensor], path: Path, image_size: int | None = None
) -> UNetConfig:
    """The architecture by the weights' names and shapes. image_size: None for one down to 8x8."""
    inputs = _layers(weights, "input_blocks")
    outputs = _layers(weights, "output_blocks")
    if any(".op." in key or re.search(r"\.[12]\.conv\.", key) for key in weights):
        raise CheckpointError(
            f"{path} resamples by plain convolutions: only networks with residual resampling open."
        )
    # A level of the decoder ends with a residual block that doubles the side, the last aside.
    levels = 1 + sum(
        any(f"output_blocks.{n}.{m}.in_layers.0.weight" in weights for m in (1, 2))
        for n in range(outputs)
    )
    blocks = outputs // levels - 1
    if outputs != levels * (blocks + 1) or inputs != outputs or blocks < 1:
        raise CheckpointError(f"{path} holds {inputs} and {outputs} blocks, which make no U-Net.")
    starts = [1 + depth * (blocks + 1) for depth in range(levels)]
    try:
        channels = weights[ANCHOR].shape[1]
        widths = [weights[f"input_blocks.{n}.0.out_layers.3.weight"].shape[0] for n in starts]
        embedded = weights["input_blocks.1.0.emb_layers.1.weight"].shape[0]
        classes = weights[TABLE].shape[0] if TABLE in weights else 0
    except KeyError as error:
        raise CheckpointError(f"{path} lacks the weight {error}: it is cut or another's.") from None
    except IndexError:
        raise CheckpointError(f"{path} has a weight of the wrong form: it is another's.") from None
    if not channels or any(width % channels for width in widths):
        raise CheckpointError(f"{path} has levels of {widths} channels, not multiples of a base.")
    side = image_size or SMALLEST << (levels - 1)
    with describing(path):
        unet = UNetConfig(
            image_size=side,
            channels=channels,
            channel_mult=tuple(width // channels for width in widths),
            blocks=blocks,
            attention_sizes=tuple(
                side >> depth
                for depth, n in enumerate(starts)
                if f"input_blocks.{n}.1.qkv.weight" in weights
            ),
            head_channels=HEAD,
            scale_shift=embedded == 2 * widths[0],
            num_classes=classes,
        )
        schema.check(unet)
    return unet


def _layers(weights: Mapping[str, Tensor], part: str) -> int:
    """The number of numbered entries of a part."""
    return len({m[1] for key in weights if (m := re.match(rf"{part}\.(\d+)\.", key))})


def load_openai(
    path: str | Path,
    kind: str = "consistency",
    name: str | None = None,
    image_size: int | None = None,
    sigmas: Mapping[int, tuple[float, ...]] | None = None,
    device: str | torch.device = "cpu",
) -> Preconditioned:
    """Read an OpenAI .pt: a model in fp32 and eval mode, its weights frozen.

    kind: "consistency", or "denoiser" for the diffusion teachers, whose files look alike.
    Raises CheckpointError; nothing in the file is executed.
    """
    path = Path(path)
    weights = chosen_network(read_weights(path), path)
    unet = infer_unet(weights, path, image_size)
    config = ModelConfig(
        name or path.stem,
        unet,
        c_noise="openai",
        labels=class_labels(unet.num_classes),
        sigmas=dict(sigmas or {}),
    )
    model = blank(DRAWING[kind], config, path)
    expected = model.state_dict()
    check_weights(to_openai(expected), weights, path)
    return fill(model, from_openai(weights, expected), device)
