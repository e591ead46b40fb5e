"""What every task asks of its inputs; what does not fit is refused in one sentence."""

import torch
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.errors import ImageError, SettingError
from editing.masks import to_mask


def check_picture(
    image: Tensor, name: str = "picture", channels: tuple[int, ...] = (3,), noisy: bool = False
) -> Tensor:
    """A finite float picture (B, C, H, W) in [-1, 1] up to rounding, or ImageError.

    noisy: a clean one lies in [-1, 1], this one need not.
    """
    if not isinstance(image, Tensor) or image.ndim != 4 or image.shape[1] not in channels:
        shape = tuple(image.shape) if isinstance(image, Tensor) else type(image).__name__
        allowed = " or ".join(str(c) for c in channels)
        raise ImageError(f"A {name} has the shape (B, {allowed}, H, W), not {shape}.")
    if not image.is_floating_point() or not torch.isfinite(image).all():
        raise ImageError(f"A {name} holds finite floats in [-1, 1].")
    if not noisy and image.abs().max() > 1.01:
        raise ImageError(f"A {name} lies in [-1, 1]: scale it before the edit.")
    return image


def check_size(image: Tensor, model: Model, name: str = "picture") -> Tensor:
    """A picture of the model's own size; one that does not say its own takes any."""
    needs = adapt(model).image_size
    if needs is not None and image.shape[-2:] != (needs, needs):
        has = "x".join(map(str, image.shape[-1:-3:-1]))
        raise ImageError(f"The {name} is {has}, the model draws {needs}x{needs}: fit it first.")
    return image


def check_mask(mask: Tensor, image: Tensor) -> Tensor:
    """A mask (B or 1, 1, H, W) of the picture's size as 0 and 1, each read by editing.masks."""
    fits = mask.ndim == 4 and mask.shape[1:] == (1, *image.shape[-2:])
    if not fits or mask.shape[0] not in (1, image.shape[0]):
        wanted = (image.shape[0], 1, *image.shape[-2:])
        raise ImageError(f"The mask must have the shape {wanted}, not {tuple(mask.shape)}.")
    return torch.cat([to_mask(one) for one in mask]).to(image)


def check_hints(hints: Tensor, image: Tensor) -> Tensor:
    """Colour hints (B or 1, 4, H, W) of the picture's size, finite."""
    check_picture(hints, "colour hint", (4,))
    if hints.shape[-2:] != image.shape[-2:] or hints.shape[0] not in (1, image.shape[0]):
        wanted = (image.shape[0], 4, *image.shape[-2:])
        raise ImageError(f"Hints must have the shape {wanted}, not {tuple(hints.shape)}.")
    return hints


def check_shape(size: tuple[int, int], picture_size: tuple[int, int], name: str) -> None:
    """What was drawn over a picture has its shape, at any scale. Sizes (width, height)."""
    (w, h), (width, height) = size, picture_size
    if abs(w * height - h * width) > max(width, height, w, h):  # a side may be rounded twice
        raise ImageError(
            f"The {name} is {w}x{h}, the picture {width}x{height}: draw it over the picture."
        )


def check_between(value: float, low: float, high: float, name: str) -> float:
    """A number in a closed range."""
    if not low <= value <= high:
        raise SettingError(f"{name} lies between {low:g} and {high:g}, not {value:g}.")
    return value


def check_count(value: int, most: int, name: str) -> int:
    """A whole number from 1 to `most`."""
    if not isinstance(value, int):
        raise SettingError(f"{name} is a whole number, not {value!r}.")
    return int(check_between(value, 1, most, name))
