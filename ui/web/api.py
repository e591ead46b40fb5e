"""The public endpoints: every task by name, with ordinary picture files and plain numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import gradio as gr
from gradio.blocks import Block
from PIL import Image

from cm_core.errors import SettingError
from editing import files
from editing.tasks import (
    CALM_SAMPLES_PER_STEP,
    INPAINT_STEPS,
    SAMPLES_PER_STEP,
    STROKE_STEPS,
)
from editing.widening import WIDEST
from ui.components.export.export import FORMATS, written
from ui.service.animation import animation
from ui.service.engine import ANY, AXES
from ui.service.inputs import required_picture
from ui.service.pictures import PictureFile, warn_of_bits
from ui.service.progress import EditProgress, last
from ui.service.settings import EditSettings
from ui.service.slots import EDITS
from ui.service.tasks import MAX_SEED, MOST_SAMPLES, Tasks
from ui.tabs.classroom import paths
from ui.tabs.interpolate import GRID

SETTINGS = {field.name for field in fields(EditSettings)}


def hide(block: Block) -> None:
    """Hide a block and each block inside it: the browser loads the code of every visible one."""
    block.visible = False
    for child in getattr(block, "children", []):
        hide(child)


def figure(
    name: str, value: float | None, low: float, high: float, note: str = "", **kwargs: Any
) -> gr.Number:
    """An input for a number between two bounds. Without a value it may be left empty."""
    label = f"{name} {note}".strip()
    return gr.Number(value, label=label, minimum=low, maximum=high, **kwargs)


def endpoint(
    task: Callable[..., Any],
    take: Callable[[Any], Any],
    inputs: Sequence[gr.components.FormComponent | gr.Image],
) -> Callable[..., Any]:
    """A function for scripts that returns `take(task(..., settings=...))`.

    It has a parameter for each input, named by the first word of the input's label. An input
    without a value may be left out where the task's default is None.
    """
    first = {str(one.label).split(" (")[0]: one.value for one in inputs}
    own = inspect.signature(task).parameters

    def parameter(name: str) -> inspect.Parameter:
        optional = first[name] is not None or own[name].default is None
        default = first[name] if optional else inspect.Parameter.empty
        return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)

    def call(*values: Any) -> Any:
        for value in values:
            if isinstance(value, Image.Image):
                warn_of_bits(value)
        given = dict(zip(first, values, strict=True))
        settings = {name: given.pop(name) for name in SETTINGS & given.keys()}
        return take(task(**given, settings=EditSettings(**settings)))

    setattr(call, "__signature__", inspect.Signature([*map(parameter, first)]))  # noqa: B010
    return call


def as_made(made: Any) -> Any:
    """The result of a task, as it is."""
    return made


def file_of(made: EditProgress) -> str:
    """A result as a file, with the metadata of its picture's file."""
    return written(made.picture, "png1")


def as_file(made: Iterator[EditProgress]) -> str:
    """The last picture of an edit."""
    return file_of(last(made))


def gallery_of(made: Iterable[tuple[str, EditProgress]]) -> list[tuple[str, str]]:
    """Pictures as files, with their captions."""
    return [(file_of(one), name) for name, one in made]


def film_of(made: Iterator[tuple[list[Image.Image], Any]]) -> tuple[list[Image.Image], str]:
    """The finished frames of a day, and their animation as a file."""
    frames, _ = last(made)
    return frames, animation(frames)


