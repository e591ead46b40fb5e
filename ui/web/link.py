"""The page's settings and painting in a link, and the settings kept for a visit that comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from cm_core.errors import OneStrokeError
from ui.components.kept import KEEPING
from ui.components.model_menu import about, choices, goals
from ui.components.sidebar.sidebar import STEPS, Controls
from ui.components.tab_router import TabRouter
from ui.service.engine import AXES, Engine, Engines
from ui.service.tasks import MAX_SEED, MOST_SAMPLES

HERE = Path(__file__).parent
SETTINGS_JS, PAINTING_JS, COPY_JS = (
    (HERE / name).read_text() for name in ("settings.js", "painting.js", "link.js")
)
# LESSON_SETTINGS in these scripts stands for the names of the lessons' settings.
COPY_LINK = f"async (...values) => {{\n{SETTINGS_JS}{PAINTING_JS}{COPY_JS}}}"
KEEP_SETTINGS = f"""(...values) => {{
{KEEPING}{SETTINGS_JS}
  if (kept.open) kept.put("settings", settingsOf(values));
}}"""
KEPT_SETTINGS = f"""async () => {{
{KEEPING}
  return (await kept.get("settings")) ?? {{}};
}}"""
# Old names in links, and their names now.
RENAMED, TABS_RENAMED = {"guesses": "samples"}, {"Colourise": "Colour"}
SETTLED = f"() => {{\n{KEEPING} kept.settle();\n}}"  # from now on every change of a setting is kept


def number_from(query: Mapping[str, str], key: str, low: float, high: float) -> Any:
    """A number of the address within its bounds, else no change."""
    try:
        value = float(query[key])
    except (KeyError, ValueError):
        return gr.skip()
    if not low <= value <= high:
        return gr.skip()
    return int(value) if value == int(value) else value


def label_menu(
    engine: Engine, query: Mapping[str, str], axis: str, amiss: list[str]
) -> gr.Dropdown:
    """A label menu set to the address's choice; a name that the model lacks is added to `amiss`."""
    shown, asked = choices(engine, axis), query.get(axis)
    if asked in shown["choices"]:
        shown["value"] = asked
    elif asked:
        amiss.append(f"This model knows no '{asked}': {AXES[axis]} stands at {shown['value']}.")
    return gr.Dropdown(**shown)


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

    def restore(settings: dict[str, str], request: gr.Request):
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
        steps = number_from(query, "steps", 1, 8)
        has_steps = isinstance(steps, int)
        steps_by_tab = {**STEPS, tab: steps} if has_steps else STEPS
        menus = [label_menu(engine, query, axis, amiss) for axis in AXES]
        # A note, because this event runs outside the queue, where Gradio shows no warnings.
        note = about(engine) + "".join(f'<p class="model">{escape(said)}</p>' for said in amiss)
        return (
            *((gr.Tabs(selected=tab), tab, tab) if known else [gr.skip()] * 3),
            engine.name,
            engine.name,
            note,
            controls.steps_of(tab, steps_by_tab),
            steps_by_tab if has_steps else gr.skip(),
            number_from(query, "seed", 0, MAX_SEED),
            number_from(query, "strength", 0, 1),
            *menus,
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
        )

    def recompute(request: gr.Request, settings: dict[str, str], count: int):
        """Recompute the open tab's picture: the page opened with default settings."""
        return count + 1 if settings or request.query_params else gr.skip()

    loaded = page.load(
        restore,
        kept,
        [
            router.tabs,
            controls.open,
            controls.tab,
            models.name,
            models.pick,
            models.note,
            controls.steps,
            controls.steps_by_tab,
            controls.seed,
            strength,
            *controls.menus,
            *router.goals,
            *controls.samples.values(),
            router.lessons,
            *router.settings.values(),
            kept,
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
        inputs,
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
