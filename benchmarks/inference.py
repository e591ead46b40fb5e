"""Drawing on a CPU, beside diffusers: the same weights, threads and noise, in one run.

python -m benchmarks.inference [--large] [--threads 2] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from benchmarks.measure import Row, gflop, matrix_product, side_by_side, tell
from cm_core import load_model
from cm_core.checkpoints.graph import by_graph
from cm_core.model import ConsistencyModel
from cm_core.samplers import sample_multistep
from cm_core.schedule import karras_sigmas
from train.export_graph import network_graph

if TYPE_CHECKING:  # it takes seconds to import
    from diffusers import ConsistencyModelPipeline

SCALES = 40  # levels of the grid that diffusers' timesteps count on
# Indices of noise levels, the noisiest last, as diffusers wants them.
TIMESTEPS = {1: [0], 2: [22, 0], 4: [30, 22, 11, 0]}
BATCHES = (1, 4, 16)
COMMON = {
    "sample_size": 64,
    "attention_head_dim": 64,
    "attn_norm_num_groups": 32,
    "downsample_type": "resnet",
    "upsample_type": "resnet",
    "resnet_time_scale_shift": "scale_shift",
}
# One that both can hold, of the size of what ships, and that of OpenAI's ImageNet-64 checkpoints.
SMALL = {
    **COMMON,
    "block_out_channels": (64, 128, 192),
    "layers_per_block": 1,
    "down_block_types": ("ResnetDownsampleBlock2D",) * 2 + ("AttnDownBlock2D",),
    "up_block_types": ("AttnUpBlock2D",) + ("ResnetUpsampleBlock2D",) * 2,
    "num_class_embeds": 78,
}
LARGE = {
    **COMMON,
    "block_out_channels": (192, 384, 576, 768),
    "layers_per_block": 3,
    "down_block_types": ("ResnetDownsampleBlock2D",) + ("AttnDownBlock2D",) * 3,
    "up_block_types": ("AttnUpBlock2D",) * 3 + ("ResnetUpsampleBlock2D",),
    "num_class_embeds": 1000,
}


def both(settings: dict, folder: Path) -> tuple[ConsistencyModelPipeline, ConsistencyModel]:
    """diffusers' pipeline of random weights, and our model opened from its folder."""
    from diffusers import CMStochasticIterativeScheduler, ConsistencyModelPipeline, UNet2DModel

    torch.manual_seed(0)
    scheduler = CMStochasticIterativeScheduler(num_train_timesteps=SCALES)
    pipe = ConsistencyModelPipeline(UNet2DModel(**settings).eval(), scheduler)
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(folder)
    return pipe, load_model(folder)


def ways(
    pipe: ConsistencyModelPipeline, models: dict[str, ConsistencyModel], noise: Tensor, steps: int
) -> dict[str, Callable[[], Tensor]]:
    """Everybody's way to draw a batch from the same noise, in as many steps."""
    timesteps, count = TIMESTEPS[steps], len(noise)
    sigmas = karras_sigmas(SCALES)[timesteps[::-1]]
    label = torch.zeros(count, dtype=torch.long)

    def theirs() -> Tensor:
        return pipe(
            batch_size=count, class_labels=[0] * count, timesteps=timesteps, latents=noise,
            num_inference_steps=None, output_type="pt", generator=torch.Generator().manual_seed(0),
        ).images  # fmt: skip

    def ours(model: ConsistencyModel) -> Tensor:
        drawn = sample_multistep(
            model, noise, sigmas, torch.Generator().manual_seed(0), label, clip=True
        )
        return (drawn + 1) / 2

    made = {name: lambda model=model: ours(model) for name, model in models.items()}
    return {"diffusers": theirs, **made}


def rows(name: str, settings: dict, rounds: int) -> list[Row]:
    """A row a batch and number of steps: milliseconds of each way, and ours in times of theirs."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        pipe, eager = both(settings, Path(folder))
        with torch.inference_mode(False):
            graph = network_graph(eager.net)
        models = {"eager": eager, "by graph": eager.with_net(by_graph(eager.net, graph))}
        product, product_cost = matrix_product()
        for count in BATCHES:
            noise = torch.randn(count, 3, 64, 64)
            label = torch.zeros(count, dtype=torch.long)
            cost = gflop(lambda x=noise, y=label: eager(x, 1.0, y))
            for steps in TIMESTEPS:
                drawn = ways(pipe, models, noise, steps)
                took = side_by_side({**drawn, "limit": product}, rounds)
                speed = product_cost / took["limit"]
                row: Row = {"network": name, "batch": count, "steps": steps}
                row |= {way: 1000 * took[way] for way in drawn}
                row |= {f"{way}, times as fast": took["diffusers"] / took[way] for way in models}
                row["of the limit"] = cost * steps / took["by graph"] / speed
                found.append(row)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also OpenAI's ImageNet-64 network")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", help="folder to write JSON into")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    made = rows("8 M weights", SMALL, args.rounds)
    if args.large:
        made += rows("ImageNet-64", LARGE, 3)
    tell("Drawing", made, args.threads, args.out)


if __name__ == "__main__":
    main()
