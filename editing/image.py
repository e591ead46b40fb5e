"""PIL pictures and tensors: conversion, fitting to the model's size, pasting an edit back."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from cm_core.errors import ImageError
from editing.masks import hard_mask

MAX_PIXELS = 25_000_000


def open_picture(path: str | Path) -> Image.Image:
    """A picture file, upright; refused where it is no picture or too large to edit."""
    try:
        picture = Image.open(path)
        if picture.width * picture.height > MAX_PIXELS:
            raise ImageError(f"{path} is larger than {MAX_PIXELS // 10**6} million pixels.")
        picture.load()
    except FileNotFoundError:
        raise ImageError(f"There is no file {path}.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ImageError(f"{path} cannot be read as a picture: save it as PNG or JPEG.") from None
    return eight_bits(ImageOps.exif_transpose(picture))


def eight_bits(picture: Image.Image) -> Image.Image:
    """A picture as it is, or a grey one of 16 bits brought to 8, where Pillow would cut it off."""
    if not picture.mode.startswith("I"):
        return picture
    grey = np.asarray(picture, dtype=np.float32) / 257
    return Image.fromarray(grey.clip(0, 255).round().astype(np.uint8))


def is_transparent(picture: Image.Image) -> bool:
    """Whether a picture has, or may have, transparent parts."""
    return picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info


def is_see_through(picture: Image.Image) -> bool:
    """Whether any of a picture's pixels lets something through."""
    return is_transparent(picture) and picture.convert("RGBA").getextrema()[3][0] < 255


def on_white(picture: Image.Image) -> Image.Image:
    """RGB, transparent parts on white paper."""
    if is_transparent(picture):
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture).convert("RGB")
    return picture.convert("RGB")


def to_tensor(picture: Image.Image) -> Tensor:
    """(1, 3, H, W) in [-1, 1], transparent parts on white."""
    pixels = np.array(on_white(picture), dtype=np.float32)
    return torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)[None]


def to_hints(picture: Image.Image) -> Tensor:
    """(1, 4, H, W): colour in [-1, 1] and 1 where the picture is opaque."""
    rgba = np.array(picture.convert("RGBA"), dtype=np.float32)
    colour, opaque = rgba[..., :3] / 127.5 - 1, (rgba[..., 3:] > 127).astype(np.float32)
    return torch.from_numpy(np.concatenate([colour, opaque], 2)).permute(2, 0, 1)[None]


def to_pil(x: Tensor) -> Image.Image:
    """The first picture of (B, 3, H, W) in [-1, 1] as 8-bit RGB."""
    pixels = ((x[0].detach().float().cpu().clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def fit_box(picture_size: tuple[int, int], size: int) -> tuple[int, int, int, int]:
    """Where a picture lies in a size x size square that holds it whole: left, top, right, bottom.

    A side keeps at least one pixel.
    """
    width, height = picture_size
    scale = size / max(width, height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size - w) // 2, (size - h) // 2
    return left, top, left + w, top + h


def fit(picture: Image.Image, size: int) -> Image.Image:
    """A picture whole in a size x size square, on white."""
    left, top, right, bottom = fit_box(picture.size, size)
    square = Image.new("RGB", (size, size), "white")
    resized = on_white(picture).resize(
        (right - left, bottom - top),
        Image.Resampling.BOX if max(picture.size) >= size else Image.Resampling.BICUBIC,
    )
    square.paste(resized, (left, top))
    return square


def crop_like(edited: Image.Image, picture: Image.Image) -> Image.Image:
    """The edit of a fitted picture without the margins that made `picture` square."""
    return edited.crop(fit_box(picture.size, edited.width))


def inside(x: Tensor, picture: Image.Image) -> Tensor:
    """A fitted picture (1, 3, H, W) without the margins that made it square, of even sides."""
    left, top, right, bottom = fit_box(picture.size, x.shape[-1])
    w, h = right - left, bottom - top
    return x[..., top : top + h - h % 2, left : left + w - w % 2] if min(w, h) > 1 else x


def mask_file(picture: Image.Image) -> Image.Image:
    """A mask (L) of 0 and 255, by the rule of editing.masks."""
    return hard_mask(picture)


def fit_mask(mask: Image.Image, size: int) -> Image.Image:
    """A mask (light = repaint) in a size x size square; any touched pixel is wholly masked."""
    left, top, right, bottom = fit_box(mask.size, size)
    # In floats, so that one pixel among a thousand does not round away.
    shares = hard_mask(mask).convert("F").resize((right - left, bottom - top), Image.Resampling.BOX)
    square = Image.new("L", (size, size), 0)
    square.paste(Image.fromarray((np.array(shares) > 0).astype(np.uint8) * 255), (left, top))
    return square


def fit_hints(hints: Image.Image, size: int) -> Image.Image:
    """Colour hints (RGBA) in a size x size square, without blending colour into the unhinted."""
    left, top, right, bottom = fit_box(hints.size, size)
    square = Image.new("RGBA", (size, size))
    resized = hints.convert("RGBA").resize((right - left, bottom - top), Image.Resampling.NEAREST)
    square.paste(resized, (left, top))
    return square


def paste_back(picture: Image.Image, edited: Image.Image, mask: Image.Image) -> Image.Image:
    """The edit of a fitted picture at the picture's own size, inside the mask only.

    mask (L or RGBA) has the picture's shape at any size. Pixels outside keep their exact values.
    """
    box = fit_box(picture.size, edited.width)
    patch = edited.crop(box).resize(picture.size, Image.Resampling.BICUBIC)
    inside = hard_mask(mask).resize(picture.size, Image.Resampling.NEAREST)
    return Image.composite(patch, on_white(picture), inside)
