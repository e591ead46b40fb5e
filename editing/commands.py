"""The tasks of the command line: (model, arguments, shared options) -> picture or frames."""

import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from PIL import Image
from torch import Tensor

import editing
from cm_core import load_model
from cm_core.checkpoints import registry
from cm_core.detailer import Detailer
from cm_core.errors import SettingError
from cm_core.model import Preconditioned
from editing.checks import check_between
from editing.files import open_mask, open_picture
from editing.generate import teacher_evaluations
from editing.image import crop_like, fit, like_whole, on_white, to_pil, to_tensor
from editing.lights import movable
from editing.output import strip
from editing.painted import last_picture

M = TypeVar("M", Preconditioned, Detailer)
Options = dict[str, Any]  # of the task's function in editing
DETAILER = "landscape-detail"  # of the bundled model
SHORT = ("scene", "light")  # label axes that have options of their own
SHEET = 8  # pictures in a row of a generated sheet


def chosen(args: Namespace) -> dict[str, str]:
    """The label that a command names, by axis."""
    short = {axis: name for axis in SHORT if (name := getattr(args, axis))}
    return short | choices(args.label)


def choices(texts: list[str]) -> dict[str, str]:
    """Choices of labels, each written AXIS=NAME, by axis."""
    named = {}
    for text in texts:
        axis, separator, name = text.partition("=")
        if not separator:
            raise SettingError(f"A label is written AXIS=NAME, not '{text}'.")
        named[axis] = name
    return named


@dataclass(frozen=True)
class Result:
    """What a task made: pictures (one, or frames in rows of `columns`) and a note on them."""

    pictures: list[Image.Image]
    columns: int | None = None
    note: str = ""


def side_by_side(shown: list[Image.Image]) -> Image.Image:
    """Pictures in a row; a single one as it is."""
    return strip(shown) if len(shown) > 1 else shown[0]


def loaded(name: str, kind: type[M], called: str) -> M:
    """A model of one kind by its name. Raises CheckpointError, SettingError."""
    model = load_model(name, fast=True)
    if not isinstance(model, kind):
        raise SettingError(f"{name} is of the kind {model.kind}, not a {called}: name another.")
    return model


@cache
def detailer(name: str | None, model: str) -> Detailer | None:
    """The detailer of that name; without one, the bundled model's own, if it is there."""
    if name is None and (model != registry.DEFAULT or not registry.DETAILERS[DETAILER].is_dir()):
        return None
    return loaded(name or DETAILER, Detailer, "detailer")


def stroke(model: Preconditioned, args: Namespace, options: Options) -> Result:
    painting = open_picture(args.input)
    mask = open_mask(args.mask) if args.mask else None
    finer = detailer(args.detailer, args.model)
    light = movable(chosen(args).get("light"))
    how = {"mask": mask, "paper": args.paper, "light": light, "detailer": finer, **options}
    return Result(
        [editing.stroke_picture(model, painting, args.strength, args.steps, args.seed, **how)]
    )


def inpaint(model: Preconditioned, args: Namespace, options: Options) -> Result:
    picture, mask = open_picture(args.input), open_mask(args.mask)
    options |= {"context": args.context, "detailer": detailer(args.detailer, args.model)}
    return Result([editing.inpaint_region(model, picture, mask, args.steps, args.seed, **options)])


def outpaint(model: Preconditioned, args: Namespace, options: Options) -> Result:
    margins = (args.left, args.top, args.right, args.bottom)
    picture = open_picture(args.input)
    options["detailer"] = detailer(args.detailer, args.model)
    return Result([editing.outpaint(model, picture, *margins, args.steps, args.seed, **options)])


def panorama(model: Preconditioned, args: Namespace, options: Options) -> Result:
    picture = open_picture(args.input)
    options["detailer"] = detailer(args.detailer, args.model)
    return Result([editing.panorama(model, picture, args.width, args.steps, args.seed, **options)])


def colorize(model: Preconditioned, args: Namespace, options: Options) -> Result:
    picture = open_picture(args.input)
    hints = open_picture(args.hints) if args.hints else None
    made = editing.colorize_picture(model, picture, args.steps, args.seed, hints, **options)
    return Result([made])


