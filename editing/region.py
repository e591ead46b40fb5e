"""Inpainting on pictures of any size: the square around the mask is edited, the rest never touched.

The model draws small squares. The region around a mask is fitted to its size, edited there by
`inpaint`, enlarged and joined to its surroundings inside the mask. Every pixel outside the mask
keeps its bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cm_core.errors import ImageError, SettingError
from cm_core.samplers import Model, Step
from editing.checks import check_between, model_side
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
from editing.seam import join
from editing.tasks import OnStep, stream_inpaint

# Surroundings on each side of the mask, in lengths of its longer side, and a region's least side in
# the model's: it draws whole things, and fills a hole better for seeing more than for seeing finer.
CONTEXT = 1.0
LEAST = 2


@dataclass(frozen=True, eq=False)
class Region:
    """A square of a picture, and what of it may change. It may reach over the picture's edges.

    picture: the upload; free (H, W) bool; left, top, side: the square.
    """

    picture: Image.Image
    free: np.ndarray
    left: int
    top: int
    side: int

    @cached_property
    def pixels(self) -> np.ndarray:
        """The upload as (H, W, 3 or 4) uint8."""
        return upload_pixels(self.picture)

    def square(self, array: np.ndarray) -> np.ndarray:
        """The square cut out of an array (H, W, ...), edge values repeated beyond its edges."""
        rows = np.arange(self.top, self.top + self.side).clip(0, array.shape[0] - 1)
        columns = np.arange(self.left, self.left + self.side).clip(0, array.shape[1] - 1)
        return array[rows][:, columns]

    @cached_property
    def crop(self) -> Image.Image:
        """The square on white, RGB."""
        return on_white(Image.fromarray(self.square(self.pixels)))

    @cached_property
    def hole(self) -> np.ndarray:
        """1 where the square may change, (side, side) float32; an edge that may change goes on."""
        return self.square(self.free).astype(np.float32)

    def fitted(self, size: int) -> tuple[Tensor, Tensor]:
        """(picture, mask) of the model's size; whatever the mask touches is wholly masked."""
        kind = Image.Resampling.BOX if self.side >= size else Image.Resampling.BICUBIC
        share = Image.fromarray(self.hole).resize((size, size), Image.Resampling.BOX)
        touched = torch.from_numpy((np.array(share) > 0).astype(np.float32))[None, None]
        return to_tensor(self.crop.resize((size, size), kind)), touched

    def paste(self, x0: Tensor) -> Image.Image:
        """The upload with an edit (1, 3, size, size) of its square, inside the mask only.

        As grey as the upload, and with what its file held.
        """
        left, top, right, bottom = bounds(self.free)
        hole = torch.from_numpy(self.hole)[None, None]
        edit = to_pil(join(x0[:1].detach().float().cpu(), to_tensor(self.crop), hole))
        scale = edit.width / self.side
        corners = left - self.left, top - self.top, right - self.left, bottom - self.top
        patch = edit.resize(
            (right - left, bottom - top),
            Image.Resampling.BICUBIC,
            box=tuple(min(c * scale, edit.width) for c in corners),
        )
        made = self.pixels.copy()
        window, inside = made[top:bottom, left:right], self.free[top:bottom, left:right]
        window[inside, :3] = np.array(patch)[inside]
        window[inside, 3:] = 255  # what was repainted is opaque
        return like(Image.fromarray(made), self.picture)


