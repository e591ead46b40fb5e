"""The part of a picture that an edit sees and changes: cut out, fitted to a model, pasted back.

Every pixel outside the mask keeps its bits.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cm_core.errors import SettingError
from editing.checks import check_between, check_shape
from editing.image import (
    MAX_PIXELS,
    eight_bits,
    is_transparent,
    like,
    on_white,
    to_pil,
    to_tensor,
    white_of,
)
from editing.masks import MaskLike, hard_mask
from editing.seam import join, work_size

# Surroundings seen on each side of the mask, in lengths of its longer side; and a region's least
# side, in sides of what the model draws. Seeing more helps a model more than seeing finer.
CONTEXT = 1.0
LEAST = 2


@dataclass(frozen=True, eq=False)
class Region:
    """A part of a picture, and what of it may change.

    picture: all of it; free (H, W) bool; box (left, top, right, bottom) inside the picture.
    """

    picture: Image.Image
    free: np.ndarray
    box: tuple[int, int, int, int]

    @cached_property
    def plain(self) -> Image.Image:
        """The picture as RGB, or as RGBA where it has transparency."""
        return self.picture.convert("RGBA" if is_transparent(self.picture) else "RGB")

    @cached_property
    def crop(self) -> Image.Image:
        """The part on white, RGB."""
        return on_white(self.plain.crop(self.box))

    @cached_property
    def hole(self) -> np.ndarray:
        """1 where the part may change, (h, w) float32."""
        left, top, right, bottom = self.box
        return self.free[top:bottom, left:right].astype(np.float32)

    def seen(self, size: tuple[int, int], hidden: bool = True) -> tuple[Tensor, Tensor]:
        """(picture (1, 3, h, w), fraction of each pixel that is masked (1, 1, h, w)) at a size.

        hidden: nothing of what lies in the mask is seen in its surroundings.
        """
        smaller = size[0] <= self.crop.width and size[1] <= self.crop.height
        kind = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
        crop = self.crop.copy()
        if hidden:  # what is transparent weighs nothing in what is resized
            crop.putalpha(Image.fromarray((255 * (1 - self.hole)).astype(np.uint8)))
        masked = Image.fromarray(self.hole).resize(size, Image.Resampling.BOX)
        picture = to_tensor(crop.resize(size, kind).convert("RGB"))
        return picture, torch.from_numpy(np.array(masked))[None, None]

    def fitted(self, size: tuple[int, int], hidden: bool = True) -> tuple[Tensor, Tensor]:
        """(picture, mask) as they are drawn at a size, (1, 3 and 1, h, w).

        Whatever the mask touches is wholly masked.
        """
        picture, masked = self.seen(size, hidden)
        return picture, (masked > 0).float()

    def paste(self, x0: Tensor, size: tuple[int, int], joined: bool = True) -> Image.Image:
        """The picture with an edit (1, 3, h, w) of the part, inside the mask only.

        size: at which the part was drawn. joined: what is inside is made to continue what is
        outside; else the edit is put there as it is.
        """
        x0 = x0[:1].detach().float().cpu()
        if joined and not self.hole.all():
            picture, masked = self.seen(work_size(*self.crop.size))
            x0 = join(x0, picture, 1 - masked, size)
        edit = to_pil(x0)
        left, top, right, bottom = bounds(self.hole)
        across, down = edit.width / self.crop.width, edit.height / self.crop.height
        low = left * across, top * down
        high = min(right * across, edit.width), min(bottom * down, edit.height)
        patch_size = right - left, bottom - top
        patch = edit.resize(patch_size, Image.Resampling.BICUBIC, box=(*low, *high))
        where = Image.fromarray((255 * self.hole[top:bottom, left:right]).astype(np.uint8))
        made = self.plain.copy()
        # What was repainted is opaque.
        made.paste(patch.convert(made.mode), (self.box[0] + left, self.box[1] + top), where)
        return made


def bounds(free: np.ndarray) -> tuple[int, int, int, int]:
    """The box around what is not 0 in (H, W): left, top, right, bottom."""
    columns, rows = (np.flatnonzero(free.any(axis)) for axis in (0, 1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def whole_picture(picture: Image.Image) -> Region:
    """All of a picture, and all of it may change."""
    return Region(picture, np.ones(picture.size[::-1], bool), (0, 0, *picture.size))


def find_region(
    picture: Image.Image, mask: MaskLike, size: int, context: float = CONTEXT
) -> Region:
    """The part of a picture to edit: a square around the mask and its context, cut at the edges.

    The square is at least `LEAST` times `size` wide, at most as wide as the picture's longer side.
    Raises ImageError, SettingError.
    """
    check_between(context, 0, 8, "context")
    free = free_pixels(mask, picture.size)
    box = bounds(free)
    length = max(box[2] - box[0], box[3] - box[1])
    side = min(max(round(length * (1 + 2 * context)), LEAST * size), max(picture.size))
    spans = [
        span((low + high - side) // 2, side, whole)
        for low, high, whole in zip(box[:2], box[2:], picture.size, strict=True)
    ]
    (left, right), (top, bottom) = spans
    return Region(eight_bits(picture), free, (left, top, right, bottom))


def span(first: int, length: int, whole: int) -> tuple[int, int]:
    """A stretch of a length, moved into [0, whole), or all of that."""
    length = min(length, whole)
    first = min(max(first, 0), whole - length)
    return first, first + length


def pixels_of(picture: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8, or (H, W, 4) where the picture has transparency; grey as equal channels."""
    return np.array(picture.convert("RGBA" if is_transparent(picture) else "RGB"))


def free_pixels(mask: MaskLike, picture_size: tuple[int, int]) -> np.ndarray:
    """The mask as (H, W) bool at the picture's size: True = repaint.

    mask: a picture or an array, read by editing.masks. It has the picture's shape at any scale;
    none of its pixels is lost.
    """
    hard = hard_mask(mask)
    check_shape(hard.size, picture_size, "mask")
    if hard.size != picture_size:
        # In floats, so that one pixel among thousands does not round away. Enlarged, a pixel's
        # nearest sample keeps a quarter of it at least.
        smaller = hard.width > picture_size[0] or hard.height > picture_size[1]
        kind = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
        level = np.array(hard.convert("F").resize(picture_size, kind))
        free = level > (0 if smaller else 0.24 * 255)
    else:
        free = np.array(hard) > 0
    return free


def extend(
    picture: Image.Image, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0
) -> tuple[Image.Image, np.ndarray]:
    """(canvas, free (H, W) bool): a larger canvas around a picture, and its new border.

    Raises SettingError where nothing, or less than nothing, is added, or too much.
    """
    margins = (left, top, right, bottom)
    if min(margins) < 0 or max(margins) == 0:
        raise SettingError("No side grows: choose the left, top, right or bottom one.")
    width, height = picture.width + left + right, picture.height + top + bottom
    if width * height > MAX_PIXELS:
        raise SettingError(f"A canvas has at most {MAX_PIXELS // 10**6} million pixels: add less.")
    picture = eight_bits(picture)
    pixels = pixels_of(picture)
    canvas = np.full((height, width, pixels.shape[2]), 255, np.uint8)
    free = np.ones((height, width), bool)
    inner = slice(top, top + picture.height), slice(left, left + picture.width)
    canvas[inner], free[inner] = pixels, False
    larger = like(Image.fromarray(canvas), picture)
    if (deep := picture.info.get("deep")) is not None:
        ground = np.full((height, width), white_of(deep), deep.dtype)
        ground[inner] = deep
        larger.info["deep"] = ground
    return larger, free
