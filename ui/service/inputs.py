"""Checks of what a visitor sends: no value gets past its component unchecked.

A browser sends what its components allow, a script whatever it likes. Nothing is rounded, cut to
size or read as true on the way: it is accepted as it is, or refused in one sentence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from typing import Any

import gradio as gr
from gradio.blocks import Block
from PIL import Image

from cm_core.errors import ImageError
from ui.service.pictures import refusal, uploaded

SHOWN = 40  # characters of a wrong value that a refusal repeats
NAMED = 12  # choices that a refusal names
LONGEST = 200  # characters of a text


def accepted(block: Block, value: Any, first: Any = None) -> Any:
    """A value sent to a component, if it is one that the component takes; else raises gr.Error.

    first: the component's value on a fresh page; a number that had none may be left empty.
    """
    name = (getattr(block, "label", None) or "The value").split(" (")[0]
    if isinstance(block, gr.Number | gr.Slider):
        if value is None and first is None:
            return None
        return number(name, value, block.minimum, block.maximum, block.precision == 0)
    if isinstance(block, gr.Checkbox):
        return value if isinstance(value, bool) else refuse(name, "true or false", value)
    if isinstance(block, gr.CheckboxGroup):
        listed = value if isinstance(value, list) else refuse(name, "a list of choices", value)
        return [choice(name, one, values(block)) for one in listed]
    if isinstance(block, gr.Dropdown) and (value is None or block.allow_custom_value):
        return text(name, value) or None
    if isinstance(block, gr.Radio | gr.Dropdown):
        return choice(name, value, values(block))
    if isinstance(block, gr.Textbox):
        return text(name, value)
    if isinstance(block, gr.Image | gr.File | gr.UploadButton):
        value = file(name, value)
    for path in paths(value):
        uploaded(path).close()
    return value


def number(name: str, value: Any, low: float | None, high: float | None, whole: bool) -> Any:
    """A number between two bounds, None where there is none; a whole one as an int."""
    bounds = "" if low is None or high is None else f" from {low} to {high}"
    wanted = f"a {'whole ' * whole}number{bounds}"
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    within = plain and (low is None or low <= value) and (high is None or value <= high)
    if within and isinstance(value, float):
        within = value.is_integer() if whole else math.isfinite(value)
    if not within:
        refuse(name, wanted, value)
    return int(value) if whole else value


def whole(value: Any, most: int, name: str = "seed") -> int:
    """A whole number from 0 that an event or a picture brings along."""
    return number(name, value, 0, most, whole=True)


def choice(name: str, value: Any, choices: Collection[Any]) -> Any:
    """The choice that equals the value sent. True equals no number; 4.0 equals 4."""
    for one in choices:
        if isinstance(value, bool) == isinstance(one, bool) and value == one:
            return one
    known = ", ".join(str(one) for one in list(choices)[:NAMED])
    return refuse(name, f"one of {known}{', …' * (len(choices) > NAMED)}", value)


def text(name: str, value: Any) -> str:
    """A short text of printable characters; None becomes an empty text."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        refuse(name, f"a text of at most {LONGEST} plain characters", value)
    return value


def said(event: gr.EventData, name: str, choices: Collection[Any] | None = None) -> Any:
    """An event's value under a name; it has to be one of the choices, if these are given."""
    data = event._data if isinstance(event._data, dict) else {}
    value = data.get(name)
    return value if choices is None else choice(name, value, choices)


def file(name: str, value: Any) -> dict[str, Any] | None:
    """A file's path in Gradio's form, without other values that were sent along; None stays."""
    if value is None:
        return None
    path = value.get("path") if isinstance(value, dict) else None
    if not isinstance(path, str):
        refuse(name, "a picture's file", value)
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def required_picture(picture: Image.Image | None) -> Image.Image:
    """The picture that a visitor chose. Raises ImageError where there is none."""
    if picture is None:
        raise ImageError("There is no picture yet: choose an example or open one.")
    return picture


def values(block: gr.Dropdown | gr.Radio | gr.CheckboxGroup) -> list[Any]:
    """The values of a component's choices, without their names."""
    return [value for _, value in block.choices]


def paths(value: Any) -> Iterator[str]:
    """Every file path in a value, however deeply nested."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if "path" in one:
                yield one["path"]
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def refuse(name: str, wanted: str, value: Any) -> Any:
    """Raises gr.Error: one sentence that says what the value has to be, and what it is."""
    got = "it is empty" if value in (None, "") else f"not {json.dumps(value)[:SHOWN]}"
    raise refusal(f"{name} has to be {wanted}: {got}.")
