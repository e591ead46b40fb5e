"""Denoise: noise goes in by a slider, and one evaluation takes it out again."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from ui.engine import plainly
from ui.result import Result
from ui.sidebar import Controls
from ui.source import picture_source
from ui.tasks import Tasks

FIRST = "Mushroom"


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="actions"):
        picture = picture_source(FIRST)
        level = gr.Slider(
            0,
            2,
            value=0.3,
            step=0.01,
            label="Noise added (0: the picture is noisy already)",
            elem_id="denoise-level",
        )
        blind = gr.Checkbox(False, label="Let the level be estimated")
        run = gr.Button("Denoise", variant="primary", elem_id="denoise-run")
    with gr.Row(elem_classes="workbench trio"):
        noisy = Result("Noisy", "Move the slider.", elem_id="denoise-noisy", min_width=150)
        result = Result(
            "Denoised in one step", "Move the slider.", elem_id="denoise-result", min_width=150
        )
    told = gr.HTML(elem_id="denoise-told")

    @plainly
    def clean(picture: Image.Image, level: float, blind: bool, seed: int, style: str, group: str):
        shown, cleaned, sigma, readout = tasks.noise_and_denoise(
            picture, level, blind, seed, style, group
        )
        how = "estimated" if blind or level == 0 else "told"
        return shown, cleaned, f"Noise level {how}: {sigma:.2f}", readout

    _, seed, style, group = controls.inputs
    gr.on(
        [level.input, blind.input, run.click, picture.change],
        clean,
        [picture, level, blind, seed, style, group],
        [noisy, result, told, controls.readout],
        trigger_mode="always_last",
        show_progress="hidden",
        concurrency_id="model",
        api_visibility="private",
    )