def endpoints(tasks: Tasks) -> None:
    """Register the endpoints on components that the page never shows."""
    engines = tasks.engines
    axes = engines.first.axes
    with gr.Column() as never_shown:
        image, hints = (PictureFile(label=name) for name in ("image", "hints"))
        mask = PictureFile(files.open_mask, label="mask")
        strength = figure("strength", engines.first.model.config.strength, 0, 1)
        factor = gr.Radio([2, 4, 8], value=4, label="factor")
        twice = gr.Radio([2, 4], value=4, label="factor")
        faithful = gr.Checkbox(label="faithful")
        sigma = figure("sigma", 0, 0, 80, "(0: estimate it)")
        frames = figure("frames", 12, 2, 32, precision=0)
        one, few, filling, steps = (
            figure("steps", count, 1, 8, precision=0)
            for count in (1, STROKE_STEPS, INPAINT_STEPS, 8)
        )
        single, calm = (
            figure(
                "samples_per_step", count, 1, MOST_SAMPLES, "(a step takes their mean)", precision=0
            )
            for count in (SAMPLES_PER_STEP, CALM_SAMPLES_PER_STEP)
        )
        margins = [
            figure(side, 0, 0, 1, "(fraction of the picture)")
            for side in ("left", "top", "right", "bottom")
        ]
        seed, seed_a, seed_b, seed_c, seed_d = (
            figure(name, value, 0, MAX_SEED, note, precision=0)
            for name, value, note in (
                ("seed", 0, ""),
                ("seed_a", 1, ""),
                ("seed_b", 2, ""),
                ("seed_c", None, "(lower left, for a grid)"),
                ("seed_d", None, "(lower right, for a grid)"),
            )
        )
        # Another model has other names: they are checked against the model that was named.
        choice = [
            gr.Dropdown(axes.get(axis, [ANY]), value=ANY, allow_custom_value=True, label=axis)
            for axis in AXES
        ]
        to = [
            gr.Textbox("", label=f"to_{axis} (of seed_b; empty: the same {axis})") for axis in AXES
        ]
        model = gr.Dropdown(
            [entry.name for entry in engines.menu()], value=engines.first.name, label="model"
        )
        form = gr.Radio(list(FORMATS), value="png1", label="form")
        picture = gr.Image(format="png", label="picture")
        gallery = gr.Gallery(format="png", label="pictures")
        film, file = gr.File(label="animation"), gr.File(label="file")
        level = gr.Number(label="noise level")
        costs, names = gr.JSON(label="costs"), gr.JSON(label="names, likeliest first")
        width = figure("width", WIDEST, 1, WIDEST, "(pixels)", precision=0)
    hide(never_shown)

    def outpaint(image, left, top, right, bottom, settings):
        return tasks.outpaint(image, (left, top, right, bottom), settings)

    def interpolate(seed_a, seed_b, frames, settings, seed_c=None, seed_d=None, **to):
        corners = [seed for seed in (seed_c, seed_d) if seed is not None]
        if len(corners) == 1:
            raise SettingError("A grid has four corners: give seed_c and seed_d, or neither.")
        seeds, count = [seed_a, seed_b, *corners], GRID if corners else frames
        goals = {axis: to[f"to_{axis}"] for axis in AXES}
        pictures, _ = last(tasks.interpolate(seeds, count, settings, goals))
        return pictures, animation(pictures, GRID if corners else None)

    def compare(settings):
        made = paths.compare(tasks, settings.seed, *settings.choice)
        done = [(name, one) for name, one in made if one.done]
        table = [
            {
                "name": name,
                "evaluations": one.readout.evaluations,
                "milliseconds": round(one.readout.milliseconds, 1),
            }
            for name, one in done
        ]
        return [(one.picture, name) for name, one in done], table

    def denoise(image, sigma, settings):
        made, used = tasks.denoise(image, sigma, settings)
        return file_of(made), used

    def enlarge(image, factor, faithful, settings):
        return file_of(tasks.enlarge(image, factor, faithful, settings))

    def export(image, form):
        return written(required_picture(image), form)

    labels, no_light = [*choice, model], [menu for menu in choice if menu.label != "light"]
    shared, filled = [steps, seed, *labels], [filling, seed, *labels]
    painting = [image, strength, few, seed, *labels, single]
    without_light = [image, strength, few, seed, *no_light, model, single]
    walk = [seed_a, seed_b, frames, one, *labels, seed_c, seed_d, *to]
    small = [image, factor, *shared, calm]
    for name, task, take, inputs, outputs in (
        ("stroke", tasks.stroke, as_file, painting, picture),
        ("paint", tasks.stroke, as_file, painting, picture),  # its older name
        ("lights", tasks.lights, gallery_of, painting, gallery),
        ("day", tasks.day, film_of, without_light, [gallery, film]),
        ("guess", tasks.guess, as_made, [image, model], names),
        ("panorama", tasks.panorama, as_file, [image, width, *filled], picture),
        ("generate", tasks.generate, as_file, [one, seed, *labels], picture),
        ("inpaint", tasks.inpaint, as_file, [image, mask, *filled, single], picture),
        ("outpaint", outpaint, as_file, [image, *margins, *filled, single], picture),
        ("colorize", tasks.colorize, as_file, [image, *shared, hints, calm], picture),
        ("super_resolve", tasks.super_resolve, as_file, small, picture),
        ("enlarge", enlarge, as_made, [image, twice, seed, faithful], picture),
        ("denoise", denoise, as_made, [image, sigma, *labels], [picture, level]),
        ("interpolate", interpolate, as_made, walk, [gallery, film]),
        ("steps", compare, as_made, [seed, *labels], [gallery, costs]),
    ):
        gr.on([], endpoint(task, take, inputs), inputs, outputs, api_name=name, **EDITS)
    gr.on([], export, [image, form], file, api_name="export", **EDITS)
