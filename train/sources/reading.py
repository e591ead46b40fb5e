"""Picture files as tensors: upright, on white, a centred square at the size that is trained on."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from cm_core.errors import DataError
from editing.image import on_white

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
READERS = min(16, os.cpu_count() or 1)  # Pillow decodes outside of Python's lock
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def square(picture: Image.Image, size: int) -> Tensor:
    """A picture's centred square as uint8 (3, size, size), transparent parts on white.

    Halved by averaging 2 x 2 pixels while it is twice too large, which a bicubic step alone would
    alias; then bicubic.
    """
    if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8 instead of scaling
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    picture = on_white(ImageOps.exif_transpose(picture))
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    picture = picture.crop((left, top, left + side, top + side))
    while picture.width >= 2 * size:
        picture = picture.resize((picture.width // 2,) * 2, Image.Resampling.BOX)
    picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def read(path: Path, size: int) -> Tensor:
    """A picture file as uint8 (3, size, size). Raises DataError that names a broken one."""
    try:
        with Image.open(path) as picture:
            return square(picture, size)
    except BROKEN:
        raise DataError(f"{path} cannot be read as a picture: mend it or take it away.") from None


def together(function: Callable[..., Tensor], items: Iterable) -> Tensor:
    """function(item) of every item, stacked in order: a few at a time in threads."""
    with ThreadPoolExecutor(READERS) as pool:
        return torch.stack(list(pool.map(function, items)))
