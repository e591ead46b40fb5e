"""Each tab has its own steps, seed and labels, in controls that all tabs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ui.components.kept import Kept
from ui.components.model_menu import choices
from ui.service.engine import AXES, Engine

NAMES = ("steps", "seed", *AXES)  # of the values, in the order of the controls


class ByTab(Kept):
    """Values by name, by tab: those that each tab was left with."""

    def preprocess(self, payload: Any) -> dict[str, dict[str, Any]]:
        by_tab = payload if isinstance(payload, dict) else {}
        return {tab: kept(values) for tab, values in by_tab.items() if isinstance(values, dict)}


def kept(values: dict[Any, Any]) -> dict[str, Any]:
    """Of values by name those of the controls; the others are dropped."""
    return {name: values[name] for name in NAMES if isinstance(values.get(name), (int, float, str))}


def number_from(said: Mapping[str, Any], name: str, low: float, high: float) -> Any:
    """A number that is said under a name, within its bounds, else no change."""
    try:
        value = float(said[name])
    except (KeyError, TypeError, ValueError):
        return gr.skip()
    if not low <= value <= high:
        return gr.skip()
    return int(value) if value == int(value) else value


def label_menu(engine: Engine, said: Mapping[str, Any], axis: str, amiss: list[str]) -> gr.Dropdown:
    """A label menu at the name that is said; a name that the model lacks is added to `amiss`."""
    shown, asked = choices(engine, axis), said.get(axis)
    if asked in shown["choices"]:
        shown["value"] = asked
    elif asked:
        amiss.append(f"This model knows no '{asked}': {AXES[axis]} stands at {shown['value']}.")
    return gr.Dropdown(**shown)
