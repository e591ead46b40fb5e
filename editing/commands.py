"""The tasks of the command line: (model, arguments, shared options) -> picture or frames."""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from torch import Tensor

import editing
from cm_core import ConsistencyModel, load_model
from cm_core.errors import SettingError
from editing.checks import check_between
from editing.files import open_mask, open_picture
from editing.generate import teacher_evaluations
from editing.image import (
    crop_like,
    fit,
    fit_hints,
    inside,
    like,
    on_white,
    to_hints,
    to_pil,
    to_tensor,
    with_alpha,
)
from editing.output import strip
from editing.tasks import estimate_sigma

SHEET = 8  # pictures in a row of a generated sheet


@dataclass(frozen=True)
class Made:
    """What a task made: pictures (one, or frames in rows of `columns`) and a word about them."""

    pictures: list[Image.Image]
    columns: int | None = None
    note: str = ""


def fitted(model: ConsistencyModel, args: argparse.Namespace) -> tuple[Image.Image, Tensor]:
    """The input picture, and the same as a tensor of the model's size."""
    picture = open_picture(args.input)
    return picture, to_tensor(fit(picture, model.config.image_size))


def resembling(edited: Image.Image, picture: Image.Image) -> Image.Image:
    """The edit of a fitted picture in the picture's shape, as grey and as transparent as it is."""
    return like(with_alpha(crop_like(edited, picture), picture), picture)


def side_by_side(shown: list[Image.Image]) -> Image.Image:
    """Pictures in a row; a single one as it is."""
    return strip(shown) if len(shown) > 1 else shown[0]


def stroke(model, args, options) -> Made:
    picture, painting = fitted(model, args)
    how = {"paper": args.paper, **options}
    made = editing.stroke(model, painting, args.strength, args.steps, args.seed, **how)
    return Made([crop_like(to_pil(made), picture)])


def inpaint(model, args, options) -> Made:
    picture, mask = open_picture(args.input), open_mask(args.mask)
    options["context"] = args.context
    return Made([editing.inpaint_region(model, picture, mask, args.steps, args.seed, **options)])


def outpaint(model, args, options) -> Made:
    margins = (args.left, args.top, args.right, args.bottom)
    picture = open_picture(args.input)
    return Made([editing.outpaint(model, picture, *margins, args.steps, args.seed, **options)])


def colorize(model, args, options) -> Made:
    size = model.config.image_size
    hints = to_hints(fit_hints(open_picture(args.hints), size)) if args.hints else None
    picture, image = fitted(model, args)
    made = editing.colorize(model, image, args.steps, args.seed, hints, **options)
    return Made([with_alpha(crop_like(to_pil(made), picture), picture)])


def super_resolve(model, args, options) -> Made:
    picture, size = open_picture(args.input), model.config.image_size
    small = fit(picture, size // args.factor) if args.factor else picture
    made = to_pil(editing.super_resolve(model, to_tensor(small), args.steps, args.seed, **options))
    shown = [made]
    if args.beside:
        shown.insert(0, on_white(small).resize((size, size), Image.Resampling.BICUBIC))
    return Made([side_by_side([resembling(each, picture) for each in shown])])


def denoise(model, args, options) -> Made:
    picture, noisy = fitted(model, args)
    if args.add:
        noisy = editing.add_noise(noisy, args.add, args.seed)
    sigma = estimate_sigma(inside(noisy, picture)) if args.sigma is None else args.sigma
    shown = [to_pil(editing.denoise(model, noisy, sigma, **options))]
    if args.beside:
        shown.insert(0, to_pil(noisy))
    how = "estimated" if args.sigma is None else "given"
    made = side_by_side([resembling(each, picture) for each in shown])
    return Made([made], note=f"noise level {sigma:.3f} ({how})")


def interpolate(model, args, options) -> Made:
    """Interpolation between two seeds or four corners."""
    if len(args.seeds) not in (2, 4):
        raise SettingError(f"Give two seeds, or four for a grid, not {len(args.seeds)}.")
    if len(args.seeds) == 4 and args.to is not None:
        raise SettingError("Only a walk between two seeds goes to another label.")
    if len(args.seeds) == 2:
        frames = editing.interpolate(model, *args.seeds, args.frames, args.steps, **options)
        return Made([to_pil(x) for x in frames.split(1)])
    frames = editing.interpolate_grid(
        model, args.seeds, args.rows, args.columns, args.steps, **options
    )
    return Made([to_pil(x) for x in frames.split(1)], columns=args.columns)


def generate(model, args, options) -> Made:
    """Pictures from noise, of this seed and the next ones."""
    check_between(args.count, 1, 256, "count")
    seeds = range(args.seed, args.seed + args.count)
    made = editing.generate(model, seeds, args.steps, **options)
    return Made([to_pil(x) for x in made.split(1)], columns=min(args.count, SHEET))


def steps(model, args, options) -> Made:
    """One noise through the consistency model at several step counts, then its teacher."""
    pictures, lines = [], []

    def add(name: str, cost: int, run: Callable[..., Tensor], *arguments) -> None:
        start = time.perf_counter()
        pictures.append(to_pil(run(*arguments, **options)))
        lines.append(f"{name}: NFE {cost}, {1000 * (time.perf_counter() - start):.0f} ms")

    teacher = (
        None if args.no_teacher else load_model(args.teacher or f"{args.model}-teacher", fast=True)
    )
    for count in args.counts:
        add(f"consistency, {count} steps", count, editing.generate, model, args.seed, count)
    for levels in args.levels if teacher else ():
        doubled = 2 if teacher.guided(options["label"]) else 1
        cost = doubled * teacher_evaluations(levels)
        add(
            f"teacher, {levels} Heun steps",
            cost,
            editing.sample_teacher,
            teacher,
            args.seed,
            levels,
        )
    return Made([strip(pictures)], note="\n".join(lines))
