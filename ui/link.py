"""The share link: the page's settings in its address, read again when it loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from cm_core.errors import OneStrokeError
from ui.desk import Desk
from ui.engine import Engine, Engines
from ui.menu import AXES, about, choices
from ui.sidebar import COPY_LINK, Controls
from ui.tasks import MAX_SEED


def number(query: Mapping[str, str], key: str, low: float, high: float) -> Any:
    """A number of the address within its bounds, else no change."""
    try:
        value = float(query[key])
    except (KeyError, ValueError):
        return gr.skip()
    if not low <= value <= high:
        return gr.skip()
    return int(value) if value == int(value) else value


def label(engine: Engine, query: Mapping[str, str], axis: str) -> gr.Dropdown:
    """A label menu set to the address's choice, where the model has it."""
    shown = choices(engine, axis)
    if query.get(axis) in shown["choices"]:
        shown["value"] = query[axis]
    return gr.Dropdown(**shown)


def connect(
    page: gr.Blocks, engines: Engines, controls: Controls, desk: Desk, strength: gr.Slider
) -> None:
    """Wire the button that copies the link, and read the link when the page loads."""
    models, names = controls.models, [tab.id for tab in desk.tabs.children]

    def restore(request: gr.Request):
        query = dict(request.query_params)
        engine, name = engines.first, query.get("model")
        try:
            engine = engines.get(name)
        except OneStrokeError as error:
            gr.Warning(str(error))
        named = query.get("tab") in names
        return (
            gr.Tabs(selected=query["tab"]) if named else gr.skip(),
            engine.name,
            engine.name,
            about(engine),
            number(query, "steps", 1, 8),
            number(query, "seed", 0, MAX_SEED),
            number(query, "strength", 0, 1),
            *(label(engine, query, axis) for axis in AXES),
        )

    page.load(
        restore,
        None,
        [
            desk.tabs,
            models.name,
            models.pick,
            models.note,
            controls.steps,
            controls.seed,
            strength,
            *controls.choice[:-1],
        ],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    controls.share.click(
        None,
        [strength, *controls.inputs],
        js=COPY_LINK,
        api_visibility="private",
    )
