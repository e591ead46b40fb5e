"""Steps: the classroom. What each network evaluation buys, in six lessons."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ui.classroom import consistency, edit, noise, plane, race, tradeoff
from ui.desk import Desk
from ui.sidebar import Controls
from ui.tasks import Tasks

PROJECTOR = (Path(__file__).parent / "classroom" / "projector.js").read_text()


def build(tasks: Tasks, controls: Controls, desk: Desk) -> None:
    """Lay out the tab: a lesson a tab within it."""
    projector = gr.Button("Projector", size="sm", elem_id="projector")
    projector.click(None, js=PROJECTOR, api_visibility="private")
    with gr.Tabs(elem_id="lessons") as desk.lessons:
        with lesson("noise", "One noise"):
            desk.settings |= noise.build(tasks, controls, desk)
        with lesson("race", "The race"):
            desk.settings |= race.build(tasks, controls)
        with lesson("consistency", "Self-consistency"):
            consistency.build(tasks, controls)
        with lesson("plane", "The plane"):
            desk.settings |= plane.build()
        with lesson("edit", "An edit"):
            desk.settings |= edit.build(tasks, controls)
        with lesson("tradeoff", "The trade-off"):
            desk.settings |= tradeoff.build(tasks, controls)


def lesson(name: str, title: str) -> gr.Tab:
    """A lesson's tab, which a link can name."""
    return gr.Tab(title, id=name, elem_id=f"lesson-{name}")
