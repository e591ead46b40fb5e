"""python -m editing TASK ... --out FILE: every zero-shot task on ordinary picture files.

The ending of FILE says what is written: .png and the like, .svg for flat pictures, and for the
frames of a walk .webp or .gif, which move, or any other kind, which holds them side by side. Where
the picture is a folder, so is FILE: every picture in it is edited, by one model and one mask.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from cm_core import load_model
from cm_core.checkpoints import registry
from cm_core.errors import OneStrokeError
from cm_core.samplers import Step
from editing import commands, widening
from editing.batch import inputs_and_outputs
from editing.hours import FRAMES
from editing.output import check_quality, lost_bits, save
from editing.region import CONTEXT
from editing.tasks import (
    CALM_SAMPLES_PER_STEP,
    INPAINT_STEPS,
    SAMPLES_PER_STEP,
    STROKE_STEPS,
    STROKE_STRENGTH,
)

FACTORS = (2, 4, 8)
ENLARGERS = (  # name of the command, its model unless another is named
    ("enlarge", commands.DETAILER, "a picture of any size two or four times as large"),
    ("super_resolve", registry.DEFAULT, "enlarge a small picture to the size that a model draws"),
)


def labels_of(model, args: argparse.Namespace) -> dict[str, object]:
    """The label of a task, or with --to the labels of a walk's two ends."""
    chosen = commands.chosen(args)
    label, to = model.config.labels.index(**chosen), getattr(args, "to", None)
    if not to:
        return {"label": label}
    return {"labels": [label, model.config.labels.index(**chosen | commands.choices(to))]}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m editing", description=__doc__)
    tasks = top.add_subparsers(dest="task", required=True)

    def task(
        name: str,
        steps: int | None = None,
        picture: bool = True,
        seed: bool = True,
        samples: int | None = None,
        function: Callable[..., commands.Result] | None = None,
        help: str = "",
    ) -> argparse.ArgumentParser:
        p = tasks.add_parser(name, help=help)
        if picture:
            p.add_argument("input", help="picture file, or a folder of them")
        p.add_argument("--out", required=True, type=Path, help="file to write; of a folder, folder")
        p.add_argument("--quality", type=int, help="1 to 100, of JPEG, WebP and AVIF")
        p.add_argument("--scale", type=int, default=1, help="times the size of the result")
        p.add_argument("--model", default=registry.DEFAULT, help="model name or checkpoint folder")
        p.add_argument("--label", action="append", default=[], help="AXIS=NAME, e.g. light=dusk")
        for axis in commands.SHORT:
            p.add_argument(f"--{axis}", help=f"short for --label {axis}=...")
        if steps:
            p.add_argument("--steps", type=int, default=steps, help="noise levels gone through")
        if samples:
            p.add_argument(
                "--samples-per-step", type=int, default=samples, help="whose mean a step takes"
            )
        if seed:
            p.add_argument("--seed", type=int, default=0)
        p.set_defaults(function=function or getattr(commands, name))
        return p

    def painting(name: str, help: str) -> argparse.ArgumentParser:
        p = task(name, STROKE_STEPS, samples=SAMPLES_PER_STEP, help=help)
        follows = "0 follows the strokes, 1 is free"
        p.add_argument("--strength", type=float, default=STROKE_STRENGTH, help=follows)
        p.add_argument("--paper", action="store_true", help="pure white is bare paper: fill it")
        return p

    p = painting("stroke", help="finish a painting, at any size")
    p.add_argument("--mask", help="picture of the same shape, light = paint there alone")
    finer(p)

    p = painting("day", help="a painting from dawn to night")
    p.add_argument("--frames", type=int, default=FRAMES)

    p = task(
        "inpaint",
        INPAINT_STEPS,
        samples=SAMPLES_PER_STEP,
        help="repaint where the mask is light, at any size",
    )
    p.add_argument("--mask", required=True, help="picture of the same size, light = repaint")
    p.add_argument(
        "--context", type=float, default=CONTEXT, help="surroundings seen, in sizes of the mask"
    )
    finer(p)

    p = task(
        "outpaint", INPAINT_STEPS, samples=SAMPLES_PER_STEP, help="extend a picture over its edges"
    )
    for side in ("left", "top", "right", "bottom"):
        p.add_argument(f"--{side}", type=int, default=0, metavar="PIXELS")
    finer(p)

    p = task("panorama", INPAINT_STEPS, samples=1, help="let a picture grow to both sides")
    p.add_argument("--width", type=int, default=widening.WIDEST, metavar="PIXELS")
    finer(p)

    p = task("colorize", 8, samples=CALM_SAMPLES_PER_STEP, help="colour a picture of any size")
    p.add_argument("--hints", help="picture with colour where opaque, transparent elsewhere")

    for name, model, text in ENLARGERS:
        p = task(name, function=commands.enlarge, help=text)
        p.add_argument("--factor", type=int, choices=FACTORS, help="2 or 4 by a detailer, else 4")
        p.add_argument("--faithful", action="store_true", help="a detailer's likeliest picture")
        p.add_argument("--steps", type=int, help="noise levels gone through, of another model")
        p.add_argument("--samples-per-step", type=int, help="whose mean a step takes, of another")
        p.add_argument("--beside", action="store_true", help="with plain bicubic on the left")
        p.set_defaults(model=model)

    p = task("denoise", help="clean a noisy picture of any size")
    p.add_argument("--sigma", type=float, help="noise level in units of [-1, 1]; else estimated")
    p.add_argument("--add", type=float, default=0.0, help="first add noise of this level")
    p.add_argument("--beside", action="store_true", help="with the noisy picture on the left")

    p = task("interpolate", 1, picture=False, seed=False, help="walk between two seeds or four")
    p.add_argument("seeds", type=int, nargs="+", help="two ends, or four corners of a grid")
    p.add_argument("--frames", type=int, default=16, help="between two ends")
    p.add_argument("--rows", type=int, default=5, help="of a grid")
    p.add_argument("--columns", type=int, default=5, help="of a grid")
    p.add_argument(
        "--to", action="append", metavar="AXIS=NAME", help="label of the second of two seeds"
    )

    p = task("generate", 1, picture=False, help="draw from noise")
    p.add_argument("--count", type=int, default=1, help="pictures, of this seed and the next ones")

    p = task("steps", picture=False, help="one noise in more and more steps, then by the teacher")
    p.add_argument("--counts", type=int, nargs="+", default=[1, 2, 4, 8], metavar="STEPS")
    p.add_argument("--levels", type=int, nargs="+", default=[5, 18, 40], metavar="HEUN_STEPS")
    p.add_argument("--teacher", help="its name or folder; else the model's with -teacher")
    p.add_argument("--no-teacher", action="store_true", help="the consistency model alone")
    return top


