"""Pictures between the browser and PIL: safe opening, data URLs, strips of small pictures."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from cm_core.errors import ImageError
from editing import files
from editing.image import deepened, is_deep
from editing.metadata import options, profile

MAX_UPLOAD_BYTES = 20_000_000
TOO_LARGE = (
    f"At most {MAX_UPLOAD_BYTES // 1_000_000} MB can be sent at once: make the picture smaller."
)
MAX_FRAME_BYTES = 1_000_000
MAX_FRAME_SIDE = 2048
FORMATS = ("PNG", "JPEG", "WEBP")  # of drawings
UPLOADS = (*FORMATS, "MPO", "AVIF", "HEIF", "GIF", "BMP")  # phones send JPEG as MPO
NOT_HERE = "This picture is not one of the page's own, or is gone by now: open it from its file."
Reader = Callable[[BinaryIO, tuple[str, ...]], Image.Image]
DATA_URL = re.compile(r"data:image/(?:png|jpeg|webp);base64,([A-Za-z0-9+/=]+)")


def open_picture(file: str | Path, read: Reader = files.open_picture) -> Image.Image:
    """A picture in the upload folder, upright, or a mask. Raises gr.Error, ImageError."""
    with uploaded(file) as content:
        return read(content, UPLOADS)


def uploaded(file: str | Path) -> BinaryIO:
    """A file in the upload folder, opened; every other path is refused in the same words."""
    try:  # here, because Gradio checks only the paths in payloads marked as its own
        path = Path(os.path.realpath(file))
        if path.is_relative_to(os.path.realpath(get_upload_folder())) and path.is_file():
            content = open(path, "rb", opener=without_detour)  # noqa: SIM115  the caller closes it
            if stat.S_ISREG(os.fstat(content.fileno()).st_mode):
                return content
            content.close()
    except (OSError, TypeError, ValueError):  # gone or unreadable; what no file is named
        pass
    raise refusal(NOT_HERE)


def without_detour(path: str, flags: int) -> int:
    """Open a checked path, without following a link or blocking on a pipe put there since."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def refusal(sentence: str) -> gr.Error:
    """An error with one sentence for the visitor; the server's log does not show it."""
    return gr.Error(sentence, print_exception=False)


class PictureFile(gr.Image):
    """An image input that opens its file by `open_picture`. read: how, e.g. as a mask."""

    def __init__(self, read: Reader = files.open_picture, **kwargs: Any):
        super().__init__(type="pil", format="png", **kwargs)
        self.read = read

    def preprocess(self, payload: Any) -> Image.Image | None:
        return None if payload is None else open_picture(payload.path, self.read)

    def get_block_name(self) -> str:
        return "image"

    def get_config(self, cls: type | None = None) -> dict[str, Any]:
        return super().get_config(gr.Image)  # whose signature says what belongs in it


def data_url(picture: Image.Image, lossless: bool = True) -> str:
    """The picture as a data URL: PNG with all its metadata, or a smaller WebP to look at."""
    file = io.BytesIO()
    if lossless:
        made = deepened(picture) if is_deep(picture) else picture
        made.save(file, "PNG", compress_level=3, **options(made, "PNG"))
    else:
        picture.save(file, "WEBP", quality=92, method=2, icc_profile=profile(picture))
    kind = "png" if lossless else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def from_data_url(url: str) -> Image.Image:
    """The picture in a data URL that a browser sent. Raises gr.Error for anything else."""
    refused = "The drawing must arrive as a PNG, JPEG or WebP data URL"
    match = DATA_URL.fullmatch(url) if isinstance(url, str) and len(url) < 2_000_000 else None
    if match is None or len(match[1]) * 3 // 4 > MAX_FRAME_BYTES:
        raise refusal(f"{refused} below 1 MB.")
    try:
        content = io.BytesIO(base64.b64decode(match[1], validate=True))
        picture = files.open_picture(content, FORMATS)
    except (ImageError, ValueError):
        raise refusal(f"{refused}; this one is damaged.") from None
    if max(picture.size) <= MAX_FRAME_SIDE:
        return picture
    raise refusal(f"The drawing may be at most {MAX_FRAME_SIDE} x {MAX_FRAME_SIDE} pixels.")


def strip(
    pictures: Iterable[tuple[Image.Image, str] | tuple[Image.Image, Image.Image, str]],
) -> str:
    """A row of small pictures with captions, as HTML, which wraps where it is too long.

    Two pictures with one caption stand one below the other.
    """
    figures = []
    for *shown, caption in pictures:
        told = html.escape(caption, quote=True)
        images = "".join(f'<img src="{data_url(picture)}" alt="{told}">' for picture in shown)
        figures.append(f"<figure>{images}<figcaption>{told}</figcaption></figure>")
    return f'<div class="strip" style="--count: {len(figures)}">{"".join(figures)}</div>'


def warn_of_bits(picture: Image.Image) -> None:
    """Say where a file had more bits of colour than are kept."""
    if bits := picture.info.get("bits"):
        gr.Warning(f"The picture has {bits} bits a channel: 8 of them are kept.")
