"""The public endpoints: every task by name, with ordinary picture files and plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from PIL import Image

from cm_core.errors import ImageError, SettingError
from editing import files
from editing.tasks import SAMPLES_PER_STEP
from editing.widening import STEPS, WIDEST
from ui.components.export.export import FORMATS, written
from ui.components.model_menu import AXES
from ui.service.animation import animation
from ui.service.engine import ANY
from ui.service.pictures import PictureFile
from ui.service.progress import EditProgress, last, some
from ui.service.slots import EDITS
from ui.service.tasks import (
    MAX_SEED,
    MOST_SAMPLES,
    STROKE_SAMPLES_PER_STEP,
    Tasks,
)
from ui.tabs.classroom import paths
from ui.tabs.interpolate import GRID


def hide(block: gr.blocks.Block) -> None:
    """Hide a block and all within, one by one, because the browser loads the code of the others."""
    block.visible = False
    for child in getattr(block, "children", []):
        hide(child)


def figure(
    name: str, value: float | None, low: float, high: float, note: str = "", **kwargs: Any
) -> gr.Number:
    """A number between two bounds. One without a value of its own may be left empty."""
    label = f"{name} {note}".strip()
    return gr.Number(value, label=label, minimum=low, maximum=high, **kwargs)


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
        one, two, steps = (figure("steps", count, 1, 8, precision=0) for count in (1, 2, 8))
        guess, guesses = (
            figure("guesses", count, 1, MOST_SAMPLES, "(a step takes their mean)", precision=0)
            for count in (STROKE_SAMPLES_PER_STEP, SAMPLES_PER_STEP)
        )
        margins = [
            figure(side, 0, 0, 1, "(share of the picture)")
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
        windowed = figure("steps", STEPS, 1, 8, precision=0)
    hide(never_shown)

    def kept(made: Image.Image) -> str:
        """A result as a file with all that its picture's file held."""
        return written(made, "png1")

    def finished(task: Callable[..., Any], *args: Any, **options: Any):
        return kept(last(task(*args, **options)).picture)

    def paint(image, strength, steps, seed, scene, light, category, model, guesses):
        chosen = (scene, light, category, model)
        return finished(tasks.paint, image, strength, steps, seed, *chosen, guesses=guesses)

    def lights(image, strength, steps, seed, scene, light, category, model, guesses):
        chosen = (scene, light, category, model)
        made = tasks.lights(image, strength, steps, seed, *chosen, guesses=guesses)
        return [(kept(one.picture), name) for name, one in made]

    def day(image, strength, steps, seed, scene, category, model, guesses):
        chosen = (scene, ANY, category, model)
        frames, _ = last(tasks.day(image, strength, steps, seed, *chosen, guesses=guesses))
        return frames, animation(frames)

    def guess_names(image, model):
        return tasks.guess(image, ANY, ANY, ANY, model)

    def panorama(image, width, steps, seed, scene, light, category, model):
        chosen = (scene, light, category, model)
        return finished(tasks.panorama, image, width, steps, seed, *chosen)

    def generate(steps, seed, scene, light, category, model):
        return finished(tasks.generate, steps, seed, scene, light, category, model)

    def inpaint(image, mask, steps, seed, scene, light, category, model, guesses):
        if image and mask and image.size != mask.size:
            raise ImageError("The mask must have the picture's own size: draw it over the picture.")
        chosen = (scene, light, category, model)
        return finished(tasks.inpaint, image, mask, steps, seed, *chosen, guesses=guesses)

    def outpaint(
        image, left, top, right, bottom, steps, seed, scene, light, category, model, guesses
    ):
        sides, chosen = (left, top, right, bottom), (scene, light, category, model)
        return finished(tasks.outpaint, image, sides, steps, seed, *chosen, guesses=guesses)

    def colorize(
        image, steps, seed, scene, light, category, model, hints=None, guesses=SAMPLES_PER_STEP
    ):
        chosen = (scene, light, category, model)
        return finished(tasks.colorize, image, hints, steps, seed, *chosen, guesses=guesses)

    def super_resolve(image, factor, steps, seed, scene, light, category, model, guesses):
        chosen = (scene, light, category, model)
        small = tasks.shrink(image, factor, *chosen)
        return finished(tasks.super_resolve, small, steps, seed, *chosen, guesses=guesses)

    def enlarge(image, twice, seed, faithful):
        return tasks.enlarge(image, twice, seed, faithful).picture

    def denoise(image, sigma, scene, light, category, model):
        made, told = tasks.denoise(image, sigma, scene, light, category, model)
        return kept(made.picture), told

    def interpolate(
        seed_a,
        seed_b,
        frames,
        steps,
        scene,
        light,
        category,
        model,
        seed_c=None,
        seed_d=None,
        to_scene="",
        to_light="",
        to_category="",
    ):
        corners = [seed for seed in (seed_c, seed_d) if seed is not None]
        if len(corners) == 1:
            raise SettingError("A grid has four corners: give seed_c and seed_d, or neither.")
        seeds, count = [seed_a, seed_b, *corners], GRID if corners else frames
        chosen = (scene, light, category, model)
        to = dict(zip(AXES, (to_scene, to_light, to_category), strict=True))
        pictures, _ = last(tasks.interpolate(seeds, count, steps, *chosen, to=to))
        return pictures, animation(pictures, GRID if corners else None)

    def compare(seed, scene, light, category, model):
        done: list[tuple[str, EditProgress]] = [
            (name, made)
            for name, made in paths.compare(tasks, seed, scene, light, category, model)
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

    labels, (scene, _, category) = [*choice, model], choice
    shared = [steps, seed, *labels]
    for name, fn, inputs, outputs in (
        ("paint", paint, [image, strength, two, seed, *labels, guess], picture),
        ("lights", lights, [image, strength, two, seed, *labels, guess], gallery),
        ("day", day, [image, strength, two, seed, scene, category, model, guess], [gallery, film]),
        ("guess", guess_names, [image, model], names),
        ("panorama", panorama, [image, width, windowed, seed, *labels], picture),
        ("generate", generate, [one, seed, *labels], picture),
        ("inpaint", inpaint, [image, mask, *shared, guesses], picture),
        ("outpaint", outpaint, [image, *margins, *shared, guesses], picture),
        ("colorize", colorize, [image, *shared, hints, guesses], picture),
        ("super_resolve", super_resolve, [image, factor, *shared, guesses], picture),
        ("enlarge", enlarge, [image, twice, seed, faithful], picture),
        ("denoise", denoise, [image, sigma, *labels], [picture, level]),
        (
            "interpolate",
            interpolate,
            [seed_a, seed_b, frames, one, *labels, seed_c, seed_d, *to],
            [gallery, film],
        ),
        ("steps", compare, [seed, *labels], [gallery, costs]),
        ("export", export, [image, form], file),
    ):
        gr.on([], fn, inputs, outputs, api_name=name, **EDITS)
