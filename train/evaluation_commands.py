"""The commands that evaluate models, and at the end their parsers."""

import argparse
from pathlib import Path

from cm_core.errors import SettingError
from train.options import at_least_one, model_command

TEACHER = "the diffusion teacher (default CHECKPOINT-teacher)"
DETAILER = "what enlarges its pictures (default: the bundled one)"


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


def fidelity(args: argparse.Namespace) -> None:
    from cm_core import load_model
    from train.evaluation import card, fidelity
    from train.recipe import runs_of

    run = next(iter(runs_of(Path(args.preset)).values()))
    model = load_model(args.checkpoint)
    print(card.table(fidelity.rows(model, run.data, args.steps, args.count)))


def detailer_of(name: str | None):
    """The detailer that was named, or the bundled one; None where there is none."""
    from cm_core import load_model
    from cm_core.checkpoints.registry import DETAILERS

    bundled, folder = next(iter(DETAILERS.items()))
    return load_model(name or bundled, fast=True) if name or folder.is_dir() else None


def landscapes_only(checkpoint: str) -> None:
    """Raises SettingError for a checkpoint whose label axes are not scene and light."""
    from cm_core.checkpoints.checkpoint import read_config
    from cm_core.checkpoints.registry import BUNDLED
    from train.evaluation import suits

    _, config = read_config(BUNDLED.get(checkpoint, Path(checkpoint)))
    if not suits(config.labels):
        raise SettingError(f"{checkpoint} draws no landscapes: only those are judged here.")


def teacher_of(args: argparse.Namespace) -> str:
    """The teacher that was named, or CHECKPOINT-teacher."""
    return args.teacher or f"{args.checkpoint.rstrip('/')}-teacher"


def add_commands(commands) -> None:
    """Add these commands to the parser of `python -m train`."""
    p = model_command(
        commands, "sheet", sheet, "draw what is made of paintings of held-out landscapes"
    )
    p.add_argument("--teacher", help=TEACHER)
    p.add_argument("--count", type=at_least_one, default=12, help="paintings of landscapes")
    p.add_argument("--out", required=True, help="PNG or WebP to write")

    p = model_command(
        commands, "blind", blind, "draw pairs for a judge who does not know which is which"
    )
    p.add_argument("--detailer", help=DETAILER)
    p.add_argument(
        "--count", type=at_least_one, default=100, help="pairs, and as many single pictures"
    )
    p.add_argument("--out", required=True, help="folder to write; its key.json has the answers")

    p = model_command(
        commands, "evaluate", evaluate, "measure samples and edits; the card gets the table"
    )
    p.add_argument("--teacher", help=TEACHER)
    p.add_argument("--detailer", help=DETAILER)
    p.add_argument("--count", type=at_least_one, help="scenes (default 512)")
    p.add_argument("--seeds", type=at_least_one, help="repetitions with other noise (default 3)")
    p.add_argument("--quick", action="store_true", help="in minutes, to compare models: 128 scenes")
    p.add_argument("--quality", help="JSON for the page's chart, e.g. assets/quality.json")
    p.add_argument(
        "--choose", action="store_true", help="find and store noise levels and strength first"
    )

    p = model_command(
        commands, "fidelity", fidelity, "FID and IS, where Inception's weights are at hand"
    )
    p.add_argument("preset", help="name of a preset or a TOML file, on whose pictures it trained")
    p.add_argument(
        "--steps", type=at_least_one, nargs="+", default=[1, 2], help="evaluations a sample"
    )
    p.add_argument("--count", type=at_least_one, default=50_000, help="samples")
