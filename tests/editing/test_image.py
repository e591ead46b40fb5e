import numpy as np
import pytest
import torch
from PIL import Image

from editing.image import (
    fit,
    fit_box,
    fit_hints,
    fit_mask,
    inside,
    is_see_through,
    to_hints,
    to_pil,
    to_tensor,
)
from editing.masks import hard_mask, to_mask
from editing.tasks import estimate_sigma


def noise_picture(width, height):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_pictures_survive_the_way_to_tensors_and_back():
    picture = noise_picture(20, 12)
    x = to_tensor(picture)
    assert x.shape == (1, 3, 12, 20) and x.min() >= -1 and x.max() <= 1
    assert (np.array(to_pil(x)) == np.array(picture)).all()


def test_transparency_lies_on_white():
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert (to_tensor(clear) == 1).all()


def test_masks_and_hints_take_the_opaque_or_the_light():
    rgba = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    rgba.putpixel((1, 0), (255, 0, 0, 255))
    assert to_mask(rgba).flatten().tolist() == [0, 1]
    grey = Image.new("L", (2, 1), 0)
    grey.putpixel((0, 0), 255)
    assert to_mask(grey).flatten().tolist() == [1, 0]
    assert torch.allclose(to_hints(rgba)[0, :, 0, 1], torch.tensor([1.0, -1.0, -1.0, 1.0]))
    assert to_hints(rgba)[0, 3, 0, 0] == 0


@pytest.mark.parametrize("size", [(640, 480), (3, 900), (64, 64), (17, 40)])
def test_fit_holds_the_whole_picture_in_the_square(size):
    left, top, right, bottom = fit_box(size, 64)
    assert max(right - left, bottom - top) == 64 and min(right - left, bottom - top) >= 1
    square = fit(Image.new("RGB", size, "black"), 64)
    values = np.array(square)
    assert square.size == (64, 64) and (values[top:bottom, left:right] == 0).all()
    outside = np.ones((64, 64), bool)
    outside[top:bottom, left:right] = False
    assert (values[outside] == 255).all()


def test_a_small_mask_is_never_lost():
    mask = Image.new("L", (2000, 2000), 0)
    mask.putpixel((1234, 567), 255)
    assert to_mask(fit_mask(mask, 64)).sum() == 1


def test_hints_do_not_blend_into_the_unhinted():
    hints = Image.new("RGBA", (256, 256))
    hints.paste((255, 0, 0, 255), (64, 64, 128, 128))
    fitted = to_hints(fit_hints(hints, 64))
    opaque = fitted[:, 3:] == 1
    assert opaque.sum() == 16 * 16
    assert (fitted[:, 0:1][opaque] == 1).all() and (fitted[:, 1:2][opaque] == -1).all()


@pytest.mark.parametrize("shape", [(64, 64), (64, 48), (64, 36), (48, 64), (64, 33)])
def test_noise_is_estimated_without_the_margins(shape):
    picture = Image.new("RGB", shape, "gray")
    x = to_tensor(fit(picture, 64))
    left, top, right, bottom = fit_box(shape, 64)
    noise = 0.3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    x[..., top:bottom, left:right] += noise[..., top:bottom, left:right]
    part = inside(x, picture)
    assert part.shape[-1] % 2 == part.shape[-2] % 2 == 0
    assert estimate_sigma(part) == pytest.approx(0.3, rel=0.1)
    assert inside(x, Image.new("RGB", (640, 5))).shape == x.shape  # a line: nothing else to go by


def test_a_palettes_transparency_counts_in_a_mask():
    shape = Image.new("P", (2, 1), 0)
    shape.putpalette([255, 255, 255, 0, 0, 0])
    shape.putpixel((1, 0), 1)
    shape.info["transparency"] = 0
    assert list(hard_mask(shape).getdata()) == [0, 255]
    assert is_see_through(shape) and not is_see_through(Image.new("RGBA", (2, 1), "red"))
