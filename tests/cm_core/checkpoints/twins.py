"""Small networks of the diffusers library with random weights, to compare ours with.

The library takes seconds to import: functions that need it import it.
"""

import torch

IMAGENET = {
    "sample_size": 16,
    "block_out_channels": (64, 128),
    "layers_per_block": 2,
    "down_block_types": ("ResnetDownsampleBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "ResnetUpsampleBlock2D"),
    "num_class_embeds": 10,
    "resnet_time_scale_shift": "scale_shift",
}
LSUN = {
    "sample_size": 64,
    "block_out_channels": (32, 32, 64, 64, 128, 128),
    "layers_per_block": 1,
    "down_block_types": ("ResnetDownsampleBlock2D",) * 3 + ("AttnDownBlock2D",) * 3,
    "up_block_types": ("AttnUpBlock2D",) * 3 + ("ResnetUpsampleBlock2D",) * 3,
}
FAMILIES = {"imagenet": IMAGENET, "lsun": LSUN}
FULL = {
    "imagenet": {
        **IMAGENET,
        "sample_size": 64,
        "block_out_channels": (192, 384, 576, 768),
        "layers_per_block": 3,
        "down_block_types": ("ResnetDownsampleBlock2D",) + ("AttnDownBlock2D",) * 3,
        "up_block_types": ("AttnUpBlock2D",) * 3 + ("ResnetUpsampleBlock2D",),
        "num_class_embeds": 1000,
    },
    "lsun": {
        **LSUN,
        "sample_size": 256,
        "block_out_channels": (256, 256, 512, 512, 1024, 1024),
        "layers_per_block": 2,
    },
}


def twin(settings, **changes):
    """A UNet2DModel in which no weight is zero and no norm is trivial."""
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    net = UNet2DModel(
        **{
            "attention_head_dim": 64 if settings is not LSUN else 32,
            "attn_norm_num_groups": 32,
            "downsample_type": "resnet",
            "upsample_type": "resnet",
            **settings,
            **changes,
        }
    )
    for name, weight in net.named_parameters():
        if "norm" in name or name.endswith("bias"):
            weight.data += 0.2 * torch.randn(weight.shape, device=weight.device)
    return net.eval()


def pipeline(net, **scheduler):
    from diffusers import CMStochasticIterativeScheduler, ConsistencyModelPipeline

    pipe = ConsistencyModelPipeline(net, CMStochasticIterativeScheduler(**scheduler))
    pipe.set_progress_bar_config(disable=True)
    return pipe


RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}


def openai_state(net):
    """A twin's weights as OpenAI's files name and order them, found by walking its modules."""
    state = {}

    def put(prefix, module):
        for name, weight in module.named_parameters(recurse=False):
            state[f"{prefix}.{name}"] = weight.data

    def resnet(prefix, module):
        for name, theirs in RESNET.items():
            if getattr(module, name, None) is not None:
                put(f"{prefix}.{theirs}", getattr(module, name))

    def attention(prefix, module):
        put(f"{prefix}.norm", module.group_norm)
        parts = [module.to_q, module.to_k, module.to_v]
        state[f"{prefix}.qkv.weight"] = torch.cat([p.weight.data for p in parts])[..., None, None]
        state[f"{prefix}.qkv.bias"] = torch.cat([p.bias.data for p in parts])
        state[f"{prefix}.proj_out.weight"] = module.to_out[0].weight.data[..., None, None]
        state[f"{prefix}.proj_out.bias"] = module.to_out[0].bias.data

    put("time_embed.0", net.time_embedding.linear_1)
    put("time_embed.2", net.time_embedding.linear_2)
    if net.class_embedding is not None:
        put("label_emb", net.class_embedding)
    put("input_blocks.0.0", net.conv_in)
    n = 1
    for block in net.down_blocks:
        for i, module in enumerate(block.resnets):
            resnet(f"input_blocks.{n}.0", module)
            if hasattr(block, "attentions"):
                attention(f"input_blocks.{n}.1", block.attentions[i])
            n += 1
        if block.downsamplers:
            resnet(f"input_blocks.{n}.0", block.downsamplers[0])
            n += 1
    resnet("middle_block.0", net.mid_block.resnets[0])
    attention("middle_block.1", net.mid_block.attentions[0])
    resnet("middle_block.2", net.mid_block.resnets[1])
    n = 0
    for block in net.up_blocks:
        for i, module in enumerate(block.resnets):
            resnet(f"output_blocks.{n}.0", module)
            attends = hasattr(block, "attentions")
            if attends:
                attention(f"output_blocks.{n}.1", block.attentions[i])
            if i == len(block.resnets) - 1 and block.upsamplers:
                resnet(f"output_blocks.{n}.{1 + attends}", block.upsamplers[0])
            n += 1
    put("out.0", net.conv_norm_out)
    put("out.2", net.conv_out)
    return state
