"""Picture files as tensors: upright, on white, their central square, at the size of a run."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from cm_core.errors import DataError, ImageError
from editing.files import open_picture
from editing.image import eight_bits, on_white

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".gif")
THREADS = min(16, os.cpu_count() or 1)  # Pillow releases Python's lock while it decodes
MAX_PIXELS = 150_000_000  # pixels of a picture


def centre_square(picture: Image.Image, size: int) -> Tensor:
    """The central square of a picture, uint8 (3, size, size); transparent parts become white.

    A square of 2 size or more is halved by averages of 2 x 2 pixels, as bicubic interpolation alone
    would alias. The rest is bicubic. Raises ImageError.
    """
    picture = on_white(ImageOps.exif_transpose(eight_bits(picture)))
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    picture = picture.crop((left, top, left + side, top + side))
    while picture.width >= 2 * size:
        half = picture.width // 2
        picture = picture.resize((half, half), Image.Resampling.BOX)
    picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def read(file: Path | BinaryIO, size: int, name: str) -> Tensor:
    """The central square of a picture file, uint8 (3, size, size).

    name: of the file, for the DataError that is raised where it cannot be read.
    """
    try:
        return centre_square(open_picture(file, most=MAX_PIXELS), size)
    except ImageError:
        raise DataError(f"{name} cannot be read as a picture: mend it or take it away.") from None


def in_threads(function: Callable[..., Tensor], items: Iterable) -> Tensor:
    """function(item) of each item, stacked in the items' order; `THREADS` of them at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        return torch.stack(list(pool.map(function, items)))
