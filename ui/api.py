"""The public endpoints: every task by name, with ordinary picture files and plain numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import signature
from typing import Any

import gradio as gr

from cm_core.errors import ImageError, SettingError
from ui import lesson
from ui.engine import ANY, plainly
from ui.export import FORMATS, written
from ui.film import animation
from ui.interpolate import GRID
from ui.pictures import PictureFile
from ui.tasks import MAX_SEED, Made, Tasks, last, some


def hide(block: gr.blocks.Block) -> None:
    """Hide a block and all within, one by one, because the browser loads the code of the others."""
    block.visible = False
    for child in getattr(block, "children", []):
        hide(child)


def filled(fn: Callable[..., Any], inputs: list[gr.components.Component]) -> Callable[..., Any]:
    """`fn`, with a sentence for a number that was left empty and has to be given."""
    needed = [
        name if isinstance(part, gr.Number | gr.Slider) and told.default is told.empty else None
        for (name, told), part in zip(signature(fn).parameters.items(), inputs, strict=True)
    ]

    @functools.wraps(fn)
    def wrapper(*args: Any) -> Any:
        for name, value in zip(needed, args, strict=True):
            if name and value is None:
                raise SettingError(f"{name} is empty: give a number.")
        return fn(*args)

    return wrapper


def endpoints(tasks: Tasks) -> None:
    """Register the endpoints on components that the page never shows."""
    engines = tasks.engines
    axes = engines.first.axes
    with gr.Column() as never_shown:
        image, mask, hints = (PictureFile(label=name) for name in ("image", "mask", "hints"))
        strength = gr.Slider(0, 1, value=0.5, label="strength")
        factor = gr.Radio([2, 4, 8], value=4, label="factor")
        sigma = gr.Number(0, label="sigma (0: estimate it)", minimum=0, maximum=80)
        frames = gr.Slider(2, 32, value=12, step=1, precision=0, label="frames")
        steps = gr.Slider(1, 8, value=4, step=1, precision=0, label="steps")
        margins = [
            gr.Number(0, label=f"{side} (share of the picture)", minimum=0, maximum=1)
            for side in ("left", "top", "right", "bottom")
        ]
        seed, seed_a, seed_b, seed_c, seed_d = (
            gr.Number(value, label=name, precision=0, minimum=0, maximum=MAX_SEED)
            for name, value in (
                ("seed", 0),
                ("seed_a", 1),
                ("seed_b", 2),
                ("seed_c (lower left, for a grid)", None),
                ("seed_d (lower right, for a grid)", None),
            )
        )
        # Another model has other names: they are checked against the model that was named.
        choice = [
            gr.Dropdown(axes.get(axis, [ANY]), value=ANY, allow_custom_value=True, label=axis)
            for axis in ("style", "group", "category")
        ]
        model = gr.Dropdown(
            [entry.name for entry in engines.menu()], value=engines.first.name, label="model"
        )
        form = gr.Radio(list(FORMATS), value="png1", label="form")
        picture = gr.Image(format="png", label="picture")
        gallery = gr.Gallery(format="png", label="pictures")
        film, file = gr.File(label="animation"), gr.File(label="file")
        level = gr.Number(label="noise level")
        costs = gr.JSON(label="costs")
    hide(never_shown)

    def finished(task: Callable[..., Any], *args: Any):
        return last(task(*args)).picture

    def paint(image, strength, steps, seed, style, group, category, model):
        return finished(tasks.paint, image, strength, steps, seed, style, group, category, model)

    def generate(steps, seed, style, group, category, model):
        return finished(tasks.generate, steps, seed, style, group, category, model)

    def inpaint(image, mask, steps, seed, style, group, category, model):
        if image and mask and image.size != mask.size:
            raise ImageError("The mask must have the picture's own size: draw it over the picture.")
        return finished(tasks.inpaint, image, mask, steps, seed, style, group, category, model)

    def outpaint(image, left, top, right, bottom, steps, seed, style, group, category, model):
        sides = (left, top, right, bottom)
        return finished(tasks.outpaint, image, sides, steps, seed, style, group, category, model)

    def colorize(image, steps, seed, style, group, category, model, hints=None):
        return finished(tasks.colorize, image, hints, steps, seed, style, group, category, model)

    def super_resolve(image, factor, steps, seed, style, group, category, model):
        chosen = (style, group, category, model)
        small = tasks.shrink(image, factor, *chosen)
        return finished(tasks.super_resolve, small, steps, seed, *chosen)

    def denoise(image, sigma, style, group, category, model):
        made, told = tasks.denoise(image, sigma, style, group, category, model)
        return made.picture, told

    def interpolate(
        seed_a, seed_b, frames, steps, style, group, category, model, seed_c=None, seed_d=None
    ):
        corners = [seed for seed in (seed_c, seed_d) if seed is not None]
        if len(corners) == 1:
            raise SettingError("A grid has four corners: give seed_c and seed_d, or neither.")
        seeds, count = [seed_a, seed_b, *corners], GRID if corners else frames
        walk = tasks.interpolate(seeds, count, steps, style, group, category, model)
        pictures, _ = last(walk)
        return pictures, animation(pictures, GRID if corners else None)

    def compare(seed, style, group, category, model):
        done: list[tuple[str, Made]] = [
            (name, made)
            for name, made in lesson.compare(tasks, seed, style, group, category, model)
            if made.done
        ]
        table = [
            {
                "name": name,
                "evaluations": made.readout.evaluations,
                "milliseconds": round(made.readout.milliseconds, 1),
            }
            for name, made in done
        ]
        return [(made.picture, name) for name, made in done], table

    def export(image, form):
        return written(some(image), form)

    labels = [*choice, model]
    shared = [steps, seed, *labels]
    for name, fn, inputs, outputs in (
        ("paint", paint, [image, strength, *shared], picture),
        ("generate", generate, shared, picture),
        ("inpaint", inpaint, [image, mask, *shared], picture),
        ("outpaint", outpaint, [image, *margins, *shared], picture),
        ("colorize", colorize, [image, *shared, hints], picture),
        ("super_resolve", super_resolve, [image, factor, *shared], picture),
        ("denoise", denoise, [image, sigma, *labels], [picture, level]),
        (
            "interpolate",
            interpolate,
            [seed_a, seed_b, frames, steps, *labels, seed_c, seed_d],
            [gallery, film],
        ),
        ("steps", compare, [seed, *labels], [gallery, costs]),
        ("export", export, [image, form], file),
    ):
        gr.on(
            [], plainly(filled(fn, inputs)), inputs, outputs, api_name=name, concurrency_id="model"
        )
