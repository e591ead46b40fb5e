"""Steps: the classroom. What each network evaluation buys, in six lessons."""

from __future__ import annotations

import gradio as gr

from ui.classroom import consistency, edit, noise, plane, race, tradeoff
from ui.desk import Desk
from ui.sidebar import Controls
from ui.tasks import Tasks


def build(tasks: Tasks, controls: Controls, desk: Desk) -> None:
    """Lay out the tab: a lesson a tab within it."""
    with gr.Tabs(elem_id="lessons"):
        with gr.Tab("One noise", id="noise"):
            noise.build(tasks, controls, desk)
        with gr.Tab("The race", id="race"):
            race.build(tasks, controls)
        with gr.Tab("Self-consistency", id="consistency"):
            consistency.build(tasks, controls)
        with gr.Tab("The plane", id="plane"):
            plane.build()
        with gr.Tab("An edit", id="edit"):
            edit.build(tasks, controls)
        with gr.Tab("The trade-off", id="tradeoff"):
            tradeoff.build(tasks, controls)
