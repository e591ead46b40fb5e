"""The share link: the page's settings in its address, read again when it loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from cm_core.errors import OneStrokeError
from ui.components.model_menu import AXES, about, choices, goals
from ui.components.sidebar.sidebar import COPY_LINK, STEPS, Controls
from ui.components.tab_router import TabRouter
from ui.service.engine import Engine, Engines
from ui.service.tasks import MAX_SEED, MOST_SAMPLES


def number(query: Mapping[str, str], key: str, low: float, high: float) -> Any:
    """A number of the address within its bounds, else no change."""
    try:
        value = float(query[key])
    except (KeyError, ValueError):
        return gr.skip()
    if not low <= value <= high:
        return gr.skip()
    return int(value) if value == int(value) else value


def label(engine: Engine, query: Mapping[str, str], axis: str, amiss: list[str]) -> gr.Dropdown:
    """A label menu set to the address's choice; one that the model lacks is told to `amiss`."""
    shown, asked = choices(engine, axis), query.get(axis)
    if asked in shown["choices"]:
        shown["value"] = asked
    elif asked:
        amiss.append(f"This model knows no '{asked}': {AXES[axis]} stands at {shown['value']}.")
    return gr.Dropdown(**shown)


def setting(component: gr.Slider | gr.Radio, query: Mapping[str, str], key: str) -> Any:
    """A lesson's setting as the address has it, if it may be, else no change."""
    if isinstance(component, gr.Slider):
        return number(query, key, component.minimum, component.maximum)
    values = {str(value): value for _, value in component.choices}
    return values.get(query.get(key), gr.skip())


def connect(
    page: gr.Blocks, engines: Engines, controls: Controls, router: TabRouter, strength: gr.Slider
) -> None:
    """Wire the button that copies the link, and read the link when the page loads."""
    models, names = controls.models, [tab.id for tab in router.tabs.children]
    lessons = [tab.id for tab in router.lessons.children]

    def restore(request: gr.Request):
        query = dict(request.query_params)
        engine, name, amiss = engines.first, query.get("model"), []
        try:
            engine = engines.get(name)
        except OneStrokeError as error:
            amiss.append(str(error))
        named = query.get("tab") in names
        tab = query["tab"] if named else "Paint"
        steps = number(query, "steps", 1, 8)
        menus = [label(engine, query, axis, amiss) for axis in AXES]
        # Outside the queue, where a page gets ready sooner, a warning would not be shown.
        note = about(engine) + "".join(f'<p class="model">{escape(said)}</p>' for said in amiss)
        return (
            gr.Tabs(selected=tab) if named else gr.skip(),
            engine.name,
            engine.name,
            note,
            steps,
            {**STEPS, tab: steps} if isinstance(steps, int) else gr.skip(),
            number(query, "seed", 0, MAX_SEED),
            number(query, "strength", 0, 1),
            *menus,
            *(gr.Dropdown(**goals(engine, axis)) for axis in AXES),
            *(
                number(query, "guesses", 1, MOST_SAMPLES) if name == tab else gr.skip()
                for name in controls.guesses
            ),
            gr.Tabs(selected=query["lesson"]) if query.get("lesson") in lessons else gr.skip(),
            *(setting(one, query, name) for name, one in router.settings.items()),
        )

    def follow(request: gr.Request, count: int):
        """Have the open tab's picture made anew: the page opened on that of no link."""
        return count + 1 if request.query_params else gr.skip()

    loaded = page.load(
        restore,
        None,
        [
            router.tabs,
            models.name,
            models.pick,
            models.note,
            controls.steps,
            controls.left,
            controls.seed,
            strength,
            *controls.menus,
            *router.goals,
            *controls.guesses.values(),
            router.lessons,
            *router.settings.values(),
        ],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    loaded.then(  # in the queue: only what comes from there makes others follow
        follow,
        models.changed,
        models.changed,
        show_progress="hidden",
        api_visibility="private",
    )
    controls.share.click(
        None,
        [strength, *controls.inputs, *router.settings.values()],
        js=COPY_LINK.replace("SETTINGS", json.dumps(list(router.settings))),
        api_visibility="private",
    )
