"""What the tabs share besides the sidebar: pictures that travel from one tab to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from editing.image import is_see_through
from ui.engine import plainly
from ui.export import reference
from ui.result import History, Result


@dataclass
class Desk:
    """Results that can be sent on, the sources that take them, and the ends of a walk."""

    tabs: gr.Tabs
    results: list[Result | History] = field(default_factory=list)
    sources: dict[str, gr.State] = field(default_factory=dict)
    ends: list[gr.Number] = field(default_factory=list)
    goals: list[gr.Dropdown] = field(default_factory=list)  # the second end's own labels

    def result(self, *args: Any, **kwargs: Any) -> Result:
        """A Result whose picture can be sent to other tabs."""
        self.results.append(Result(*args, **kwargs))
        return self.results[-1]

    def connect(self) -> None:
        """Wire every result to every source; call it once all tabs are built."""
        places = list(self.sources)

        @plainly
        def send(event: gr.EventData):
            if event.tab == "Interpolate":
                pictures = [gr.skip()] * len(places)
                ends = [event.seed if i == event.end else gr.skip() for i in range(len(self.ends))]
                goals = ["" if event.end == 1 else gr.skip() for _ in self.goals]
            else:
                picture = reference(event.url)
                picture = picture.convert("RGBA" if is_see_through(picture) else "RGB")
                pictures = [picture if tab == event.tab else gr.skip() for tab in places]
                ends = [gr.skip()] * len(self.ends)
                goals = [gr.skip()] * len(self.goals)
            return gr.Tabs(selected=event.tab), *pictures, *ends, *goals

        gr.on(
            [result.select for result in self.results],
            send,
            None,
            [self.tabs, *self.sources.values(), *self.ends, *self.goals],
            show_progress="hidden",
            api_visibility="private",
        )
