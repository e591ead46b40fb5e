"""Lesson 5: an edit, evaluation by evaluation: the input, the answer, and the known put back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import torch
from PIL import Image
from torch import Tensor

import editing
from cm_core.samplers import Step
from editing.image import fit, to_pil, to_tensor
from editing.operators import PatchMean, grey_picture, repeat_pixels
from ui.components.controls import Controls, Go
from ui.components.tab_router import Settings
from ui.service.engine import Engine, Readout
from ui.service.examples import example
from ui.service.pictures import strip
from ui.service.progress import shown
from ui.service.tasks import Tasks
from ui.tabs.classroom import opening
from ui.tabs.classroom.head import head, titled

STEPS = 4
FACTOR = 4
NOISE = 0.3
HEAD = head(
    "An edit, evaluation by evaluation",
    "Every task is one loop: ask the model, put back what is known of the picture, add noise of "
    "the next level; the last act is to put it back, so that it comes out exact.",
    "x0 = f(x, t), with what is known put back; then x = x0 + √(t² − ε²) z at the next t",
    "Song et al. 2023, Algorithm 4",
    *("x", "x0", "z", "t", "ε", "f(x, t)"),
)
EDITS = {
    "Stroke": "Nothing is known: the painting is where the noise starts (SDEdit).",
    "Inpaint": "Known: every pixel outside of the hole.",
    "Colorize": "Known: the luma of every pixel.",
    "Enlarge": f"Known: the mean of every {FACTOR} x {FACTOR} pixels.",
    "Denoise": "The noise is in the picture already: one evaluation at its level.",
}


TABS = {"Stroke": "Paint", "Colorize": "Colour"}  # the tabs that have another name than the task


@dataclass(frozen=True)
class Act:
    """One evaluation of an edit: x, the model's answer, and that with what is known put back."""

    step: Step
    answer: Tensor


class Watched:
    """A model that remembers its last answer."""

    def __init__(self, model: Any):
        self.model, self.answer = model, None

    def __call__(self, x: Tensor, sigma: Any, label: Any = None) -> Tensor:
        self.answer = self.model(x, sigma, label)
        return self.answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def hole(size: int) -> Tensor:
    """A mask (1, 1, size, size) of the middle."""
    mask = torch.zeros(1, 1, size, size)
    mask[..., size * 5 // 16 : size * 11 // 16, size * 5 // 16 : size * 11 // 16] = 1
    return mask


def picture_for(edit: str, size: int) -> Tensor:
    """The picture that the edit is shown on, (1, 3, size, size)."""
    name = "Beach" if edit == "Stroke" else "Alpine meadow"
    return to_tensor(fit(example(name), size))


def known(edit: str, x: Tensor) -> Image.Image:
    """The part of a picture that an edit is given, as a picture to look at."""
    size = x.shape[-1]
    match edit:
        case "Inpaint":
            x = torch.where(hole(size) > 0, torch.tensor([0.9, -0.4, 0.9])[:, None, None], x)
        case "Colorize":
            x = grey_picture(x)
        case "Enlarge":
            x = repeat_pixels(PatchMean(FACTOR).measure(x), FACTOR)
        case "Denoise":
            x = editing.add_noise(x, NOISE)
    return to_pil(x)


def acts(
    engine: Engine, edit: str, x: Tensor, seed: int, label: Any
) -> Iterator[tuple[Act, Readout]]:
    """The evaluations of an edit, one by one; each step takes a single one."""
    alone = {"label": label, "samples_per_step": 1}
    small = PatchMean(FACTOR).measure(x)
    take = {
        "Stroke": lambda m: editing.stream_stroke(m, x, 0.5, STEPS, seed, **alone),
        "Inpaint": lambda m: editing.stream_inpaint(m, x, hole(x.shape[-1]), STEPS, seed, **alone),
        "Colorize": lambda m: editing.stream_colorize(m, x, STEPS, seed, **alone),
        "Enlarge": lambda m: editing.stream_super_resolve(m, small, STEPS, seed, **alone),
        "Denoise": lambda m: editing.stream_denoise(
            m, editing.add_noise(x, NOISE), NOISE, label=label
        ),
    }[edit]
    watched: list[Watched] = []

    def watch(model: Any) -> Iterator[Step]:
        watched.append(Watched(model))
        return take(watched[0])

    for step, readout in engine.stream(watch):
        yield Act(step, watched[0].answer), readout


def rows(found: list[Act]) -> str:
    """Three strips: x, the answer, and the answer with the known part put back."""
    names = [f"t = {act.step.sigma:.3g}" for act in found]
    parts = (
        ("x, what the model is given", [shown(act.step) for act in found]),
        ("f(x, t), what it answers", [to_pil(act.answer) for act in found]),
        ("x0, with what is known put back", [to_pil(act.step.x0) for act in found]),
    )
    return "".join(
        titled(title, strip(zip(pictures, names, strict=True))) for title, pictures in parts
    )


def build(tasks: Tasks, controls: Controls, noise: gr.Radio) -> Settings:
    """Lay out the lesson and connect it; its settings."""
    gr.HTML(HEAD)
    named = [(TABS.get(name, name), name) for name in EDITS]
    edit = gr.Radio(named, value="Inpaint", label="Task", elem_id="steps-edit")
    go = Go("edit", "Run it")
    told = gr.HTML(elem_id="edit-known")
    shown_acts = gr.HTML('<p class="note">Press Run it.</p>', elem_id="edit-acts")

    def run(edit: str, noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        seed = opening.opened_on(tasks, noise, seed, *choice)
        engine, label = tasks.on(*choice)
        x, found = picture_for(edit, engine.size), []
        measured = strip([(to_pil(x), "the picture"), (known(edit, x), "what is known")])
        for act, readout in acts(engine, edit, x, seed, label):
            found.append(act)
            yield f'<p class="note">{EDITS[edit]}</p>{measured}', rows(found), readout

    _, seed, *choice = controls.inputs
    controls.work(go, run, [edit, noise, seed, *choice], [told, shown_acts], roll=False)
    return {"task": edit}