def enlarge(model: Preconditioned | Detailer, args: Namespace, options: Options) -> Result:
    """By a detailer at any size; by another model at its own, `factor` times the picture's."""
    picture = small = open_picture(args.input)
    fitted = args.factor and not isinstance(model, Detailer)
    if fitted:
        small = fit(picture, model.config.image_size // args.factor)
    how = {"steps": args.steps, "faithful": args.faithful, **options}
    x0 = editing.enlarge(model, to_tensor(small), args.factor, args.seed, **how)
    shown = [to_pil(x0)]
    if args.beside:
        shown.insert(0, on_white(small).resize(shown[0].size, Image.Resampling.BICUBIC))
    if fitted:
        shown = [crop_like(each, picture, small.width) for each in shown]
    return Result([side_by_side([like_whole(each, picture) for each in shown])])


def denoise(model: Preconditioned, args: Namespace, options: Options) -> Result:
    picture, on_step = open_picture(args.input), options.pop("on_step", None)
    how = {"add": args.add, "seed": args.seed, **options}
    (painted,) = editing.stream_denoise_picture(model, picture, args.sigma, **how)
    made = last_picture([painted], on_step)
    if args.beside:
        made = side_by_side([like_whole(to_pil(painted.step.x), picture), made])
    how = "estimated" if args.sigma is None else "given"
    return Result([made], note=f"noise level {painted.step.sigma:.3f} ({how})")


def day(model: Preconditioned, args: Namespace, options: Options) -> Result:
    """Frames of a painting from dawn to night."""
    label = options.pop("label")
    if label != model.config.labels.index(scene=chosen(args).get("scene")):
        raise SettingError("A day goes through all lights: name the scene alone.")
    painting = open_picture(args.input)
    fitted = to_tensor(fit(painting, model.config.image_size))
    how = {"frames": args.frames, "paper": args.paper, "scene": chosen(args).get("scene")}
    frames = editing.day(model, fitted, args.strength, args.steps, args.seed, **how, **options)
    return Result([crop_like(to_pil(x), painting) for x in frames.split(1)])


def interpolate(model: Preconditioned, args: Namespace, options: Options) -> Result:
    """Interpolation between two seeds or four corners."""
    if len(args.seeds) not in (2, 4):
        raise SettingError(f"Give two seeds, or four for a grid, not {len(args.seeds)}.")
    if len(args.seeds) == 4 and args.to is not None:
        raise SettingError("Only a walk between two seeds goes to another label.")
    if len(args.seeds) == 2:
        frames = editing.interpolate(model, *args.seeds, args.frames, args.steps, **options)
        return Result([to_pil(x) for x in frames.split(1)])
    frames = editing.interpolate_grid(
        model, args.seeds, args.rows, args.columns, args.steps, **options
    )
    return Result([to_pil(x) for x in frames.split(1)], columns=args.columns)


def generate(model: Preconditioned, args: Namespace, options: Options) -> Result:
    """Pictures from noise, of this seed and the next ones."""
    check_between(args.count, 1, 256, "count")
    seeds = range(args.seed, args.seed + args.count)
    made = editing.generate(model, seeds, args.steps, **options)
    return Result([to_pil(x) for x in made.split(1)], columns=min(args.count, SHEET))


def steps(model: Preconditioned, args: Namespace, options: Options) -> Result:
    """One noise through the consistency model at several step counts, then its teacher."""
    pictures: list[Image.Image] = []
    lines: list[str] = []

    def add(name: str, cost: int, run: Callable[..., Tensor], *arguments) -> None:
        start = time.perf_counter()
        pictures.append(to_pil(run(*arguments, **options)))
        lines.append(f"{name}: NFE {cost}, {1000 * (time.perf_counter() - start):.0f} ms")

    teacher = None
    if not args.no_teacher:
        teacher = loaded(args.teacher or f"{args.model}-teacher", Preconditioned, "diffusion model")
    for count in args.counts:
        add(f"consistency, {count} steps", count, editing.generate, model, args.seed, count)
    if teacher is not None:
        doubled = 2 if teacher.guided(options["label"]) else 1
        for levels in args.levels:
            cost = doubled * teacher_evaluations(levels)
            name = f"teacher, {levels} Heun steps"
            add(name, cost, editing.sample_teacher, teacher, args.seed, levels)
    return Result([strip(pictures)], note="\n".join(lines))
