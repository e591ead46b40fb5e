"""Colour between a picture and the smaller one that a model draws of it.

The drawn chroma goes up to the picture's size, hints go down to what is drawn.
"""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from editing.checks import check_shape
from editing.image import to_pil, to_tensor
from editing.operators import grey_picture, tint

ROWS = 2**18  # pixels that are recoloured at a time: floats of large pictures fill the memory
AROUND = 2  # pixels on each side over which the slope of chroma on luma is fitted
FLAT = 0.05**2  # variance of luma in [-1, 1] below which the slope goes to zero


def recoloured(picture: Image.Image, drawn: Tensor) -> Image.Image:
    """A picture's own luma, to half a level, with the chroma of a smaller one (1, 3, h, w).

    Chroma is enlarged along the picture's edges: the slope of chroma on luma in the small picture
    carries it along the luma that only the large one has (guided filter, He et al. 2013).
    """
    drawn = drawn[:1].detach().float().cpu()
    small = grey_picture(drawn)[:, :1]
    chroma = drawn - small
    planes = torch.cat([small, chroma, slope(small, chroma)], 1)[0].numpy()
    made = Image.new("RGB", picture.size)
    for top, bottom in strips(*picture.size):
        strip = picture.crop((0, top, picture.width, bottom))
        luma = grey_picture(to_tensor(strip))
        seen, colour, along = enlarged(planes, picture.size, top, bottom).split((1, 3, 3), 1)
        colour = colour + along * (luma[:, :1] - seen)
        made.paste(to_pil(tint(luma, luma + colour, torch.ones_like(seen))), (0, top))
    return made


def slope(luma: Tensor, chroma: Tensor) -> Tensor:
    """The slope of chroma (B, C, h, w) on luma (B, 1, h, w) around each pixel, (B, C, h, w)."""

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2 * AROUND + 1, 1, AROUND, count_include_pad=False)

    variance = mean(luma**2) - mean(luma) ** 2
    return mean((mean(luma * chroma) - mean(luma) * mean(chroma)) / (variance + FLAT))


def strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    """(top, bottom) of the strips in which a picture is processed."""
    rows = max(1, ROWS // width)
    return ((top, min(top + rows, height)) for top in range(0, height, rows))


def enlarged(planes: np.ndarray, size: tuple[int, int], top: int, bottom: int) -> Tensor:
    """Rows of planes (C, h, w) as if resized to (width, height): (1, C, bottom - top, width)."""
    (_, h, w), (width, height) = planes.shape, size
    box = (0, top * h / height, w, min(bottom * h / height, h))
    made = [
        np.asarray(
            Image.fromarray(plane).resize((width, bottom - top), Image.Resampling.BICUBIC, box)
        )
        for plane in planes
    ]
    return torch.from_numpy(np.stack(made))[None]


def draw_hints(hints: Image.Image, picture_size: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Colour hints over a picture, brought to a size: (1, 4, h, w). No dab is lost.

    A pixel has the mean colour of what is opaque in it. Raises ImageError.
    """
    check_shape(hints.size, picture_size, "layer of hints")
    rgba = np.array(hints.convert("RGBA"), np.float32)
    opaque = (rgba[..., 3] > 127).astype(np.float32)
    planes = [*(rgba[..., :3] * opaque[..., None]).transpose(2, 0, 1), opaque]
    *colour, opacity = (
        np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX)) for plane in planes
    )
    touched = opacity > 0
    made = [np.where(touched, c / np.where(touched, opacity, 1) / 127.5 - 1, -1) for c in colour]
    return torch.from_numpy(np.stack([*made, touched])).float()[None]