def bounds(free: np.ndarray) -> tuple[int, int, int, int]:
    """The box around what is True in (H, W): left, top, right, bottom."""
    columns, rows = (free.any(axis).nonzero()[0] for axis in (0, 1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@dataclass(frozen=True, eq=False)
class Painted:
    """A step of an edit inside a picture: the model's own Step, and the whole picture on demand."""

    step: Step
    region: Region

    @cached_property
    def picture(self) -> Image.Image:
        """The upload with this step's x0 pasted back; made when first asked for."""
        return self.region.paste(self.step.x0)


def find_region(
    picture: Image.Image, mask: MaskLike, size: int, context: float = CONTEXT
) -> Region:
    """The square to edit: the mask's bounding box with context around it.

    At least `LEAST` times `size` wide, at most as wide as the picture's longer side, and inside the
    picture as far as that goes. Raises ImageError, SettingError.
    """
    check_between(context, 0, 8, "context")
    free = free_pixels(mask, picture.size)
    box = bounds(free)
    length = max(box[2] - box[0], box[3] - box[1])
    side = min(max(round(length * (1 + 2 * context)), LEAST * size), max(picture.size))
    left, top = (
        int(np.clip((low + high - side) // 2, *sorted((0, whole - side))))
        for low, high, whole in zip(box[:2], box[2:], picture.size, strict=True)
    )
    return Region(eight_bits(picture), free, left, top, side)


def upload_pixels(picture: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8, or (H, W, 4) where the picture has transparency; grey as equal channels."""
    return np.array(picture.convert("RGBA" if is_transparent(picture) else "RGB"))


def free_pixels(mask: MaskLike, picture_size: tuple[int, int]) -> np.ndarray:
    """The mask as (H, W) bool at the picture's size: True = repaint.

    mask: a picture or an array, read by editing.masks. It has the picture's shape at any scale;
    none of its pixels is lost.
    """
    hard = hard_mask(mask)
    (width, height), (w, h) = picture_size, hard.size
    if abs(w * height - h * width) > max(width, height, w, h):  # a side may be rounded twice
        raise ImageError(
            f"The mask is {w}x{h}, the picture {width}x{height}: draw it over the picture."
        )
    if hard.size != picture_size:
        # In floats, so that one pixel among thousands does not round away. Enlarged, a pixel's
        # nearest sample keeps a quarter of it at least.
        smaller = w > width or h > height
        kind = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
        share = np.array(hard.convert("F").resize(picture_size, kind))
        free = share > (0 if smaller else 0.24 * 255)
    else:
        free = np.array(hard) > 0
    return free


def stream_inpaint_region(
    model: Model,
    picture: Image.Image,
    mask: MaskLike,
    steps: int = 8,
    seed: int = 0,
    *,
    context: float = CONTEXT,
    size: int | None = None,
    **options,
) -> Iterator[Painted]:
    """Repaint the masked part of a picture of any size, a Painted a step.

    The picture comes back at its own size, RGBA where it has transparency, else RGB. options as of
    `stream_inpaint`; size is needed for a callable that does not know its own.
    Raises ImageError, SettingError.
    """
    side = model_side(model, size)
    region = find_region(picture, mask, side, context)
    device = getattr(model, "device", "cpu")
    image, hole = (x.to(device) for x in region.fitted(side))
    taken = stream_inpaint(model, image, hole, steps, seed, **options)
    return (Painted(step, region) for step in taken)


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
    pixels = upload_pixels(picture)
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


def stream_outpaint(
    model: Model,
    picture: Image.Image,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    steps: int = 8,
    seed: int = 0,
    **options,
) -> Iterator[Painted]:
    """Extend a picture by pixels on each side and paint them, a Painted a step.

    options as of `stream_inpaint_region`.
    """
    canvas, free = extend(picture, left, top, right, bottom)
    return stream_inpaint_region(model, canvas, free, steps, seed, **options)


def _last(taken: Iterator[Painted], on_step: OnStep) -> Image.Image:
    for painted in taken:
        if on_step is not None:
            on_step(painted.step)
    return painted.picture


def inpaint_region(
    model, picture, mask, steps=8, seed=0, *, on_step: OnStep = None, **options
) -> Image.Image:
    """The last picture of `stream_inpaint_region`; on_step gets the model's own Steps."""
    return _last(stream_inpaint_region(model, picture, mask, steps, seed, **options), on_step)


def outpaint(
    model,
    picture,
    left=0,
    top=0,
    right=0,
    bottom=0,
    steps=8,
    seed=0,
    *,
    on_step: OnStep = None,
    **options,
) -> Image.Image:
    """The last picture of `stream_outpaint`."""
    margins = (left, top, right, bottom)
    return _last(stream_outpaint(model, picture, *margins, steps, seed, **options), on_step)
