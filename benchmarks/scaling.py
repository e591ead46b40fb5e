"""What an evaluation costs against resolution, batch, steps and the size of the network.

python -m benchmarks.scaling [--threads 2] [--plot FILE.svg] [--out FOLDER]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch

from benchmarks.measure import Row, gflop, side_by_side, tell
from cm_core import load_model
from cm_core.checkpoints.registry import DEFAULT
from cm_core.model import ConsistencyModel, ModelConfig
from cm_core.samplers import sample_multistep
from cm_core.schedule import karras_sigmas

SIDES = (32, 64, 128)
BATCHES = (1, 2, 4, 8, 16)
STEPS = (1, 2, 4, 8)
CHANNELS = (32, 48, 64, 96)


def model(config: ModelConfig, **net: int) -> ConsistencyModel:
    """The bundled architecture, changed, with random weights."""
    made = replace(config, unet=replace(config.unet, **net))
    return ConsistencyModel(made).eval().requires_grad_(False)


def rows(rounds: int) -> list[Row]:
    """A row a point: what was changed, to what, the cost in GFLOP and the time."""
    config, found = load_model(DEFAULT).config, []

    def point(what: str, value: int, made: ConsistencyModel, batch: int = 1, steps: int = 1):
        side = made.config.image_size
        noise = torch.randn(batch, 3, side, side)

        def draw() -> torch.Tensor:
            grid = karras_sigmas(steps + 1)[:steps]
            return sample_multistep(made, noise, grid, torch.Generator().manual_seed(0))

        took = side_by_side({"ours": draw}, rounds)["ours"]
        found.append({"changed": what, "to": value, "GFLOP": gflop(draw), "ms": 1000 * took})

    with torch.inference_mode():
        for side in SIDES:
            point("resolution", side, model(config, image_size=side))
        for channels in CHANNELS:
            point("channels", channels, model(config, channels=channels))
        plain = model(config)
        for batch in BATCHES:
            point("batch", batch, plain, batch=batch)
        for steps in STEPS:
            point("steps", steps, plain, steps=steps)
    return found


def plot(rows: list[Row], file: str) -> None:
    """All of them in one plot: time against cost, both logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    for what in dict.fromkeys(row["changed"] for row in rows):
        points = sorted((r["GFLOP"], r["ms"]) for r in rows if r["changed"] == what)
        pyplot.loglog(*zip(*points, strict=True), "o-", label=str(what))
    pyplot.xlabel("GFLOP")
    pyplot.ylabel("ms")
    pyplot.legend()
    pyplot.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", help="picture to draw, by its ending SVG or PNG")
    parser.add_argument("--out", help="folder to write JSON into")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    made = rows(args.rounds)
    tell("Scaling", made, args.threads, args.out)
    if args.plot:
        plot(made, args.plot)


if __name__ == "__main__":
    main()
