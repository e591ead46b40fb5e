"""The first steps of every objective on the emoji set, from its preset for a CPU.

python -m tests.train.trial [--steps 200] [--batch 32] [--teacher FOLDER] [PRESET ...]

Prints, as a Markdown table, the mean loss of the first and of the last fifth of the steps; and how
far one step of a consistency model ends from the teacher's picture (18 Heun levels, same noise),
RMSE before and after.
"""

import argparse
import dataclasses
import math
import time
from pathlib import Path

import torch

from cm_core import ConsistencyModel, load_model
from train import config
from train.grid import samples
from train.loop import Run
from train.metrics import rmse


def trial(preset: str, args: argparse.Namespace, truth: torch.Tensor) -> str:
    """A table line of a preset's first steps."""
    chosen = config.load(preset)
    usual = "runs/teacher/ema-share-0.05"
    given = {k: args.teacher for k in ("init", "teacher") if getattr(chosen, k) == usual}
    if chosen.init and not Path(chosen.init).exists():
        return f"| {preset} | starts from {chosen.init}, which is not there |"
    chosen = dataclasses.replace(chosen, batch=args.batch or chosen.batch, **given)
    run = Run(chosen, None, torch.device("cpu"))

    def away() -> str:
        if not isinstance(run.model, ConsistencyModel):
            return "–"
        made = samples(run.model.eval(), len(truth), 1)
        run.model.train()
        return f"{rmse(made, truth):.3f}"

    before = away()
    started, losses = time.monotonic(), []
    for _ in range(args.steps):
        losses.append(float(run.step()[0].mean()))
    speed = args.steps * chosen.batch / (time.monotonic() - started)
    part = max(1, args.steps // 5)
    first, last = (sum(some) / part for some in (losses[:part], losses[-part:]))
    finite = "yes" if run.skipped == 0 and all(map(math.isfinite, losses)) else "NO"
    return f"| {preset} | {finite} | {first:.4g} | {last:.4g} | {before} | {away()} | {speed:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, help="pictures a step, instead of the preset's")
    parser.add_argument("--teacher", default="runs/teacher/ema-share-0.05")
    args = parser.parse_args()
    every = sorted(p.stem for p in config.PRESETS.glob("emoji32-cpu-*.toml"))
    truth = samples(load_model(args.teacher), 48, 18)
    print("| preset | finite | first loss | last loss | one step before | after | images/s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for preset in args.presets or every:
        print(trial(preset, args, truth), flush=True)


if __name__ == "__main__":
    main()