def finer(task: argparse.ArgumentParser) -> None:
    """Add the option of tasks on parts of pictures that are larger than the model's."""
    task.add_argument("--detailer", help="detailer that draws finer what is larger than the model")


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        check_quality(args.quality)
        given = getattr(args, "input", None)
        pairs = inputs_and_outputs(
            given, args.out, [getattr(args, name, None) for name in ("mask", "hints")]
        )
        model = load_model(args.model, fast=True)
        options = {**labels_of(model, args), **progress()}
    except OneStrokeError as error:
        return refused(error)
    if "samples_per_step" in args:
        options["samples_per_step"] = args.samples_per_step
    return max([edit(model, args, options, *pair) for pair in pairs])  # a list: every one is tried


def edit(
    model, args: argparse.Namespace, options: commands.Options, given: str | None, out: Path
) -> int:
    """Run the task on one picture and write what it makes; the exit code."""
    try:
        one = argparse.Namespace(**{**vars(args), "input": given})
        with torch.inference_mode():
            made = args.function(model, one, dict(options))
        pictures = made.pictures[0] if len(made.pictures) == 1 else made.pictures
        save(pictures, out, args.scale, made.columns, args.quality)
    except OneStrokeError as error:
        return refused(error, given if given != getattr(args, "input", None) else None)
    if lost := lost_bits(made.pictures[0], out):
        print(lost, file=sys.stderr)
    if made.note:
        print(made.note)
    print(out)
    return 0


def refused(error: OneStrokeError, given: str | None = None) -> int:
    """Say what is wrong, of a folder with which of its pictures; the exit code."""
    said = str(error)
    print(said if given is None or given in said else f"{given}: {said}", file=sys.stderr)
    return 2


def progress() -> commands.Options:
    """A line a step on a terminal, nothing in a script."""
    if not sys.stderr.isatty():
        return {}

    def say(step: Step) -> None:
        print(f"step {step.index + 1}, sigma {step.sigma:.3g}", file=sys.stderr)

    return {"on_step": say}


if __name__ == "__main__":
    sys.exit(main())
