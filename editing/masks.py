"""The one rule that says what a mask marks, whoever made it and however it was saved.

By what the mask holds, in this order:

1. Transparency counts where some of it is opaque and some is not (cut at half of its most), and
   the colours of what is opaque are not a mask themselves, black with one lighter colour. Then
   - several colours were a picture, erased where it should be repainted: the clear is marked;
   - one colour was painted on an empty layer: the opaque is marked, unless it fills three quarters
     of the border: such a layer was filled first, and erased where it is clear.
2. Else its colours count, transparent parts as black: light on dark. That is white on black, any
   one colour on black, or any two greys that differ clearly, in numbers to 1, to 255 or to 65535.
   What lies between them (feathered, antialiased, or rung by JPEG) is cut at the half.
3. Else it is refused, in a sentence that names its values.
"""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cm_core.errors import ImageError

MaskLike = Image.Image | np.ndarray | Tensor | Sequence
DARK, LIGHT = 0.25, 0.75  # of white: what a mask without two clear ends must reach
MID = 0.6  # of the pixels between dark and light: as many are of a picture, not of a mask
FLAT = 0.1  # of the range: as near to an end, a value is that end, rung or smoothed
FAINT = 0.2  # below this, many values are the noise of black
OFF = 0.3  # of the range: as far from its shade of the one colour, a pixel is of another
ENOUGH = 100_000  # pixels to judge colours by
STRAY = 0.05  # of what is light: the edges of a JPEG
TO_DRAW = "draw in white on black what to repaint"


def marked(mask: MaskLike) -> np.ndarray:
    """(H, W) bool: True where a mask says to repaint.

    mask: a picture of any mode, or an array or tensor of numbers (H, W), (H, W, 1, 3 or 4), with
    any leading axes of length 1. Raises ImageError.
    """
    values = plainest(pixels(mask) if isinstance(mask, Image.Image) else numbers(mask))
    return (cut if values.ndim == 2 else cut_picture)(values, white(values))


def to_mask(mask: MaskLike) -> Tensor:
    """(1, 1, H, W) of 0 and 1: 1 where a mask says to repaint. Raises ImageError."""
    return torch.from_numpy(marked(mask).astype(np.float32))[None, None]


def hard_mask(mask: MaskLike) -> Image.Image:
    """The same as a picture (L) of 0 and 255."""
    return Image.fromarray(marked(mask).astype(np.uint8) * 255)


def pixels(picture: Image.Image) -> np.ndarray:
    """A picture's own numbers (H, W), or its colours (H, W, 3), with alpha (H, W, 4)."""
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))
    plain = picture.mode in ("1", "L", "I", "F") or picture.mode.startswith("I;")
    return np.asarray(picture if plain else picture.convert("RGB"))


def numbers(mask: MaskLike) -> np.ndarray:
    """An array, tensor or nested list as (H, W), (H, W, 3) or (H, W, 4) of plain numbers."""
    try:
        values = np.asarray(mask.detach().cpu() if isinstance(mask, Tensor) else mask)
    except ValueError:  # rows of different lengths
        values = np.asarray(None)
    if values.dtype.kind not in "biuf":
        raise ImageError("A mask is a picture, or an array (H, W) of numbers.")
    shape = values.shape
    while values.ndim > 2 and len(values) == 1:  # the batch and channel of a tensor mask
        values = values[0]
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.size == 0 or (values.shape[2:] or (3,))[0] not in (3, 4) or values.ndim not in (2, 3):
        raise ImageError(f"A mask has the shape (H, W), not {shape}.")
    return values


def plainest(values: np.ndarray) -> np.ndarray:
    """Values without an alpha that is above half of its maximum everywhere; greys as (H, W)."""
    if (
        values.ndim == 3
        and values.shape[2] == 4
        and 2 * int(values[..., 3].min()) > values[..., 3].max()
    ):
        values = values[..., :3]
    if values.ndim == 3 and values.shape[2] == 3 and (values == values[..., :1]).all():
        values = values[..., 0]
    return values


def white(values: np.ndarray) -> int:
    """What white is among these numbers: the first of 1, 255 and 65535 that holds them all.

    A tenth beyond is the overshoot of a resampled mask.
    """
    low, high = float(values.min()), float(values.max())
    full = next((full for full in (1, 255, 65535) if high <= 1.1 * full), None)
    if full is None or not low >= -0.1 * full:  # also where some are not a number
        raise ImageError(f"A mask goes from 0 to 1 or to 255, this one holds {named(values)}.")
    return full


