"""Pictures and models: what each command does stands in `python -m train COMMAND --help`."""

import argparse
import math
import os
import sys
from pathlib import Path

from cm_core.errors import OneStrokeError, SettingError


def run(args: argparse.Namespace) -> None:
    from train import config, distributed, loop

    given = {k: getattr(args, k) for k in ("images", "init", "teacher")}
    chosen = config.load(args.config, **{k: v for k, v in given.items() if v is not None})
    out = Path(args.out or f"runs/{chosen.name}")
    processes = distributed.join()
    try:
        loop.train(
            chosen,
            out,
            Path(args.resume) if args.resume else None,
            args.minutes,
            args.save_every,
            args.shards,
            args.device,
            processes,
            args.fit,
            args.force,
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
            args.name, out, args.minutes, args.device, args.budget, args.jobs, args.fit,
            args.stage, start,
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


def sheet(args: argparse.Namespace) -> None:
    from cm_core import load_model
    from train.evaluation.sheet import sheet
    from train.evaluation.teacher import load_teacher

    landscapes_only(args.checkpoint)
    model, teacher = load_model(args.checkpoint, fast=True), load_teacher(teacher_of(args))
    sheet(model, teacher, Path(args.out), args.count)
    print(args.out)


def blind(args: argparse.Namespace) -> None:
    from cm_core import load_model
    from train.evaluation.blind import blind

    landscapes_only(args.checkpoint)
    detailer = detailer_of(args.detailer)
    if detailer is None:
        raise SettingError("Pictures are judged as large as a detailer makes them: name one.")
    blind(load_model(args.checkpoint, fast=True), detailer, Path(args.out), args.count)
    print(args.out)


def evaluate(args: argparse.Namespace) -> None:
    from cm_core.checkpoints.registry import BUNDLED
    from train.evaluation.table import evaluate, sizes_for

    landscapes_only(args.checkpoint)
    folder = BUNDLED.get(args.checkpoint, Path(args.checkpoint))
    quality = Path(args.quality) if args.quality else None
    sizes = sizes_for(args.quick, args.count, args.seeds)
    evaluate(
        folder, teacher_of(args), sizes, args.choose, quality, detailer=detailer_of(args.detailer)
    )


def detailer_of(name: str | None):
    """The detailer that was named, or the bundled one; None where there is none."""
    from cm_core import load_model
    from cm_core.checkpoints.registry import DETAILERS

    bundled, folder = next(iter(DETAILERS.items()))
    return load_model(name or bundled, fast=True) if name or folder.is_dir() else None


def fidelity(args: argparse.Namespace) -> None:
    from cm_core import load_model
    from train.evaluation import card, fidelity
    from train.recipe import runs_of

    run = next(iter(runs_of(Path(args.config)).values()))
    model = load_model(args.checkpoint)
    print(card.table(fidelity.rows(model, run.data, args.steps, args.count)))


def landscapes_only(checkpoint: str) -> None:
    """Refuse a model by name or from a folder of ours whose labels are not scene and light."""
    from cm_core.checkpoints.checkpoint import read_config
    from cm_core.checkpoints.registry import BUNDLED
    from train.evaluation import suits

    _, config = read_config(BUNDLED.get(checkpoint, Path(checkpoint)))
    if not suits(config.labels):
        raise SettingError(f"{checkpoint} draws no landscapes: only those are judged here.")


def teacher_of(args: argparse.Namespace) -> str:
    """The teacher that was named, or the one that stands beside the model."""
    return args.teacher or f"{args.checkpoint.rstrip('/')}-teacher"


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


def counted(text: str) -> int:
    """A number of things, of which there is one at least. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not '{text}'")
    return int(text)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = top.add_subparsers(required=True)

    sets = commands.add_parser("data", help="build a picture set").add_subparsers(required=True)
    p = sets.add_parser("landscapes", help="render landscapes; goes on where it was broken off")
    p.add_argument("--size", type=int, default=64, help="side in pixels")
    p.add_argument("--count", type=int, default=40_000, help="pictures to train on")
    p.add_argument("--held-out", type=int, default=512, help="other pictures, to judge by")
    p.add_argument("--jobs", type=int, help="processes (default: one a core)")
    p.add_argument("--out", help="folder to write (default data/landscapesSIZE)")
    p.add_argument("--force", action="store_true", help="start anew where there is another set")
    p.set_defaults(function=landscapes)

    p = commands.add_parser("list", help="every preset: objective, network, length, expected cost")
    p.set_defaults(function=listing)

    p = commands.add_parser("run", help="train from a preset")
    p.add_argument("config", help="name of a preset, or a TOML file")
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

    p = commands.add_parser("sample", help="draw a grid of samples")
    p.add_argument("checkpoint", help="a model's name or a checkpoint folder")
    p.add_argument("--out", required=True, help="PNG or WebP to write")
    p.add_argument(
        "--steps", type=counted, default=1, help="evaluations, or a teacher's Heun levels"
    )
    p.add_argument("--count", type=counted, default=64)
    p.add_argument("--columns", type=counted, default=16)
    p.add_argument(
        "--each",
        type=counted,
        metavar="N",
        help="label them, a light for N pictures; else any label",
    )
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(function=sample)

    p = commands.add_parser("sheet", help="draw what is made of paintings of held-out landscapes")
    p.add_argument("checkpoint", help="a model's name or a checkpoint folder")
    p.add_argument("--teacher", help="the diffusion teacher (default CHECKPOINT-teacher)")
    p.add_argument("--count", type=counted, default=12, help="paintings of landscapes")
    p.add_argument("--out", required=True, help="PNG or WebP to write")
    p.set_defaults(function=sheet)

    p = commands.add_parser("blind", help="draw pairs for a judge who does not know which is which")
    p.add_argument("checkpoint", help="a model's name or a checkpoint folder")
    p.add_argument("--detailer", help="what enlarges its pictures (default: the bundled one)")
    p.add_argument("--count", type=counted, default=100, help="pairs, and as many single pictures")
    p.add_argument("--out", required=True, help="folder to write; its key.json has the answers")
    p.set_defaults(function=blind)

    p = commands.add_parser("evaluate", help="measure samples and edits; the card gets the table")
    p.add_argument("checkpoint", help="a model's name or a checkpoint folder")
    p.add_argument("--teacher", help="the diffusion teacher (default CHECKPOINT-teacher)")
    p.add_argument("--detailer", help="what enlarges its pictures (default: the bundled one)")
    p.add_argument("--count", type=counted, help="scenes (default 512)")
    p.add_argument("--seeds", type=counted, help="repetitions with other noise (default 3)")
    p.add_argument("--quick", action="store_true", help="in minutes, to compare models: 128 scenes")
    p.add_argument("--quality", help="JSON for the page's chart, e.g. assets/quality.json")
    p.add_argument(
        "--choose", action="store_true", help="find and store noise levels and strength first"
    )
    p.set_defaults(function=evaluate)

    p = commands.add_parser("fidelity", help="FID and IS, where Inception's weights are at hand")
    p.add_argument("checkpoint", help="a model's name or a checkpoint folder")
    p.add_argument("config", help="name of a preset or a TOML file, on whose pictures it trained")
    p.add_argument("--steps", type=counted, nargs="+", default=[1, 2], help="evaluations a sample")
    p.add_argument("--count", type=counted, default=50_000, help="samples")
    p.set_defaults(function=fidelity)

    p = commands.add_parser("export", help="write a checkpoint for others' tools, or upload it")
    p.add_argument("checkpoint", help="a model's name, a folder, a .pt or a name of the hub")
    p.add_argument("--format", choices=["diffusers", "graph", "ours"], default="diffusers")
    p.add_argument("--out", help="new folder to write (default CHECKPOINT-diffusers)")
    p.add_argument(
        "--scales", type=counted, help="N, the noise grid that diffusers' timesteps index"
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
