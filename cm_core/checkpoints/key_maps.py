"""Names of the U-Net's weights in OpenAI's files and in diffusers' files.

OpenAI's blocks are ours by other names. diffusers counts layers within
levels, keeps q, k and v apart and writes 1x1 convolutions of the attention as linear layers.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from cm_core.errors import CheckpointError

NET = "net."  # our models hold the network under this name

OPENAI = {
    "time": "time_embed",
    "label": "label_emb",
    "encoder": "input_blocks",
    "middle": "middle_block",
    "decoder": "output_blocks",
    "out_norm": "out.0",
    "out_conv": "out.2",
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "emb": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "skip": "skip_connection",
    "proj": "proj_out",
}

DIFFUSERS = {
    "time.0": "time_embedding.linear_1",
    "time.2": "time_embedding.linear_2",
    "label": "class_embedding",
    "encoder.0.0": "conv_in",
    "out_norm": "conv_norm_out",
    "out_conv": "conv_out",
    "emb": "time_emb_proj",
    "skip": "conv_shortcut",
    "norm": "group_norm",
    "proj": "to_out.0",
}
ATTENTION = ("norm", "qkv", "proj")


def openai_key(key: str) -> str:
    """OpenAI's name of one of our weights."""
    return ".".join(OPENAI.get(word, word) for word in key.removeprefix(NET).split("."))


def to_openai(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our weights under OpenAI's names."""
    return {openai_key(key): value for key, value in weights.items()}


def from_openai(weights: Mapping[str, Tensor], keys: Iterable[str]) -> dict[str, Tensor]:
    """OpenAI's weights under our names, which are `keys`."""
    return {key: weights[openai_key(key)] for key in keys}


def diffusers_key(key: str, blocks: int) -> str:
    """diffusers' name of one of our weights, `qkv` left whole; blocks: residual ones a level."""
    module, parameter = key.removeprefix(NET).rsplit(".", 1)
    if module in DIFFUSERS:
        return f"{DIFFUSERS[module]}.{parameter}"
    part, *at, leaf = module.split(".")
    family = "attentions" if leaf in ATTENTION else "resnets"
    if part == "middle":
        place = f"mid_block.{family}.{int(at[0]) // 2}"
    elif part == "encoder":
        level, i = divmod(int(at[0]) - 1, blocks + 1)
        place = f"down_blocks.{level}." + (f"{family}.{i}" if i < blocks else "downsamplers.0")
    elif part == "decoder":
        level, i = divmod(int(at[0]), blocks + 1)
        upsampler = family == "resnets" and at[1] != "0"
        place = f"up_blocks.{level}." + ("upsamplers.0" if upsampler else f"{family}.{i}")
    else:
        raise CheckpointError(f"The weight '{key}' has no place in a diffusers folder.")
    return f"{place}.{DIFFUSERS.get(leaf, leaf)}.{parameter}"


def to_diffusers(weights: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """Our weights under diffusers' names and in its shapes."""
    made = {}
    for key, value in weights.items():
        name = diffusers_key(key, blocks)
        if ".qkv." in name or ".to_out." in name:
            value = value.flatten(1) if value.ndim == 4 else value
        if ".qkv." in name:
            for letter, third in zip("qkv", value.chunk(3), strict=True):
                made[name.replace(".qkv.", f".to_{letter}.")] = third
        else:
            made[name] = value
    return made


def from_diffusers(
    weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], blocks: int
) -> dict[str, Tensor]:
    """diffusers' weights under our names and in our shapes, which are those of `expected`."""
    made = {}
    for key, like in expected.items():
        name = diffusers_key(key, blocks)
        if ".qkv." in name:
            thirds = [weights[name.replace(".qkv.", f".to_{letter}.")] for letter in "qkv"]
            made[key] = torch.cat(thirds).reshape(like.shape)
        else:
            made[key] = weights[name].reshape(like.shape)
    return made
