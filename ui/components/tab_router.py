"""Pictures that travel from one tab to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from PIL import Image

from editing.output import enlarge_picture
from ui.components.by_tab import label_menu
from ui.components.controls import Controls
from ui.components.export.export import (
    FORMATS,
    LAYERED,
    SIDES,
    Saved,
    reference,
    written,
    written_in_layers,
)
from ui.components.kept import Source
from ui.components.result.result import History, Result
from ui.service.engine import AXES
from ui.service.inputs import said, whole
from ui.service.slots import EXPORTS
from ui.service.tasks import MAX_SEED, Tasks

Settings = dict[str, gr.Slider | gr.Radio]
WRITTEN = "() => { document.dispatchEvent(new Event('onestroke-written')); }"


@dataclass
class TabRouter:
    """Results that can be sent to other tabs, sources that take them, and the ends of a walk."""

    tabs: gr.Tabs
    results: list[Result | History] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    ends: list[gr.Number] = field(default_factory=list)
    goals: list[gr.Dropdown] = field(default_factory=list)  # menus of the second end's labels
    lessons: gr.Tabs = field(init=False)  # the Steps tab sets it
    settings: Settings = field(default_factory=dict)  # of the lessons, by name in a link

    def result(self, *args: Any, **kwargs: Any) -> Result:
        """A Result whose picture can be sent to other tabs."""
        made = Result(*args, **kwargs)
        self.results.append(made)
        return made

    def connect(self, tasks: Tasks, controls: Controls) -> None:
        """Wire every result to every source; call it once all tabs are built.

        A walk's end takes its picture's labels along, or those of the menus where it has none.
        """
        places = list(self.sources)

        def send(
            event: gr.EventData, model: str, open_tab: str, left: dict[str, dict], *labels: str
        ):
            tab, menus = said(event, "tab", [*places, "Interpolate"]), [gr.skip() for _ in AXES]
            if tab == "Interpolate":
                seed, end = whole(said(event, "seed"), MAX_SEED), said(event, "end", (0, 1))
                pictures = [gr.skip()] * len(places)
                ends = [seed if i == end else gr.skip() for i in range(len(self.ends))]
                goals = ["" if end == 1 else gr.skip() for _ in self.goals]
                asked = dict(zip(AXES, labels, strict=True)) | names(said(event, "labels"))
                left = {**left, tab: left.get(tab, {}) | asked}
                if open_tab == tab:  # else it takes them from `left` when it opens
                    engine = controls.engines.get(model)
                    menus = [label_menu(engine, asked, axis, []) for axis in AXES]
            else:
                picture = reference(said(event, "url"))
                pictures = [picture if place == tab else gr.skip() for place in places]
                ends = [gr.skip()] * len(self.ends)
                goals = [gr.skip()] * len(self.goals)
            return gr.Tabs(selected=tab), left, *menus, *pictures, *ends, *goals

        gr.on(
            [result.select for result in self.results],
            send,
            [controls.models.name, controls.open, controls.left, *controls.menus],
            [
                self.tabs,
                controls.left,
                *controls.menus,
                *self.sources.values(),
                *self.ends,
                *self.goals,
            ],
            show_progress="hidden",
            api_visibility="private",
        )

        def enlarge(picture: Image.Image, factor: int) -> Image.Image:
            if tasks.engines.first.detailer is None:
                return enlarge_picture(picture, factor)
            return tasks.enlarge(picture, factor).picture

        def save(event: gr.EventData) -> str:
            kind = said(event, "kind", [*FORMATS, *SIDES, LAYERED])
            picture = reference(said(event, "url"))
            if kind == LAYERED:
                layers = (reference(said(event, name)) for name in ("sketch", "paint", "paper"))
                return written_in_layers(picture, *layers, enlarge)
            return written(picture, kind, enlarge)

        saving = gr.on(
            [result.download for result in self.results],
            save,
            None,
            Saved(elem_id="saved"),
            show_progress="hidden",
            api_visibility="private",
            **EXPORTS,
        )
        saving.then(None, js=WRITTEN, api_visibility="private")  # or refused


def names(labels: Any) -> dict[str, str]:
    """The labels by axis that an event says, without what may not be one."""
    said = labels if isinstance(labels, dict) else {}
    return {axis: said[axis] for axis in AXES if isinstance(said.get(axis), str)}
