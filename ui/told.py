"""The bar above the tabs: what the model is told, whichever tab is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.engine import Engine
from ui.menu import label_menus
from ui.tasks import MAX_SEED

HEADER = "<h1>OneStroke</h1><p>Paint a crude landscape: a picture follows the brush.</p>"


class Seed(gr.Number):
    """A whole number from 0 to MAX_SEED; anything else that is typed counts as the nearest."""

    def preprocess(self, payload: Any) -> int:
        number = isinstance(payload, int | float) and not isinstance(payload, bool)
        return min(max(round(payload), 0), MAX_SEED) if number and payload == payload else 0

    def get_block_name(self) -> str:
        return "number"

    def get_config(self, cls: type | None = None) -> dict[str, Any]:
        return super().get_config(gr.Number)  # whose signature says what belongs in it


@dataclass(frozen=True)
class Told:
    """A menu for each axis of labels, the seed, and the button that rolls it."""

    menus: dict[str, gr.Dropdown]
    seed: Seed
    die: gr.Button


def build(engine: Engine) -> Told:
    """Lay out the bar."""
    with gr.Row(elem_id="told"):
        gr.HTML(HEADER, elem_id="header", min_width=100)
        menus = label_menus(engine)
        seed = Seed(0, label="Seed", precision=0, min_width=70, elem_id="seed")
        die = gr.Button("⚄", min_width=44, scale=0, elem_id="die", elem_classes="icon")
    return Told(menus, seed, die)
