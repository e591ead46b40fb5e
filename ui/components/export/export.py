"""Pictures that leave the page: PNG at several sizes, SVG or layers, by reference or as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from cm_core.errors import ImageError
from editing.output import enlarge_picture, save
from ui.components.export.openraster import openraster
from ui.service.pictures import from_data_url, open_picture, refusal
from ui.web import disk

FILE_URL = "gradio_api/file="  # relative, so that it works behind a proxy too
SVG_SCALE = 8  # times the picture's size, where an SVG is first shown
FORMATS = {"png1": 1, "png4": 4, "png8": 8, "svg": SVG_SCALE}  # enlarged by this factor

SIDES = {"png256": 256, "png512": 512, "png1024": 1024}  # pixels of the longer side
LAYERED = "ora"
Enlarge = Callable[[Image.Image, int], Image.Image]  # (picture, 2 or 4) -> as many times as large


def folder() -> Path:
    """A new folder whose files the server sends and later sweeps. Raises gr.Error without room."""
    cache = Path(get_upload_folder())
    cache.mkdir(parents=True, exist_ok=True)
    if not disk.sweep(cache):
        raise refusal(disk.FULL)
    return Path(tempfile.mkdtemp(dir=cache))


def stored(picture: Image.Image) -> str:
    """Write a PNG of a picture too large for the browser to send back; returns its address."""
    path = folder() / "onestroke.png"
    save(picture, path)
    return FILE_URL + quote(str(path))


def reference(url: str | None) -> Image.Image:
    """The picture behind a data URL or behind an address that `stored` gave."""
    if not (isinstance(url, str) and FILE_URL in url):
        return from_data_url(url)
    path = unquote(url.partition(FILE_URL)[2])
    return open_picture(path)


def sized(picture: Image.Image, side: int, enlarge: Enlarge = enlarge_picture) -> Image.Image:
    """The picture with a longer side of `side` pixels: enlarged if it is smaller, then reduced."""
    while (longer := max(picture.size)) < side:
        picture = enlarge(picture, 2 if 2 * longer >= side else 4)
    if longer == side:
        return picture
    size = [max(1, round(length * side / longer)) for length in picture.size]
    reduced = picture.resize(size, Image.Resampling.LANCZOS)
    reduced.info.pop("deep", None)  # the 16-bit greys at the old size
    return reduced


def written(picture: Image.Image, kind: str, enlarge: Enlarge = enlarge_picture) -> str:
    """Write a picture in one of FORMATS or SIDES; the path. Raises ImageError, SettingError."""
    if kind not in FORMATS | SIDES:
        raise ImageError(f"There is no format '{kind}': choose {', '.join(FORMATS | SIDES)}.")
    if kind in SIDES:
        path = folder() / f"onestroke-{SIDES[kind]}.png"
        save(sized(picture, SIDES[kind], enlarge), path)
        return str(path)
    plain = {"svg": "onestroke.svg", "png1": "onestroke.png"}
    path = folder() / plain.get(kind, f"onestroke-{FORMATS[kind]}x.png")
    save(picture, path, FORMATS[kind])
    return str(path)


def written_in_layers(
    picture: Image.Image,
    sketch: Image.Image,
    paint: Image.Image,
    paper: Image.Image,
    enlarge: Enlarge,
) -> str:
    """Write a picture and the layers it was made from, all at the layers' size; the path."""
    large = sized(picture, max(paint.size), enlarge).resize(paint.size)
    layers = [("Picture", large), ("Sketch", sketch), ("Paint", paint), ("Paper", paper)]
    path = folder() / "onestroke.ora"
    path.write_bytes(openraster([(name, one.resize(paint.size)) for name, one in layers]))
    return str(path)


class Saved(gr.HTML):
    """Shows nothing: a file that becomes its value is saved by the browser."""

    def __init__(self, **kwargs: Any):
        js = (Path(__file__).parent / "save.js").read_text()
        super().__init__(html_template="", apply_default_css=False, js_on_load=js, **kwargs)

    def postprocess(self, value: str | None) -> dict[str, str] | None:
        return value and {"url": FILE_URL + quote(value), "name": Path(value).name}
