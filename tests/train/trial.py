"""The first steps of every objective on the emoji set, from its preset for a CPU.

python -m tests.train.trial [--steps 200] [--teacher FOLDER] [PRESET ...]
Prints, as a Markdown table, the mean loss of the first and of the last fifth of the steps.
"""

import argparse
import dataclasses
import math
import time

import torch

from train import config
from train.loop import Run


def trial(preset: str, steps: int, teacher: str | None) -> str:
    """A table line of a preset's first steps."""
    chosen = config.load(preset)
    if teacher:
        given = {k: teacher for k in ("init", "teacher") if getattr(chosen, k)}
        chosen = dataclasses.replace(chosen, **given)
    run = Run(chosen, None, torch.device("cpu"))
    started, losses = time.monotonic(), []
    for _ in range(steps):
        losses.append(float(run.step()[0].mean()))
    speed = steps * chosen.batch / (time.monotonic() - started)
    part = max(1, steps // 5)
    first, last = (sum(part_of) / part for part_of in (losses[:part], losses[-part:]))
    finite = run.skipped == 0 and all(map(math.isfinite, losses))
    verdict = "finite, falling" if finite and last < first else "NOT falling or not finite"
    return f"| {preset} | {chosen.objective} | {first:.4g} | {last:.4g} | {verdict} | {speed:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--teacher", help="checkpoint instead of the bundled teacher")
    args = parser.parse_args()
    every = sorted(p.stem for p in config.PRESETS.glob("emoji32-cpu-*.toml"))
    print("| preset | objective | first loss | last loss | | images/s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for preset in args.presets or every:
        print(trial(preset, args.steps, args.teacher), flush=True)


if __name__ == "__main__":
    main()
