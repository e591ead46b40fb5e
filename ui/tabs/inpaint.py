"""Inpaint: paint over what should change, or let the picture grow; the rest stays as it was."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from ui.components.canvas.canvas import LiveCanvas
from ui.components.samples import guesses_slider
from ui.components.sidebar.sidebar import Controls, Go
from ui.components.tab_router import TabRouter
from ui.components.thumbs.image_picker import picture_source
from ui.service.examples import PHOTOS, RENDERS, example
from ui.service.tasks import Tasks

FIRST = "Savanna"
SIDES = ["Left", "Top", "Right", "Bottom"]


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas = LiveCanvas(
                example(FIRST),
                mode="mask",
                size=64,
                send=512,
                title="Paint over what should change",
                elem_id="inpaint-canvas",
                elem_classes="first",
            )
            picture = picture_source(router, "Inpaint", (*RENDERS, *PHOTOS), FIRST)
        with gr.Column(min_width=300):
            go = Go("inpaint", "Repaint what is marked", place="second")
            result = router.result(
                "Repainted",
                "Paint over what should change, then press Repaint.",
                elem_id="inpaint-result",
                elem_classes="third",
            )
            guesses = guesses_slider(controls, "Inpaint")
            sides = gr.CheckboxGroup(
                SIDES,
                value=["Right"],
                label="Or let the picture grow on these sides",
                elem_id="outpaint-sides",
                elem_classes="under",
            )
            with gr.Row(elem_classes="under grow"):
                share = gr.Slider(
                    10,
                    100,
                    value=25,
                    step=5,
                    label="By, % of its longer side",
                    min_width=160,
                    elem_id="outpaint-share",
                )
                grow = Go("outpaint", "Grow", "secondary")

    def repaint(
        picture: Image.Image,
        drawn: Image.Image | None,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ) -> Iterator[tuple]:
        controls.warn(steps * guesses, choice[-1])
        mask = drawn and drawn.getchannel("A")
        for made in tasks.inpaint(picture, mask, steps, seed, *choice, guesses=guesses):
            yield (picture, made) if made.done else made, made.readout

    def outpaint(
        picture: Image.Image,
        sides: list[str],
        share: float,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ) -> Iterator[tuple]:
        controls.warn(steps * guesses, choice[-1])
        margins = tuple(share / 100 * (side in sides) for side in SIDES)
        for made in tasks.outpaint(picture, margins, steps, seed, *choice, guesses=guesses):
            yield made, made.readout

    picture.change(
        lambda picture: picture, picture, canvas, show_progress="hidden", api_visibility="private"
    )
    controls.work(go, repaint, [picture, canvas, guesses, *controls.inputs], [result])
    controls.work(grow, outpaint, [picture, sides, share, guesses, *controls.inputs], [result])
