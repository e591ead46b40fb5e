"""Pictures that leave the page: as PNG at several sizes or as SVG, by reference or as a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from cm_core.errors import ImageError
from editing.output import save
from ui.service.pictures import from_data_url, open_picture

FILE_URL = "gradio_api/file="  # relative, so that it works behind a proxy too
SVG_SCALE = 8  # of the size it is first shown at
FORMATS = {"png1": 1, "png4": 4, "png8": 8, "svg": SVG_SCALE}  # how many times as large


def folder() -> Path:
    """A new folder that the server sends files from, and sweeps."""
    cache = Path(get_upload_folder())
    cache.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=cache))


def stored(picture: Image.Image) -> str:
    """Keep a picture too large to come back from the browser as a PNG file; its address."""
    path = folder() / "onestroke.png"
    save(picture, path)
    return FILE_URL + quote(str(path))


def reference(url: str | None) -> Image.Image:
    """The picture behind a data URL or behind an address that `stored` gave."""
    if not (isinstance(url, str) and FILE_URL in url):
        return from_data_url(url)
    path = unquote(url.partition(FILE_URL)[2])
    return open_picture(path)


def written(picture: Image.Image, kind: str) -> str:
    """Write a picture in one of FORMATS; the file's path. Raises ImageError, SettingError."""
    if kind not in FORMATS:
        raise ImageError(f"There is no format '{kind}': choose {', '.join(FORMATS)}.")
    plain = {"svg": "onestroke.svg", "png1": "onestroke.png"}
    path = folder() / plain.get(kind, f"onestroke-{FORMATS[kind]}x.png")
    save(picture, path, FORMATS[kind])
    return str(path)


class Saved(gr.HTML):
    """Shows nothing: a file that becomes its value is saved by the browser."""

    def __init__(self, **kwargs: Any):
        js = (Path(__file__).parent / "save.js").read_text()
        super().__init__(html_template="", apply_default_css=False, js_on_load=js, **kwargs)

    def postprocess(self, value: str | None) -> dict[str, str] | None:
        return value and {"url": FILE_URL + quote(value), "name": Path(value).name}
