"""The sidebar, for settings that change seldom."""

from __future__ import annotations

import random

import gradio as gr

from ui.components.by_tab import ByTab
from ui.components.controls import STEPS, Controls, Cost
from ui.components.kept import Word
from ui.components.label_bar import LabelBar
from ui.components.model_menu import ModelMenu
from ui.service.engine import Engines
from ui.service.rate_limit import RateLimit
from ui.service.tasks import MAX_SEED


def build(engines: Engines, bar: LabelBar) -> Controls:
    """Lay out the sidebar, and wire it and the bar above the tabs."""
    seed, menus = bar.seed, bar.menus
    with gr.Sidebar(width=290, elem_id="sidebar"):
        models = ModelMenu(engines)
        steps = gr.Slider(
            1, 8, value=STEPS["Paint"], step=1, precision=0, label="Steps", elem_id="steps"
        )
        lock = gr.Checkbox(
            False,
            label="Lock the seed",
            info="Unlocked, each new picture from a button takes another seed.",
        )
        pixels = gr.Checkbox(False, label="Show the pixels")
        share = gr.Button("Copy link", size="md", elem_id="share")
        afresh = gr.Button("Start afresh", size="md", elem_id="afresh")
        gr.HTML('<p class="caption">The last picture took</p>')
        readout = Cost("Nothing computed yet", elem_id="readout")
    pixels.change(
        None,
        pixels,
        js="on => { document.body.classList.toggle('pixels', on); }",
        api_visibility="private",
    )
    # The count makes the live tabs compute anew, as it does for another model.
    bar.die.click(
        lambda count: (random.randint(0, MAX_SEED), count + 1),
        models.changed,
        [seed, models.changed],
        show_progress="hidden",
        api_visibility="private",
    )
    opened, tab = Word("Paint"), gr.State("Paint")
    # Not the live tabs themselves: where several listeners of one event keep its last, the browser
    # raises the whole event anew for each of them that was busy, and so they keep each other going.
    gr.on(
        [control.input for control in (steps, seed, *menus.values())],
        lambda count: count + 1,
        models.changed,
        models.changed,
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
    models.connect(menus)
    choice = [*menus.values(), models.name]
    kept = {"share": share, "afresh": afresh, "open": opened, "tab": tab}
    return Controls(
        engines,
        bar,
        steps,
        seed,
        lock,
        choice,
        models,
        readout,
        left=ByTab({}),
        limit=RateLimit(),
        **kept,
    )
