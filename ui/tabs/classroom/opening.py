"""Which noise a lesson opens on: one whose picture reads across the room, found by measuring."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import gradio as gr
import torch
import torch.nn.functional as F
from torch import Tensor

from editing.generate import stream_generate
from ui.components.controls import Controls
from ui.service.engine import Engine
from ui.service.progress import last
from ui.service.tasks import Tasks

SEEDS = range(32)  # one evaluation of each takes less than a second
CLEAR, TOLD = "clear", "told"
CHOICES = [("The one of 32 that reads best", CLEAR), ("The seed above", TOLD)]
ROWS = 8  # from afar a picture is this many rows of as many pixels
LUMA = (0.299, 0.587, 0.114)
_found: WeakKeyDictionary[Engine, dict[int | None, int]] = WeakKeyDictionary()


def clarity(x: Tensor) -> Tensor:
    """How well pictures (B, 3, H, W) read across a room, (B,): contrast between sky and land.

    Seen from afar, the standard deviation of the rows' lightness, less that within the rows.
    """
    afar = F.adaptive_avg_pool2d(x, ROWS)
    light = (afar * torch.tensor(LUMA).to(x)[:, None, None]).sum(1)
    rows = light.mean(2)
    return rows.std(1) - (light - rows[..., None]).square().mean((1, 2)).sqrt()


def clearest(engine: Engine, label: int | None) -> int:
    """The seed of SEEDS whose picture of one evaluation is the clearest; measured once a label."""
    known = _found.setdefault(engine, {})
    if label not in known:

        def take(model) -> Iterator[Tensor]:
            yield last(stream_generate(model, list(SEEDS), 1, label=label)).x0

        x0, _ = last(engine.stream(take))
        known[label] = SEEDS[int(clarity(x0).argmax())]
    return known[label]


def opened_on(tasks: Tasks, noise: str, seed: int, *choice: str) -> int:
    """A lesson's seed: the page's, or the one with the clearest picture of the chosen labels."""
    return seed if noise == TOLD else clearest(*tasks.on(*choice))


def menu(controls: Controls) -> gr.Radio:
    """The choice between the two; whoever sets or rolls the tab's seed selects that."""
    noise = gr.Radio(CHOICES, value=CLEAR, label="Seed of the lessons", elem_id="lesson-seed")
    follow = {"fn": None, "outputs": noise, "api_visibility": "private"}
    controls.seed.input(js=f"() => '{TOLD}'", **follow)
    controls.bar.die.click(
        inputs=[controls.open, noise],
        js=f"(tab, now) => tab === 'Steps' ? '{TOLD}' : now",
        **follow,
    )
    return noise
