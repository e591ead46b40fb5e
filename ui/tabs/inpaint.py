"""Inpaint: repaint a marked part of a picture, or grow the picture; the rest stays as it was."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from ui.components.controls import Controls, Go, costed
from ui.components.samples import samples_slider
from ui.components.tab_router import TabRouter
from ui.service.settings import EditSettings, with_settings
from ui.service.tasks import Tasks
from ui.tabs.workbench import canvas_over_picture

FIRST = "Savanna"
SIDES = ["Left", "Top", "Right", "Bottom"]


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas, picture = canvas_over_picture(
                router,
                "Inpaint",
                FIRST,
                mode="mask",
                size=64,
                send=512,
                title="Paint over what should change",
                elem_id="inpaint-canvas",
            )
        with gr.Column(min_width=300):
            go = Go("inpaint", "Repaint what is marked", css="second")
            result = router.result(
                "Repainted",
                "Paint over what should change, then press Repaint.",
                elem_id="inpaint-result",
                elem_classes="third",
            )
            samples = samples_slider(controls, "Inpaint")
            sides = gr.CheckboxGroup(
                SIDES,
                value=["Right"],
                label="Or let the picture grow on these sides",
                elem_id="outpaint-sides",
                elem_classes="under",
            )
            with gr.Row(elem_classes="under grow"):
                percent = gr.Slider(
                    10,
                    100,
                    value=25,
                    step=5,
                    label="By, % of its longer side",
                    min_width=160,
                    elem_id="outpaint-share",
                )
                grow = Go("outpaint", "Grow", "secondary")

    @with_settings
    def repaint(
        picture: Image.Image, drawn: Image.Image | None, settings: EditSettings
    ) -> Iterator[tuple]:
        controls.warn(settings.evaluations, settings.model)
        mask = drawn and drawn.getchannel("A")
        for made in tasks.inpaint(picture, mask, settings):
            yield (picture, made) if made.done else made, made.readout

    @with_settings
    def outpaint(
        picture: Image.Image, sides: list[str], percent: float, settings: EditSettings
    ) -> Iterator[tuple]:
        controls.warn(settings.evaluations, settings.model)
        left, top, right, bottom = (percent / 100 * (side in sides) for side in SIDES)
        for made in tasks.outpaint(picture, (left, top, right, bottom), settings):
            yield costed(made)

    shared = [*controls.inputs, samples]
    controls.work(go, repaint, [picture, canvas, *shared], [result])
    controls.work(grow, outpaint, [picture, sides, percent, *shared], [result])
