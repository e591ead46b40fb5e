"""The beginning of tabs that work on a finished picture: a canvas over it, and its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from ui.components.canvas.canvas import LiveCanvas
from ui.components.kept import Source
from ui.components.tab_router import TabRouter
from ui.components.thumbs.image_picker import picture_source
from ui.service.examples import PHOTOS, RENDERS, example


def as_it_is(picture: Image.Image) -> Image.Image:
    """The picture."""
    return picture


def canvas_over_picture(
    router: TabRouter,
    tab: str,
    first: str,
    view: Callable[[Image.Image], Image.Image] = as_it_is,
    names: Sequence[str] = (*RENDERS, *PHOTOS),
    **canvas: Any,
) -> tuple[LiveCanvas, Source]:
    """(canvas over the tab's picture, source of its pictures); a new picture clears the canvas.

    view: what the canvas shows of a picture. names: of the examples, the first one among them.
    """
    over = LiveCanvas(view(example(first)), elem_classes="first", **canvas)
    picture = picture_source(router, tab, names, first)
    picture.change(view, picture, over, show_progress="hidden", api_visibility="private")
    return over, picture
