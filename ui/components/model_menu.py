"""The model menu: models that can be loaded, and a download only once it is confirmed."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from cm_core.checkpoints.registry import MenuEntry
from cm_core.errors import CheckpointError
from ui.components.kept import Word
from ui.service.engine import ANY, AXES, Engine, Engines
from ui.service.slots import DOWNLOADS, LOADS


def label_menus(engine: Engine) -> dict[str, gr.Dropdown]:
    """A menu for each axis of labels, hidden where the model lacks the axis."""
    return {
        axis: gr.Dropdown(
            **choices(engine, axis), label=label, min_width=100, elem_id=f"label-{axis}"
        )
        for axis, label in AXES.items()
    }


def choices(engine: Engine, axis: str) -> dict[str, Any]:
    """Properties of a label menu for a model; without "Any" the first name is chosen."""
    names = engine.axes.get(axis, [ANY])
    return {
        "choices": names,
        "value": names[0],
        "visible": len(names) > 1,
    }


def goals(engine: Engine, axis: str, four: bool = False) -> dict[str, Any]:
    """Properties of the menu for a walk's second label; hidden on a walk between four."""
    names = engine.model.config.labels.axes.get(axis, ())
    return {
        "choices": [("As above", ""), *((name, name) for name in names)],
        "value": "",
        "visible": bool(names) and not four,
    }


def about(engine: Engine) -> str:
    """A note on a loaded model: picture size, device, and how slow an evaluation is if it is."""
    drawn, done = (f"{side} × {side}" for side in (engine.size, engine.finished_size))
    line = f"{done} pixels" if done == drawn else f"{done} pixels, drawn at {drawn}"
    line += f" · {engine.device}"
    if engine.seconds and engine.seconds > 1:
        line += f"<br>One evaluation takes {engine.seconds:.0f} s here."
    return f'<p class="model">{line}</p>'


def title(entry: MenuEntry) -> str:
    """A model's line in the menu."""
    return entry.title if entry.on_disk else f"{entry.title} · {size(entry)}"


def size(entry: MenuEntry) -> str:
    """The size of the download, e.g. "410 MB", "1.2 GB"."""
    if entry.megabytes >= 1000:
        return f"{entry.megabytes / 1000:.1f} GB"
    return f"{entry.megabytes} MB"


class ModelMenu:
    """The menu, its note and its confirmation; `name` holds the name of the model in use."""

    def __init__(self, engines: Engines):
        self.engines = engines
        first, entries = engines.first.name, engines.menu()
        self.name = Word(first)
        self.changed = gr.State(0)  # a count that goes up, so that live tabs compute anew
        self.pick = gr.Dropdown(
            [(title(entry), entry.name) for entry in entries],
            value=first,
            label="Model",
            filterable=False,
            elem_id="model",
            visible=len(entries) > 1,
        )
        self.note = gr.HTML(about(engines.first), elem_id="model-note")
        with gr.Row(visible=False) as self.confirm:
            self.yes = gr.Button(
                "Download", variant="primary", size="sm", min_width=80, elem_id="model-yes"
            )
            self.no = gr.Button("Cancel", size="sm", min_width=80, elem_id="model-no")

    def connect(self, menus: dict[str, gr.Dropdown]) -> None:
        """Wire the menu to the label menus."""
        keep = {axis: gr.skip() for axis in menus}

        def update(name: str, now: str, count: int, download: bool):
            """Values for (name, changed, pick, note, confirm, *menus)."""
            entry = next(entry for entry in self.engines.menu() if entry.name == name)
            if not entry.on_disk and not download:
                note = (
                    f'<p class="model">{escape(entry.title)} is not here yet: a download of '
                    f"{size(entry)}, licence {escape(entry.licence)}.</p>"
                )
                return now, count, gr.skip(), note, gr.Row(visible=True), *keep.values()
            try:
                engine = self.engines.get(name, download)
            except CheckpointError as error:
                gr.Warning(str(error))
                old = about(self.engines.get(now))
                return now, count, now, old, gr.Row(visible=False), *keep.values()
            fresh = [gr.Dropdown(**choices(engine, axis)) for axis in menus]
            return name, count + 1, name, about(engine), gr.Row(visible=False), *fresh

        def choose(name: str, now: str, count: int):
            return update(name, now, count, download=False)

        def download(name: str, now: str, count: int):
            return update(name, now, count, download=True)

        wiring = {
            "inputs": [self.pick, self.name, self.changed],
            "outputs": [
                self.name,
                self.changed,
                self.pick,
                self.note,
                self.confirm,
                *menus.values(),
            ],
            "show_progress_on": self.note,
            "api_visibility": "private",
        }
        self.pick.input(choose, **wiring, **LOADS)
        self.yes.click(download, **wiring, **DOWNLOADS)
        self.no.click(
            lambda now: (now, about(self.engines.get(now)), gr.Row(visible=False)),
            self.name,
            [self.pick, self.note, self.confirm],
            show_progress="hidden",
            api_visibility="private",
        )
