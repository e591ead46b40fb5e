"""Picture files as tensors: upright, on white, a centred square at the size that is trained on."""

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
READERS = min(16, os.cpu_count() or 1)  # Pillow decodes outside of Python's lock
MOST = 150_000_000  # pixels of a picture


def square(picture: Image.Image, size: int) -> Tensor:
    """A picture's centred square as uint8 (3, size, size), transparent parts on white.

    Halved by averaging 2 x 2 pixels while it is twice too large, which a bicubic step alone would
    alias; then bicubic. Raises ImageError.
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
    """A picture file as uint8 (3, size, size). Raises DataError that names a broken one."""
    try:
        return square(open_picture(file, most=MOST), size)
    except ImageError:
        raise DataError(f"{name} cannot be read as a picture: mend it or take it away.") from None


def together(function: Callable[..., Tensor], items: Iterable) -> Tensor:
    """function(item) of every item, stacked in order: a few at a time in threads."""
    with ThreadPoolExecutor(READERS) as pool:
        return torch.stack(list(pool.map(function, items)))
