"""The sidebar: what every tab shares, and what the last call cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ui.engine import ANY, Engine, Readout

MAX_SEED = 999_999
NEW_SEED = f"() => Math.floor(Math.random() * {MAX_SEED + 1})"
CLOSE_ON_PHONE = """() => {
  if (innerWidth < 768) document.querySelector("#sidebar.open .toggle-button")?.click();
}"""
NEXT_SEED = f"(seed, lock) => lock ? seed : Math.floor(Math.random() * {MAX_SEED + 1})"


class Cost(gr.HTML):
    """Shows a Readout."""

    def postprocess(self, value: Readout | str) -> str:
        return str(value)


@dataclass
class Controls:
    """The shared controls; `inputs` go to a task as (steps, seed, style, group)."""

    steps: gr.Slider
    seed: gr.Number
    lock: gr.Checkbox
    style: gr.Dropdown
    group: gr.Dropdown
    readout: Cost
    rolled: Any  # the event of the die
    tab: gr.State  # the open tab: a live picture in another is not worth computing

    @property
    def inputs(self) -> list[gr.components.Component]:
        return [self.steps, self.seed, self.style, self.group]

    def live(
        self,
        tab: str,
        triggers: Sequence[Callable[..., Any]],
        fn: Callable[..., Any],
        inputs: Sequence[gr.components.Component],
        outputs: Sequence[gr.components.Component],
    ) -> None:
        """Run `fn` at each trigger and, while `tab` is open, when a shared control changes.

        A call under way is followed by one more with the latest values, however many came.
        """

        def when_open(open_tab: str, *args: Any):
            return fn(*args) if open_tab == tab else gr.skip()

        wiring = {
            "fn": when_open,
            "inputs": [self.tab, *inputs],
            "outputs": [*outputs, self.readout],
            "trigger_mode": "always_last",
            "show_progress": "hidden",
            "queue": False,  # one request a picture, not three; the engine's lock keeps the order
            "api_visibility": "private",
        }
        shared = [control.input for control in self.inputs]
        gr.on([*triggers, *shared], **wiring)
        self.rolled.then(**wiring)

    def next_seed(self, button: gr.Button) -> Any:
        """On a press: roll the seed in the browser unless locked. Chain the work with `.then`."""
        inputs = [self.seed, self.lock]
        return button.click(None, inputs, self.seed, js=NEXT_SEED, api_visibility="private")


def menu(engine: Engine, axis: str, label: str) -> gr.Dropdown:
    """A menu of one label axis; hidden where the model was trained without it."""
    choices = engine.axes.get(axis, [ANY])
    return gr.Dropdown(choices, value=ANY, label=label, visible=len(choices) > 1, filterable=False)


def build(engine: Engine) -> Controls:
    """Lay out the sidebar."""
    with gr.Sidebar(width=290, elem_id="sidebar"):
        gr.HTML(
            f'<p class="model"><b>{escape(Path(engine.name).name)}</b><br>'
            f"{engine.size} × {engine.size} pixels · {engine.device}</p>",
            label="Model",
        )
        style = menu(engine, "style", "Style")
        group = menu(engine, "group", "Subject")
        steps = gr.Slider(1, 8, value=2, step=1, precision=0, label="Steps", elem_id="steps")
        with gr.Row(elem_classes="seed"):
            seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, scale=3)
            die = gr.Button("⚄", min_width=44, scale=0, elem_id="die", elem_classes="icon")
        lock = gr.Checkbox(True, label="Lock the seed", info="Unlocked, each button rolls it.")
        pixels = gr.Checkbox(False, label="Show the pixels")
        gr.HTML('<p class="caption">Last call</p>')
        readout = Cost("Nothing computed yet", elem_id="readout")
    pixels.change(
        None,
        pixels,
        js="on => { document.body.classList.toggle('pixels', on); }",
        api_visibility="private",
    )
    rolled = die.click(None, None, seed, js=NEW_SEED, api_visibility="private")
    return Controls(steps, seed, lock, style, group, readout, rolled, gr.State("Paint"))
