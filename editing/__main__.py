"""python -m editing TASK ... --out FILE: every zero-shot task on ordinary picture files."""

import argparse
import sys
from pathlib import Path

import torch
from PIL import Image

from cm_core import load_model
from cm_core.errors import ImageError, OneStrokeError, SettingError
from cm_core.samplers import Step
from editing import colorize, denoise, inpaint, interpolate, stroke, super_resolve
from editing.image import (
    fit,
    fit_hints,
    fit_mask,
    on_white,
    open_picture,
    paste_back,
    to_hints,
    to_mask,
    to_pil,
    to_tensor,
)

FACTORS = (2, 4, 8)


def task_inpaint(model, args, options) -> Image.Image:
    picture, mask = open_picture(args.input), open_picture(args.mask)
    if mask.size != picture.size:
        raise ImageError(
            f"The mask is {mask.width}x{mask.height}, the picture {picture.width}x{picture.height}:"
            " draw it over the picture."
        )
    size = model.config.image_size
    holes = to_mask(fit_mask(mask, size))
    x0 = inpaint(model, to_tensor(fit(picture, size)), holes, args.steps, args.seed, **options)
    return paste_back(picture, to_pil(x0), mask)


def task_colorize(model, args, options) -> Image.Image:
    size = model.config.image_size
    hints = to_hints(fit_hints(open_picture(args.hints), size)) if args.hints else None
    grey = to_tensor(fit(open_picture(args.input), size))
    return to_pil(colorize(model, grey, args.steps, args.seed, hints, **options))


def task_super_resolve(model, args, options) -> Image.Image:
    picture, size = on_white(open_picture(args.input)), model.config.image_size
    if args.factor:
        picture = fit(picture, size // args.factor)
    return to_pil(super_resolve(model, to_tensor(picture), args.steps, args.seed, **options))


def task_stroke(model, args, options) -> Image.Image:
    painting = to_tensor(fit(open_picture(args.input), model.config.image_size))
    return to_pil(stroke(model, painting, args.strength, args.steps, args.seed, **options))


def task_denoise(model, args, options) -> Image.Image:
    noisy = to_tensor(fit(open_picture(args.input), model.config.image_size))
    return to_pil(denoise(model, noisy, args.sigma, **options))


def task_interpolate(model, args, options) -> list[Image.Image]:
    frames = interpolate(model, args.seed_a, args.seed_b, args.frames, args.steps, **options)
    return [to_pil(frame) for frame in frames.split(1)]


def write(made: Image.Image | list[Image.Image], path: Path) -> None:
    """Save a picture, or frames as an animation (WebP, GIF) or as a strip (anything else)."""
    try:
        if isinstance(made, Image.Image):
            made.save(path)
        elif path.suffix.lower() in (".webp", ".gif"):
            lossless = {"lossless": True} if path.suffix.lower() == ".webp" else {}
            made[0].save(
                path, save_all=True, append_images=made[1:], duration=80, loop=0, **lossless
            )
        else:
            strip = Image.new("RGB", (sum(p.width for p in made), made[0].height))
            for i, picture in enumerate(made):
                strip.paste(picture, (i * picture.width, 0))
            strip.save(path)
    except (OSError, ValueError) as error:
        raise ImageError(f"{path} could not be written: {error}.") from None


def label_of(model, chosen: list[str]) -> int | None:
    """The label of choices written AXIS=NAME."""
    choice = {}
    for text in chosen:
        axis, separator, name = text.partition("=")
        if not separator:
            raise SettingError(f"A label is written AXIS=NAME, not '{text}'.")
        choice[axis] = name
    return model.label_index(**choice)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m editing", description=__doc__)
    commands = top.add_subparsers(dest="task", required=True)

    def task(name: str, function, steps: int | None = None, picture: bool = True, **about):
        p = commands.add_parser(name, **about)
        if picture:
            p.add_argument("input", help="picture file")
        p.add_argument("--out", required=True, type=Path, help="file to write")
        p.add_argument("--model", default="emoji64", help="model name or checkpoint folder")
        p.add_argument("--label", action="append", default=[], help="AXIS=NAME, e.g. style=Noto")
        if steps:
            p.add_argument("--steps", type=int, default=steps, help="network evaluations")
        p.set_defaults(function=function)
        return p

    p = task("inpaint", task_inpaint, 4, help="repaint where the mask is light")
    p.add_argument("--mask", required=True, help="picture of the same size, light = repaint")
    p.add_argument("--seed", type=int, default=0)
    p = task("colorize", task_colorize, 4, help="colour a grey picture")
    p.add_argument("--hints", help="picture with colour where opaque, transparent elsewhere")
    p.add_argument("--seed", type=int, default=0)
    p = task("super_resolve", task_super_resolve, 4, help="enlarge a small picture")
    p.add_argument("--factor", type=int, choices=FACTORS, help="first fit the picture to this")
    p.add_argument("--seed", type=int, default=0)
    p = task("stroke", task_stroke, 2, help="finish a painting")
    p.add_argument("--strength", type=float, default=0.5, help="0 follows the strokes, 1 is free")
    p.add_argument("--seed", type=int, default=0)
    p = task("denoise", task_denoise, help="clean a noisy picture in one evaluation")
    p.add_argument("--sigma", type=float, help="noise level in units of [-1, 1]; else estimated")
    p = task("interpolate", task_interpolate, 1, picture=False, help="walk between two seeds")
    p.add_argument("seed_a", type=int)
    p.add_argument("seed_b", type=int)
    p.add_argument("--frames", type=int, default=16)
    return top


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        model = load_model(args.model)
        with torch.inference_mode():
            made = args.function(
                model, args, {"label": label_of(model, args.label), **progress(args)}
            )
        write(made, args.out)
    except OneStrokeError as error:
        print(error, file=sys.stderr)
        return 2
    print(args.out)
    return 0


def progress(args) -> dict:
    """A line a step on a terminal, nothing in a script."""
    if not sys.stderr.isatty():
        return {}

    def say(step: Step) -> None:
        print(f"evaluation {step.index + 1}, sigma {step.sigma:.3g}", file=sys.stderr)

    return {"on_step": say}


if __name__ == "__main__":
    sys.exit(main())
