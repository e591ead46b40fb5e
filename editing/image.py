"""PIL pictures and tensors: conversion, fitting to the model's size, pasting an edit back."""

import numpy as np
import torch
from PIL import Image, ImageChops
from torch import Tensor

from cm_core.errors import ImageError

MAX_PIXELS = 25_000_000
SHADES = 32  # of grey in a photo, at least


def eight_bits(picture: Image.Image) -> Image.Image:
    """A picture as it is, or a grey one of more bits or of decimals brought to 8.

    Its own numbers (H, W) stay with it as `info["deep"]`. Raises ImageError.
    """
    if picture.mode != "F" and not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture)
    made = Image.fromarray(in_bytes(values))
    made.info = {**picture.info, "deep": values.astype(values.dtype.newbyteorder("="))}
    return made


def in_bytes(values: np.ndarray) -> np.ndarray:
    """Greys of any range as uint8. Raises ImageError."""
    return (values * (255 / white_of(values))).round().clip(0, 255).astype(np.uint8)


def white_of(values: np.ndarray) -> int:
    """The value of white: 65535 for 16 bits, else the first of 1, 255 and 65535 that holds all."""
    if values.dtype.itemsize == 2:
        return 65535
    low, high = float(values.min()), float(values.max())
    full = next((full for full in (1, 255, 65535) if high <= full), None)
    if full is None or not low >= 0:  # also where some are not a number
        told = f"not from {low:g} to {high:g}"
        raise ImageError(f"Greys go from 0 to 1, to 255 or to 65535, {told}.")
    return full


def is_deep(picture: Image.Image) -> bool:
    """Whether a grey picture comes, at its size, from one of more bits than 8."""
    deep = picture.info.get("deep")
    return deep is not None and picture.mode == "L" and deep.shape == picture.size[::-1]


def deepened(picture: Image.Image) -> Image.Image:
    """A grey picture that is_deep with the numbers of its file where it is unchanged."""
    deep = picture.info["deep"]
    now, full = np.asarray(picture), white_of(deep)
    edited = now * (full / 255)
    if deep.dtype.kind != "f":
        edited = edited.round()
    made = Image.fromarray(np.where(now == in_bytes(deep), deep, edited).astype(deep.dtype))
    made.info = dict(picture.info)
    return made


def is_transparent(picture: Image.Image) -> bool:
    """Whether a picture has, or may have, transparent parts."""
    return picture.has_transparency_data


def is_see_through(picture: Image.Image) -> bool:
    """Whether any pixel of a picture is less than opaque."""
    return is_transparent(picture) and bool(
        np.asarray(picture.convert("RGBA").getchannel("A")).min() < 255
    )


def on_white(picture: Image.Image) -> Image.Image:
    """RGB, transparent parts on white paper."""
    if is_transparent(picture):
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return informed(Image.alpha_composite(paper, picture).convert("RGB"), picture)
    return picture.convert("RGB")


def informed(made: Image.Image, picture: Image.Image) -> Image.Image:
    """The first picture with the info of the second; see editing.metadata."""
    made.info = {name: value for name, value in picture.info.items() if name != "transparency"}
    return made


def with_alpha(made: Image.Image, picture: Image.Image) -> Image.Image:
    """An edit (RGB or L, any size) of a picture on white, as transparent as the picture.

    White is taken out of the colours of translucent pixels: on white the result is the edit again.
    """
    if not is_see_through(picture):
        return made
    alpha = picture.convert("RGBA").getchannel("A").resize(made.size, Image.Resampling.BICUBIC)
    opacity = np.maximum(np.asarray(alpha, np.float32)[..., None] / 255, 1 / 255)
    colours = 255 - (255 - np.asarray(made.convert("RGB"), np.float32)) / opacity
    clear = Image.fromarray(colours.round().clip(0, 255).astype(np.uint8)).convert(made.mode)
    clear.putalpha(alpha)
    return informed(clear, made)


def grey_mode(picture: Image.Image) -> bool:
    """Whether a picture's mode has no colours."""
    return picture.mode in ("1", "L", "LA", "La", "F") or picture.mode.startswith("I")


def is_grey(picture: Image.Image) -> bool:
    """Whether a picture is grey: by its mode, or by its pixels where they have many shades.

    A blank page has few shades, and may be meant for colour.
    """
    if grey_mode(picture):
        return True
    red, green, blue = picture.convert("RGB").split()
    coloured = any(ImageChops.difference(red, other).getbbox() for other in (green, blue))
    return not coloured and sum(count > 0 for count in red.histogram()) >= SHADES


def like(made: Image.Image, picture: Image.Image) -> Image.Image:
    """An edit (RGB or RGBA) with the picture's info, and grey where the picture is."""
    if is_grey(picture):
        grey = made.convert("LA" if made.mode == "RGBA" else "L")
        made = grey if grey_mode(picture) else grey.convert(made.mode)
    return informed(made, picture)


def like_whole(edited: Image.Image, picture: Image.Image) -> Image.Image:
    """The edit of a whole picture, as grey and as transparent as it is."""
    return like(with_alpha(edited, picture), picture)


def to_tensor(picture: Image.Image) -> Tensor:
    """(1, 3, H, W) in [-1, 1], transparent parts on white."""
    pixels = np.array(on_white(picture), dtype=np.float32)
    return torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)[None]


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


def crop_like(edited: Image.Image, picture: Image.Image, size: int | None = None) -> Image.Image:
    """The edit of a fitted picture without the margins that made `picture` square.

    size: the side that it was fitted to, where its edit is as large a whole number of times. Its
    info is the picture's.
    """
    size = size or edited.width
    box = [edge * edited.width // size for edge in fit_box(picture.size, size)]
    return informed(edited.crop((box[0], box[1], box[2], box[3])), picture)
