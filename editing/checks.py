"""What every task asks of its inputs, refused in one sentence."""

import torch
from torch import Tensor

from cm_core.errors import ImageError, SettingError
from cm_core.samplers import Model
from editing.masks import to_mask


def check_picture(image: Tensor, name: str = "picture", channels: tuple[int, ...] = (3,)) -> Tensor:
    """A finite float picture (B, C, H, W) in [-1, 1], or ImageError."""
    if not isinstance(image, Tensor) or image.ndim != 4 or image.shape[1] not in channels:
        shape = tuple(image.shape) if isinstance(image, Tensor) else type(image).__name__
        allowed = " or ".join(str(c) for c in channels)
        raise ImageError(f"A {name} has the shape (B, {allowed}, H, W), not {shape}.")
    if not image.is_floating_point() or not torch.isfinite(image).all():
        raise ImageError(f"A {name} holds finite floats in [-1, 1].")
    return image


def check_size(image: Tensor, model: Model, name: str = "picture") -> Tensor:
    """A picture of the model's own size; a callable without a config takes any size."""
    config = getattr(model, "config", None)
    if config is not None and image.shape[-2:] != (config.image_size,) * 2:
        has, needs = "x".join(map(str, image.shape[-1:-3:-1])), config.image_size
        raise ImageError(f"The {name} is {has}, the model draws {needs}x{needs}: fit it first.")
    return image


def check_range(image: Tensor, name: str = "picture") -> Tensor:
    """A clean picture must lie in [-1, 1], up to rounding."""
    if image.abs().max() > 1.01:
        raise ImageError(f"A {name} lies in [-1, 1]: scale it before the edit.")
    return image


def check_mask(mask: Tensor, image: Tensor) -> Tensor:
    """A mask (B or 1, 1, H, W) of the picture's size as 0 and 1, each read by editing.masks."""
    if mask.ndim != 4 or mask.shape[1] != 1 or mask.shape[-2:] != image.shape[-2:]:
        wanted = (image.shape[0], 1, *image.shape[-2:])
        raise ImageError(f"The mask must have the shape {wanted}, not {tuple(mask.shape)}.")
    return torch.cat([to_mask(one) for one in mask]).to(image)


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


def model_side(model: Model, size: int | None = None) -> int:
    """The side of the pictures that a model draws; `size` speaks for a plain callable."""
    side = size or getattr(getattr(model, "config", None), "image_size", None)
    if side is None:
        raise SettingError("Give size, the side of the pictures: this model does not say its own.")
    return side
