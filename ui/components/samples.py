"""The slider that says how many samples each step of a tab's edit takes the mean of."""

from __future__ import annotations

import gradio as gr

from editing.tasks import SAMPLES_PER_STEP
from ui.components.controls import Controls
from ui.service.tasks import MOST_SAMPLES


def samples_slider(controls: Controls, tab: str, value: int = SAMPLES_PER_STEP) -> gr.Slider:
    """The slider of the tab of that name; links carry its value."""
    slider = gr.Slider(
        1,
        MOST_SAMPLES,
        value=value,
        step=1,
        precision=0,
        label="Samples a step",
        info="Their mean is taken: more are calmer and slower, one is livelier.",
        elem_id=f"{tab.lower()}-samples",
        elem_classes="under",
    )
    controls.samples[tab] = slider
    return slider
