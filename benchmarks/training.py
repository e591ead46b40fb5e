"""Training, a step of every stage that makes the shipped weights; and the renderer.

python -m benchmarks.training [--threads 2] [--rounds 5] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.measure import Row, gflop, matrix_product, side_by_side, tell
from cm_core.checkpoints.registry import ASSETS
from train.landscapes import render, store
from train.recipe import load_recipe
from train.run import Run

RECIPES = ("landscape64", "landscape-detail")
RENDERS = 32  # pictures to learn from here
SIZES = (64, 256)


def stages(folder: Path) -> dict[str, Run]:
    """A run of each stage, on a few renders, begun from the weights that ship."""
    made = {}
    for name in RECIPES:
        recipe = load_recipe(name, folder)
        for stage in recipe.stages:
            data = replace(stage.config.data, file=str(folder / str(stage.config.data.size)))
            store.build(Path(data.file), data.size, RENDERS, jobs=1, held_out=8)
            begun = f"{name}-teacher" if stage.config.objective == "edm" else name
            config = replace(stage.config, data=data, init=str(ASSETS / begun))
            made[f"{name}: {stage.name}"] = Run(config, None, torch.device("cpu"))
    return made


def stage_rows(runs: dict[str, Run], rounds: int) -> list[Row]:
    """A row a stage: images a second, the fraction of the machine's limit that its arithmetic
    reaches, and the fraction of a step that is spent on reading pictures and drawing noise."""
    product, cost = matrix_product()
    steps = {name: run.step for name, run in runs.items()}
    reads = {
        f"{name}, data": lambda run=run: run.draw(run.images, run.config.batch)
        for name, run in runs.items()
    }
    took = side_by_side({"limit": product} | steps | reads, rounds)
    limit, found = cost / took["limit"], []
    for name, run in runs.items():
        reached = gflop(run.step) / took[name]
        found.append(
            {
                "stage": name,
                "images/s": run.config.batch / took[name],
                "GFLOP/s": reached,
                "of the limit": reached / limit,
                "data": took[f"{name}, data"] / took[name],
            }
        )
    return found


def renderer_rows(rounds: int) -> list[Row]:
    """Pictures a second of one core, by size."""
    found = []
    for size in SIZES:
        render(0, size)
        start = time.process_time()
        for seed in range(10 * rounds):
            render(seed, size)
        found.append({"renderer": size, "pictures/s": 10 * rounds / (time.process_time() - start)})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="folder to write JSON into")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        tell("Training", stage_rows(stages(Path(folder)), args.rounds), args.threads, args.out)
    print()
    tell("Renderer", renderer_rows(args.rounds), 1, args.out)


if __name__ == "__main__":
    main()
