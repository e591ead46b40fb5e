"""The page's settings and painting in a link, and the settings kept for a visit that comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from cm_core.errors import OneStrokeError
from ui.components.by_tab import number_from
from ui.components.controls import Controls
from ui.components.kept import KEEPING
from ui.components.model_menu import about, goals
from ui.components.tab_router import TabRouter
from ui.service.engine import AXES, Engines
from ui.service.tasks import MOST_SAMPLES

HERE = Path(__file__).parent
SETTINGS_JS, PAINTING_JS, COPY_JS = (
    (HERE / name).read_text() for name in ("settings.js", "painting.js", "link.js")
)
# LESSON_SETTINGS in these scripts stands for the names of the lessons' settings.
COPY_LINK = f"async (...values) => {{\n{SETTINGS_JS}{PAINTING_JS}{COPY_JS}}}"
KEEP_SETTINGS = f"""(left, ...values) => {{
{KEEPING}{SETTINGS_JS}
  if (!kept.open) return;
  kept.put("settings", settingsOf(values));
  kept.put("left", left);
}}"""
KEPT_SETTINGS = f"""async () => {{
{KEEPING}
  return [(await kept.get("settings")) ?? {{}}, (await kept.get("left")) ?? {{}}];
}}"""
# Old names in links, and their names now.
RENAMED, TABS_RENAMED = {"guesses": "samples"}, {"Colourise": "Colour"}
SETTLED = f"() => {{\n{KEEPING} kept.settle();\n}}"  # from now on every change of a setting is kept


def setting(component: gr.Slider | gr.Radio, query: Mapping[str, str], key: str) -> Any:
    """The value of a lesson's setting in the address where it is a valid one, else no change."""
    if isinstance(component, gr.Slider):
        return number_from(query, key, component.minimum, component.maximum)
    values = {str(value): value for _, value in component.choices}
    return values.get(query.get(key, ""), gr.skip())


def names_of(tabs: gr.Tabs) -> list[str]:
    """The name of each tab in a link."""
    return [str(tab.id) for tab in tabs.children if isinstance(tab, gr.Tab)]


def connect(
    page: gr.Blocks, engines: Engines, controls: Controls, router: TabRouter, strength: gr.Slider
) -> None:
    """Wire the button that copies the link; restore a link's or the browser's settings on load."""
    models, kept = controls.models, controls.settings
    names, lessons = names_of(router.tabs), names_of(router.lessons)

    def restore(settings: dict[str, str], left: dict[str, dict], request: gr.Request):
        query = settings or dict(request.query_params)
        query = {RENAMED.get(name, name): value for name, value in query.items()}
        engine, name, amiss = engines.first, query.get("model"), []
        try:
            engine = engines.get(name)
        except OneStrokeError as error:
            amiss.append(str(error))
        tab = query.get("tab", "")
        tab = TABS_RENAMED.get(tab, tab)
        known = tab in names
        tab = tab if known else "Paint"
        own = controls.own_values(tab, query, engine, amiss)
        # A note, because this event runs outside the queue, where Gradio shows no warnings.
        note = about(engine) + "".join(f'<p class="model">{escape(said)}</p>' for said in amiss)
        return (
            *((gr.Tabs(selected=tab), tab, tab) if known else [gr.skip()] * 3),
            engine.name,
            engine.name,
            note,
            *own,
            number_from(query, "strength", 0, 1),
            *(gr.Dropdown(**goals(engine, axis)) for axis in AXES),
            *(
                number_from(query, "samples", 1, MOST_SAMPLES) if name == tab else gr.skip()
                for name in controls.samples
            ),
            gr.Tabs(selected=query["lesson"]) if query.get("lesson") in lessons else gr.skip(),
            *(setting(one, query, name) for name, one in router.settings.items()),
            {"tab": tab}
            if settings
            else {},  # for `recompute`; nothing else that a visitor sent goes back
            left,
        )

    def recompute(request: gr.Request, settings: dict[str, str], count: int):
        """Recompute the open tab's picture: the page opened with default settings."""
        return count + 1 if settings or request.query_params else gr.skip()

    loaded = page.load(
        restore,
        [kept, controls.left],
        [
            router.tabs,
            controls.open,
            controls.tab,
            models.name,
            models.pick,
            models.note,
            *controls.own,
            strength,
            *router.goals,
            *controls.samples.values(),
            router.lessons,
            *router.settings.values(),
            kept,
            controls.left,
        ],
        js=KEPT_SETTINGS,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    loaded.then(  # in the queue: only a change made there triggers other events
        recompute,
        [kept, models.changed],
        models.changed,
        show_progress="hidden",
        api_visibility="private",
    )
    loaded.then(None, js=SETTLED, api_visibility="private")
    inputs = [strength, *controls.inputs, *router.settings.values()]
    lesson_settings = json.dumps(list(router.settings))
    gr.on(
        [one.change for one in (*inputs, *controls.samples.values(), controls.open)],
        None,
        [controls.left, *inputs],
        js=KEEP_SETTINGS.replace("LESSON_SETTINGS", lesson_settings),
        trigger_mode="multiple",  # the browser's own: it never waits
        api_visibility="private",
    )
    controls.share.click(
        None,
        inputs,
        js=COPY_LINK.replace("LESSON_SETTINGS", lesson_settings),
        api_visibility="private",
    )
    controls.afresh.click(
        None, js=f"() => {{\n{KEEPING} kept.afresh();\n}}", api_visibility="private"
    )
