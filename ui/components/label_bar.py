"""The bar above the tabs: labels and seed, which all tabs share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from ui.components.model_menu import label_menus
from ui.service.engine import Engine
from ui.service.tasks import MAX_SEED

HERE = Path(__file__).parent
JS = "".join((HERE / name).read_text() for name in ("number_errors.js", "synonyms.js"))
HEADER = "<h1>OneStroke</h1><p>Paint a crude landscape: a picture follows the brush.</p>"


@dataclass(frozen=True)
class LabelBar:
    """A menu for each axis of labels, the seed, and the button that rolls it."""

    menus: dict[str, gr.Dropdown]
    seed: gr.Number
    die: gr.Button


def build(engine: Engine) -> LabelBar:
    """Lay out the bar."""
    with gr.Row(elem_id="label-bar"):
        gr.HTML(HEADER, elem_id="header", min_width=100, js_on_load=JS)
        menus = label_menus(engine)
        seed = gr.Number(
            0,
            label="Seed",
            precision=0,
            minimum=0,
            maximum=MAX_SEED,
            min_width=70,
            elem_id="seed",
        )
        die = gr.Button("⚄", min_width=44, scale=0, elem_id="die", elem_classes="icon")
    return LabelBar(menus, seed, die)
