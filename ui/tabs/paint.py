"""Paint: the picture follows the brush."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from ui.components.canvas.canvas import LiveCanvas
from ui.components.samples import guesses_slider
from ui.components.sidebar.sidebar import STEPS, Controls, Go, costed
from ui.components.tab_router import TabRouter
from ui.components.thumbs.choices import Choices
from ui.components.thumbs.image_picker import picture_source
from ui.service.examples import PAINTINGS, example
from ui.service.progress import EditProgress, last, some
from ui.service.tasks import STROKE_SAMPLES_PER_STEP, VARIATIONS, Tasks

FIRST = "Snowy mountain"
REFINE_STRENGTH = 0.12  # little noise: what is there gets cleaner and stays what it is


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> gr.Slider:
    """Lay out the tab and connect it; returns the strength slider."""
    config = controls.engines.first.model.config
    first = opening(tasks, config.strength, controls.first_choice)
    controls.readout.value = str(first.readout)
    with gr.Row(elem_classes=["workbench", "easel"]):
        with gr.Column(min_width=300):
            photo = picture_source(router, "Paint", PAINTINGS, FIRST)
            canvas = LiveCanvas(
                example(FIRST),
                title="Paint here",
                hint="Paint here, or choose an example",
                elem_id="paint-canvas",
                elem_classes="first",
                send=128,
            )
        with gr.Column(min_width=300):
            with gr.Row(elem_classes=["top", "strength", "first"]):
                strength = gr.Slider(
                    0,
                    1,
                    value=config.strength,
                    step=0.01,
                    label="Follow my strokes → Surprise me",
                    elem_id="paint-strength",
                    min_width=180,
                )
                seen = router.result(
                    "Model's view",
                    keep=False,
                    value=first.seen,
                    elem_id="paint-seen",
                    elem_classes="seen",
                    scale=0,
                    min_width=72,
                )
            result = router.result(
                "What the model sees in it",
                "Paint something: it appears here.",
                value=first,
                elem_id="paint-result",
                elem_classes="second",
            )
            with gr.Row(elem_classes="under many"):
                adopt = gr.Button("Use as canvas", elem_id="paint-adopt", min_width=80)
                refine = gr.Button("Refine again", elem_id="paint-refine", min_width=80)
                generate = Go("paint-generate", "From nothing", "secondary")
                vary = Go("paint-vary", "Four variations", "secondary")
                relight = Go("paint-lights", "In every light", "secondary")
            others = Choices("Variations and lights", elem_id="paint-others")
            guesses = guesses_slider(controls, "Paint", STROKE_SAMPLES_PER_STEP)

    def painted(drawing: Image.Image | None) -> Image.Image:
        """The drawing; until the canvas sends one, it shows what the page opens with."""
        return example(FIRST) if drawing is None else drawing

    def follow(
        drawing: Image.Image | None,
        strength: float,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ):
        drawing = painted(drawing)
        drawing_on = drawing.info.get("drawing")
        if drawing_on and not tasks.on(*choice)[0].follows:
            return gr.skip()
        if drawing_on:  # one evaluation while the pen is down, all of them once it lifts
            guesses = steps = 1
        made = last(tasks.paint(drawing, strength, steps, seed, *choice, guesses=guesses))
        made = EditProgress(made.picture, made.readout, made.seen, done=not drawing_on)
        return costed(made, made.seen)

    def from_nothing(steps: int, seed: int, *choice: str) -> Iterator[tuple]:
        controls.warn(steps, choice[-1])
        for made in tasks.generate(steps, seed, *choice):
            yield costed(made, made.seen)

    def again(picture: Image.Image | None, guesses: int, steps: int, seed: int, *choice: str):
        how = {"guesses": guesses, "relit": False}  # it is in its light already
        made = last(tasks.paint(some(picture), REFINE_STRENGTH, steps, seed, *choice, **how))
        return costed(made, made.seen)

    def variations(
        drawing: Image.Image | None,
        strength: float,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ) -> Iterator[tuple]:
        controls.warn(VARIATIONS * steps * guesses, choice[-1])
        given, done = (painted(drawing), strength, steps, seed, *choice), []
        for other, made in tasks.vary(*given, guesses=guesses):
            done.append((made.picture, other, f"seed {other}", None))
            yield done, made.readout

    def in_every_light(
        drawing: Image.Image | None,
        strength: float,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ) -> Iterator[tuple]:
        given, done = (painted(drawing), strength, steps, seed, *choice), []
        for light, made in tasks.lights(*given, guesses=guesses):
            done.append((made.picture, seed, light, light))
            yield done, made.readout

    photo.change(
        lambda picture: picture, photo, canvas, show_progress="hidden", api_visibility="private"
    )
    inputs = [canvas, strength, guesses, *controls.inputs]
    triggers = [canvas.input, strength.input, guesses.input]
    controls.live("Paint", triggers, follow, inputs, [result, seen])
    controls.work(generate, from_nothing, controls.inputs, [result, seen])
    controls.work(vary, variations, inputs, [others], roll=False)
    controls.work(relight, in_every_light, inputs, [others], roll=False)
    controls.run(refine, again, [result, guesses, *controls.inputs], [result, seen])
    # In the browser alone: the canvas takes {background: data URL} as a picture to start from.
    adopt.click(
        None,
        result,
        canvas,
        js="made => ({background: made?.url || null})",
        api_visibility="private",
    )
    others.connect(result, controls.seed, controls.told.menus["light"])
    return strength


def opening(tasks: Tasks, strength: float, choice: list[str]) -> EditProgress:
    """The picture of the painting that the page opens with; not for the history."""
    made = last(tasks.paint(example(FIRST), strength, STEPS["Paint"], 0, *choice))
    return EditProgress(made.picture, made.readout, made.seen, done=False)
