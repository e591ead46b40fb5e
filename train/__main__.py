"""Trains, samples, evaluates and exports models: `python -m train COMMAND --help` says how."""

import argparse
import math
import os
import sys
from pathlib import Path

from cm_core.errors import OneStrokeError
from train import evaluation_commands
from train.options import at_least_one, model_command


def run(args: argparse.Namespace) -> None:
    from train import distributed, loop
    from train.config import load

    given = {k: getattr(args, k) for k in ("images", "init", "teacher")}
    config = load(args.preset, **{k: v for k, v in given.items() if v is not None})
    out = Path(args.out or f"runs/{config.name}")
    processes = distributed.join()
    try:
        loop.train(
            config,
            out,
            resume=Path(args.resume) if args.resume else None,
            minutes=args.minutes,
            save_every=args.save_every,
            shards=args.shards,
            device=args.device,
            processes=processes,
            fit=args.fit,
            force=args.force,
        )
    except KeyboardInterrupt:
        print(f"Broken off: --resume {out} goes on from the last save.", file=sys.stderr)
        sys.exit(130)
    processes.leave()


def reproduce(args: argparse.Namespace) -> None:
    from train.reproduce import reproduce

    out, start = (Path(given) if given else None for given in (args.out, args.start))
    try:
        reproduce(
            args.name, out, minutes=args.minutes, device=args.device, budget=args.budget,
            jobs=args.jobs, fit=args.fit, last=args.stage, start=start,
        )  # fmt: skip
    except KeyboardInterrupt:
        print("Broken off: the same command goes on from the last save.", file=sys.stderr)
        sys.exit(130)


def listing(args: argparse.Namespace) -> None:
    from train.preset_table import table

    print(table())


def landscapes(args: argparse.Namespace) -> None:
    from train.data.rendered import render

    folder = Path(args.out or f"data/landscapes{args.size}")
    jobs = args.jobs if args.jobs is not None else os.cpu_count() or 1
    try:
        made = render(folder, args.size, args.count, jobs, held_out=args.held_out, force=args.force)
    except KeyboardInterrupt:
        print(f"{folder} is unfinished: the same command goes on.", file=sys.stderr)
        sys.exit(130)
    print(f"{folder}: {made['count']} pictures of side {args.size}, {made['held_out']} held out")


def sample(args: argparse.Namespace) -> None:
    from cm_core import load_model
    from train import distributed
    from train.grid import labels_in_turn, samples, save_grid

    processes = distributed.join()
    model = load_model(args.checkpoint, processes.device(None), fast=True)
    label = None
    if args.each:
        label = labels_in_turn(model.config.labels, args.count, args.each)
    made = samples(model, args.count, args.steps, args.seed, label, processes=processes)
    if processes.writes:
        save_grid(made, Path(args.out), args.columns)
        print(args.out)
    processes.leave()


def export(args: argparse.Namespace) -> None:
    from cm_core.checkpoints.registry import BUNDLED
    from train.export import export_diffusers, push_to_hub
    from train.export_graph import export_graph

    folder = BUNDLED.get(args.checkpoint, Path(args.checkpoint))
    if args.format == "graph":
        folder = export_graph(folder).parent
    elif args.format == "diffusers":
        out = args.out or f"{folder.name.removesuffix('.pt')}-diffusers"
        folder = export_diffusers(args.checkpoint, out, args.scales)
    print(push_to_hub(folder, args.push, args.private) if args.push else folder)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = top.add_subparsers(required=True)

    sets = commands.add_parser("data", help="build a picture set").add_subparsers(required=True)
    p = sets.add_parser("landscapes", help="render landscapes; goes on where it was broken off")
    p.add_argument("--size", type=int, default=64, help="side in pixels")
    p.add_argument("--count", type=int, default=40_000, help="pictures to train on")
    p.add_argument("--held-out", type=int, default=512, help="other pictures, to measure errors on")
    p.add_argument("--jobs", type=int, help="processes (default: one a core)")
    p.add_argument("--out", help="folder to write (default data/landscapesSIZE)")
    p.add_argument("--force", action="store_true", help="start anew where there is another set")
    p.set_defaults(function=landscapes)

    p = commands.add_parser("list", help="every preset: objective, network, length, expected cost")
    p.set_defaults(function=listing)

    p = commands.add_parser("run", help="train from a preset")
    p.add_argument("preset", help="name of a preset, or a TOML file")
    p.add_argument("--out", help="folder for states, checkpoints, log and grid (default runs/NAME)")
    p.add_argument("--resume", help="folder of a saved run, to go on with it")
    p.add_argument("--force", action="store_true", help="overwrite the run that is there")
    p.add_argument("--minutes", type=float, default=math.inf, help="stop this call after so long")
    p.add_argument("--save-every", type=float, default=3.0, help="minutes between saves")
    p.add_argument("--fit", action="store_true", help="make the run as long as its minutes allow")
    p.add_argument("--images", type=int, help="length of the whole run, instead of the preset's")
    p.add_argument("--init", help="checkpoint folder to start from, instead of the preset's")
    p.add_argument("--teacher", help="checkpoint folder to distil, instead of the preset's")
    p.add_argument("--shards", action="store_true", help="also write fp16 files below 15 MiB each")
    p.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
    p.set_defaults(function=run)

    p = commands.add_parser("reproduce", help="make a model's weights: pictures, then every stage")
    p.add_argument("name", help="name of a recipe in train/presets, or a TOML file")
    p.add_argument("--out", help="folder for all of it (default runs/NAME)")
    p.add_argument("--minutes", type=float, default=math.inf, help="stop this call after so long")
    p.add_argument("--fit", action="store_true", help="make all stages end within the minutes")
    p.add_argument("--stage", metavar="S", help="go no further than this stage")
    p.add_argument("--from", dest="start", metavar="FOLDER", help="checkpoint folder to begin from")
    p.add_argument("--budget", default="cpu", help="cpu (default), gpu, or what the recipe has")
    p.add_argument("--jobs", type=int, help="processes that render (default: all cores)")
    p.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
    p.set_defaults(function=reproduce)

    p = model_command(commands, "sample", sample, "draw a grid of samples")
    p.add_argument("--out", required=True, help="PNG or WebP to write")
    p.add_argument(
        "--steps", type=at_least_one, default=1, help="evaluations, or a teacher's Heun levels"
    )
    p.add_argument("--count", type=at_least_one, default=64)
    p.add_argument("--columns", type=at_least_one, default=16)
    p.add_argument(
        "--each",
        type=at_least_one,
        metavar="N",
        help="give labels, the next light after N pictures; else any label",
    )
    p.add_argument("--seed", type=int, default=0)

    evaluation_commands.add_commands(commands)

    p = commands.add_parser("export", help="write a checkpoint for others' tools, or upload it")
    p.add_argument("checkpoint", help="a model's name, a folder, a .pt or a name of the hub")
    p.add_argument("--format", choices=["diffusers", "graph", "ours"], default="diffusers")
    p.add_argument("--out", help="new folder to write (default CHECKPOINT-diffusers)")
    p.add_argument(
        "--scales", type=at_least_one, help="N, the noise grid that diffusers' timesteps index"
    )
    p.add_argument("--push", metavar="ORG/NAME", help="upload the folder to the hub with its card")
    p.add_argument("--private", action="store_true", help="keep a newly made repository private")
    p.set_defaults(function=export)
    return top


def main() -> int:
    args = parser().parse_args()
    from train.memory import enough_memory  # torch takes its time, and a wrong option none

    try:
        with enough_memory():
            args.function(args)
    except OneStrokeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
