"""The controls that all tabs share, and how tabs use them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import gradio as gr
from anyio.to_thread import run_sync
from gradio.context import LocalContext

from editing.tasks import INPAINT_STEPS, STROKE_STEPS
from ui.components.by_tab import NAMES, ByTab, label_menu, number_from
from ui.components.kept import Kept, Settings, Word
from ui.components.label_bar import LabelBar
from ui.components.model_menu import ModelMenu
from ui.service.engine import AXES, Engine, Engines, Readout
from ui.service.progress import EditProgress
from ui.service.rate_limit import RateLimit
from ui.service.slots import EDITS
from ui.service.tasks import MAX_SEED

# Of the values that a press sends, the seed is number {0}; the last one says whether it is locked.
ROLL = """(...values) => {{
  if (!values.at(-1)) values[{0}] = Math.floor(Math.random() * {1});
  return values;
}}"""
# A number that may not be a seed stays on the tab where it was typed, and stops no other.
SEED_OR_0 = """(...values) => {{
  const seed = values[{0}];
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= {1})) values[{0}] = 0;
  return values;
}}"""
IDLE = """() => document.getElementById("{0}").dispatchEvent(
  new Event("onestroke-idle", {{ bubbles: true }})
)"""
LONG_SECONDS = 8  # an edit that will take longer says so before it starts
# Each tab's steps when the page opens.
STEPS = {
    "Paint": STROKE_STEPS,
    "Inpaint": INPAINT_STEPS,
    "Colour": 8,
    "Enlarge": 8,
    "Interpolate": 1,
}


Variant = Literal["primary", "secondary"]


class Cost(gr.HTML):
    """Shows a Readout."""

    def postprocess(self, value: Readout | str) -> str:
        return str(value)


class Go:
    """A button that starts a tab's work and turns into Stop while it lasts (page.js turns it)."""

    def __init__(self, name: str, text: str, variant: Variant = "primary", css: str = ""):
        self.row = f"{name}-go"
        with gr.Row(elem_id=self.row, elem_classes=["go", css]):
            self.run = gr.Button(text, variant=variant, elem_id=f"{name}-run", min_width=80)
            self.stop = gr.Button("Stop", variant="stop", elem_id=f"{name}-stop", min_width=80)
            self.wait = gr.HTML(elem_id=f"{name}-wait", min_width=80)


