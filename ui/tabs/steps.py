"""Steps: the classroom. What each network evaluation buys, in six lessons."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ui.components.controls import Controls
from ui.components.tab_router import TabRouter
from ui.service.tasks import Tasks
from ui.tabs.classroom import consistency, edit, noise, opening, plane, race, tradeoff

KEYS = "← and → change the lesson, Enter runs it, Esc leaves"  # shown with the projector alone
PROJECTOR = (Path(__file__).parent / "classroom" / "projector.js").read_text()


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab: a lesson a tab within it."""
    with gr.Row(elem_id="lessons-bar"):
        seed = opening.menu(controls)
        gr.HTML(KEYS, elem_id="keys")
        projector = gr.Button("Projector", size="sm", elem_id="projector")
    router.settings["noise"] = seed
    projector.click(None, js=PROJECTOR, api_visibility="private")
    with gr.Tabs(elem_id="lessons", overflow_behavior="wrap") as router.lessons:
        with lesson("noise", "One noise"):
            router.settings |= noise.build(tasks, controls, router, seed)
        with lesson("race", "The race"):
            router.settings |= race.build(tasks, controls, seed)
        with lesson("consistency", "Self-consistency"):
            consistency.build(tasks, controls, seed)
        with lesson("plane", "The plane"):
            router.settings |= plane.build()
        with lesson("edit", "An edit"):
            router.settings |= edit.build(tasks, controls, seed)
        with lesson("tradeoff", "The trade-off"):
            router.settings |= tradeoff.build(tasks, controls, seed)


def lesson(name: str, title: str) -> gr.Tab:
    """A lesson's tab, which a link can name."""
    return gr.Tab(title, id=name, elem_id=f"lesson-{name}")