def cut(level: np.ndarray, full: int) -> np.ndarray:
    """Levels of any shape, white at `full`, as True where they are light. Raises ImageError."""
    if level.dtype == bool:
        level = level.astype(np.float32)
    low, high = float(level.min()), float(level.max())
    if low <= LIGHT * high and low < high and two_ends(level, low, high, full):
        return level > (low + high) / 2
    if high < FAINT * full:
        raise ImageError(f"The mask is empty, {named(level)}: mark what should be repainted.")
    ones = level.dtype.kind in "iu" and high == low == 1  # of bytes: white of 1 or black of 255
    if low > (1 - FLAT) * full and not ones:
        return np.ones(level.shape, bool)
    between = ((level > DARK * full) & (level < LIGHT * full)).mean()
    if low > DARK * full or high < LIGHT * full or between > MID:
        raise ImageError(f"The mask is {named(level)}, not light on dark: {TO_DRAW}.")
    return level > 0.5 * full


def two_ends(level: np.ndarray, low: float, high: float, full: int) -> bool:
    """Whether levels are of two values, but for smooth edges and ringing."""
    if high < FAINT * full:  # two labels, or the noise of black
        return bool(((level == low) | (level == high)).all())
    return at_ends(level, low, high) >= 1 - FLAT


def at_ends(level: np.ndarray, low: float, high: float) -> float:
    """The fraction of levels that lie within a tenth of the range of either end."""
    end = FLAT * (high - low)
    return float(((level <= low + end) | (level >= high - end)).mean())


def cut_picture(colours: np.ndarray, full: int) -> np.ndarray:
    """Colours (H, W, 3), or with alpha (H, W, 4), as (H, W) bool: one colour, or grey, on black.

    Raises ImageError.
    """
    rgb = colours[..., :3]
    if colours.shape[2] == 4:
        alpha = colours[..., 3]
        opaque = alpha > float(alpha.max()) / 2
        if opaque.any() and not opaque.all():
            inner = rgb[opaque]
            if not is_mask(inner):
                return opaque if is_painted(inner, full, opaque) else ~opaque
            rgb = rgb * opaque[..., None]
    level = rgb.max(-1)
    coloured, high = shaded(rgb, level), float(level.max())
    toned = coloured and at_ends(level, 0, high) < LIGHT  # a photo of one tint
    if coloured is None or toned or (coloured and level.min() > DARK * full):
        raise ImageError(f"The mask holds {named(colours)}: {TO_DRAW}.")
    return cut(level, full)


def shaded(rgb: np.ndarray, level: np.ndarray) -> bool | None:
    """Whether what is light has a colour, one (True) or none (False), or None where several.

    The one colour is the median of what is light. level: the largest of the three.
    """
    high = float(level.max())
    light = sampled(rgb[level > high / 2])
    if not len(light):
        return False
    colour = np.median(light, 0)
    colour /= colour.max()
    away = np.abs(light - light.max(-1, keepdims=True) * colour).max(-1) / high
    return None if (away > OFF).mean() > STRAY else bool(colour.min() < 1 - FLAT)


def is_mask(inner: np.ndarray) -> bool:
    """Whether colours (N, 3) are black and one lighter colour, but for smooth edges."""
    level = inner.max(-1)
    high = float(level.max())
    dark, light = (level <= FLAT * high).mean(), (level >= (1 - FLAT) * high).mean()
    return 0 < dark < 1 and light >= (1 - dark) / 2 and shaded(inner, level) is not None


def is_painted(inner: np.ndarray, full: int, opaque: np.ndarray) -> bool:
    """Whether colours (N, 3) are one, painted on an empty layer. opaque: (H, W) bool."""
    sample = sampled(inner)
    off = np.abs(sample - np.median(sample, 0)).max(-1)
    border = np.concatenate([opaque[0], opaque[-1], opaque[1:-1, 0], opaque[1:-1, -1]])
    return bool((off <= FLAT * full).mean() >= 1 - FLAT and border.mean() < LIGHT)


def sampled(colours: np.ndarray) -> np.ndarray:
    """Colours (N, C), evenly spaced where they are many, as floats."""
    return colours[:: 1 + len(colours) // ENOUGH].astype(np.float32)


def named(values: np.ndarray) -> str:
    """What a mask holds, in words: its few values or colours, or their range."""
    if values.ndim == 3:
        colours = np.unique(sampled(values.reshape(-1, values.shape[2])), axis=0)
        if len(colours) > 4:
            return "many colours"
        return listed([f"({', '.join(f'{value:g}' for value in colour)})" for colour in colours])
    few = np.unique(values)
    if len(few) > 4:
        return f"{len(few)} values from {few[0]:g} to {few[-1]:g}"
    return listed([f"{value:g}" for value in few.astype(float)])


def listed(words: list[str]) -> str:
    """Words with commas and a last "and"; a single one is everywhere."""
    return (
        " and ".join([", ".join(words[:-1]), words[-1]]) if words[1:] else f"{words[0]} everywhere"
    )
