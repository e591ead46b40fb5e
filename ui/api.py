"""The public endpoints: every task by name, with ordinary picture files and plain numbers."""

from __future__ import annotations

import gradio as gr

from cm_core.errors import ImageError
from ui.engine import ANY, plainly
from ui.interpolate import animation
from ui.pictures import PictureFile
from ui.sidebar import MAX_SEED
from ui.tasks import Tasks


def endpoints(tasks: Tasks) -> None:
    """Register the endpoints on components that the page never shows."""
    axes = tasks.engine.axes
    with gr.Column(visible=False):
        image, mask, hints = (PictureFile(label=name) for name in ("image", "mask", "hints"))
        strength = gr.Slider(0, 1, value=0.5, label="strength")
        factor = gr.Radio([2, 4, 8], value=4, label="factor")
        sigma = gr.Number(0, label="sigma (0: estimate it)", minimum=0, maximum=80)
        frames = gr.Slider(2, 32, value=12, step=1, precision=0, label="frames")
        steps = gr.Slider(1, 8, value=4, step=1, precision=0, label="steps")
        seed, seed_a, seed_b = (
            gr.Number(value, label=name, precision=0, minimum=0, maximum=MAX_SEED)
            for name, value in (("seed", 0), ("seed_a", 1), ("seed_b", 2))
        )
        style = gr.Dropdown(axes.get("style", [ANY]), value=ANY, label="style")
        group = gr.Dropdown(axes.get("group", [ANY]), value=ANY, label="group")
        picture = gr.Image(format="png", label="picture")
        gallery = gr.Gallery(format="png", label="pictures")
        film = gr.File(label="animation")
        level = gr.Number(label="noise level")
        costs = gr.JSON(label="costs")

    def paint(image, strength, steps, seed, style, group):
        return tasks.paint(image, strength, steps, seed, style, group)[0]

    def generate(steps, seed, style, group):
        return tasks.generate(steps, seed, style, group)[0]

    def inpaint(image, mask, steps, seed, style, group):
        if image and mask and image.size != mask.size:
            raise ImageError("The mask must have the picture's own size: draw it over the picture.")
        return tasks.inpaint(image, mask, steps, seed, style, group)[0]

    def colorize(image, steps, seed, style, group, hints=None):
        return tasks.colorize(image, hints, steps, seed, style, group)[0]

    def super_resolve(image, factor, steps, seed, style, group):
        return tasks.super_resolve(tasks.shrink(image, factor), steps, seed, style, group)[0]

    def denoise(image, sigma, style, group):
        cleaned, told, _ = tasks.denoise(image, sigma, style, group)
        return cleaned, told

    def interpolate(seed_a, seed_b, frames, steps, style, group):
        pictures, _ = tasks.interpolate(seed_a, seed_b, frames, steps, style, group)
        return pictures, animation(pictures, film.GRADIO_CACHE)

    def compare(seed, style, group):
        done = list(tasks.steps(seed, style, group))
        table = [
            {"name": name, "evaluations": r.evaluations, "milliseconds": round(r.milliseconds, 1)}
            for name, _, r in done
        ]
        return [(picture, name) for name, picture, _ in done], table

    labels = [style, group]
    shared = [steps, seed, *labels]
    for name, fn, inputs, outputs in (
        ("paint", paint, [image, strength, *shared], picture),
        ("generate", generate, shared, picture),
        ("inpaint", inpaint, [image, mask, *shared], picture),
        ("colorize", colorize, [image, *shared, hints], picture),
        ("super_resolve", super_resolve, [image, factor, *shared], picture),
        ("denoise", denoise, [image, sigma, *labels], [picture, level]),
        ("interpolate", interpolate, [seed_a, seed_b, frames, steps, *labels], [gallery, film]),
        ("steps", compare, [seed, *labels], [gallery, costs]),
    ):
        gr.on([], plainly(fn), inputs, outputs, api_name=name, concurrency_id="model")