@dataclass
class Controls:
    """The shared controls; `inputs` are the first of EditSettings: (steps, seed, *choice)."""

    engines: Engines
    bar: LabelBar
    steps: gr.Slider
    seed: gr.Number
    lock: gr.Checkbox
    choice: list[gr.components.Component]  # scene, light, category, model
    models: ModelMenu
    readout: Cost
    share: gr.Button
    afresh: gr.Button
    open: Word  # the open tab: a live picture in another is not worth computing
    tab: gr.State  # the same, to follow its change
    left: ByTab  # the values of `own` that each tab was left with
    limit: RateLimit
    samples: dict[str, gr.Slider] = field(default_factory=dict)  # samples a step, by tab
    settings: Settings = field(default_factory=lambda: Settings({}))  # of the visitor's last visit

    @property
    def kept(self) -> list[Kept]:
        """The controls whose values the browser remembers."""
        return [self.open, self.left, self.models.name, self.settings]

    @property
    def menus(self) -> list[gr.components.Component]:
        """The menus of labels."""
        return self.choice[:-1]

    @property
    def first_choice(self) -> dict[str, Any]:
        """The label menus' values when the page opens, by axis."""
        return {axis: menu.value for axis, menu in self.bar.menus.items()}

    @property
    def inputs(self) -> list[gr.components.Component]:
        return [self.steps, self.seed, *self.choice]

    @property
    def own(self) -> list[gr.components.Component]:
        """The controls whose values are each tab's own, in the order of by_tab.NAMES."""
        return [self.steps, self.seed, *self.menus]

    def own_values(
        self, tab: str, said: Mapping[str, Any], engine: Engine, amiss: list[str]
    ) -> list[Any]:
        """Values of `own` for a tab that opens: what is said by name, else the tab's first ones.

        The slider of steps is hidden where they do nothing. amiss: gets a sentence for each label
        that the model lacks.
        """
        said = {"steps": STEPS.get(tab, 1), "seed": 0, **said}
        by_detailer = tab == "Enlarge" and self.engines.first.detailer is not None
        works = tab in STEPS and not by_detailer
        return [
            gr.Slider(value=number_from(said, "steps", 1, 8), visible=works),
            number_from(said, "seed", 0, MAX_SEED),
            *(label_menu(engine, said, axis, amiss) for axis in AXES),
        ]

    def opens(self, tab: gr.Tab, name: str) -> None:
        """Give the controls a tab's own values when it opens, and keep those of the one before."""

        def opening(open_tab: str, left: dict, model: str, *values: Any):
            if name == open_tab:  # the first tab, when the page loads: keep a link's values
                return [gr.skip()] * (3 + len(values))
            left = {**left, open_tab: dict(zip(NAMES, values, strict=True))}
            own = self.own_values(name, left.get(name, {}), self.engines.get(model), [])
            return name, name, left, *own

        tab.select(
            opening,
            [self.open, self.left, self.models.name, *self.own],
            [self.open, self.tab, self.left, *self.own],
            js=SEED_OR_0.format(3 + NAMES.index("seed"), MAX_SEED),
            show_progress="hidden",
            api_visibility="private",
        )

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

        async def when_open(request: gr.Request, open_tab: str, *args: Any):
            if open_tab != tab:
                return gr.skip()
            # This waits in the event loop and holds none of the server's threads.
            await asyncio.sleep(self.limit.delay(request.session_hash, time.monotonic()))
            page = LocalContext.blocks.get()
            return await run_sync(partial(fn, *args), limiter=page and page.limiter)

        wiring = {
            "fn": when_open,
            "inputs": [self.open, *inputs],
            "outputs": [*outputs, self.readout],
            "trigger_mode": "always_last",
            "show_progress": "hidden",
            "queue": False,  # one request a picture, not three; the engine's Turns keep the order
            "api_visibility": "private",
        }
        gr.on([*triggers, self.models.changed.change], **wiring)

    def work(
        self,
        go: Go,
        fn: Callable[..., Any],
        inputs: Sequence[gr.components.Component],
        outputs: Sequence[gr.components.Component],
        roll: bool = True,
    ) -> None:
        """Run `fn`, a generator of values for `outputs` and the readout, when `go` is pressed.

        The seed rolls first, in the browser, unless it is locked. Stop acts between two yields.
        """
        outputs, js = [*outputs, self.readout], None
        if roll:
            index = inputs.index(self.seed)
            inputs, outputs = [*inputs, self.lock], [*outputs, self.seed]
            fn, js = with_seed_output(fn, index), ROLL.format(index, MAX_SEED + 1)
        done = go.run.click(
            fn,
            inputs,
            outputs,
            js=js,
            show_progress="minimal",  # the position in the queue, and how long that may take
            show_progress_on=go.wait,
            api_visibility="private",
            **EDITS,
        )
        for over in (done.then, done.failure):
            over(None, js=IDLE.format(go.row), api_visibility="private")
        go.stop.click(None, cancels=done, api_visibility="private")

    def run(
        self,
        button: gr.Button,
        fn: Callable[..., Any],
        inputs: Sequence[gr.components.Component],
        outputs: Sequence[gr.components.Component],
    ) -> None:
        """At a press run `fn`, short work that returns values for `outputs` and the readout."""
        button.click(
            fn,
            inputs,
            [*outputs, self.readout],
            show_progress="hidden",
            api_visibility="private",
            **EDITS,
        )

    def warn(self, evaluations: int, model: str | None) -> None:
        """Say how long an edit will take, where that is long."""
        seconds = evaluations * (self.engines.get(model).seconds or 0)
        if seconds > LONG_SECONDS:
            gr.Info(f"About {duration(seconds)} on this machine; Stop works after each step.")


def with_seed_output(
    fn: Callable[..., Iterator[tuple]], index: int
) -> Callable[..., Iterator[tuple]]:
    """`fn` with one more output, the seed (its input number `index`); its last input is dropped."""

    def wrapped(*values: Any) -> Iterator[tuple]:
        for shown in fn(*values[:-1]):
            yield *shown, values[index]

    return wrapped


def duration(seconds: float) -> str:
    """E.g. "40 seconds", "3 minutes"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes"


def costed(made: EditProgress, *more: Any) -> tuple[Any, ...]:
    """An EditProgress as values for (result, *more, readout)."""
    return made, *more, made.readout
