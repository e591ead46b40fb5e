import numpy as np
import pytest
from PIL import Image

from editing.image import (
    crop_like,
    fit,
    fit_box,
    is_see_through,
    to_pil,
    to_tensor,
)
from editing.masks import hard_mask, to_mask


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


def test_masks_take_the_opaque_or_the_light():
    rgba = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    rgba.putpixel((1, 0), (255, 0, 0, 255))
    assert to_mask(rgba).flatten().tolist() == [0, 1]
    grey = Image.new("L", (2, 1), 0)
    grey.putpixel((0, 0), 255)
    assert to_mask(grey).flatten().tolist() == [1, 0]


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


@pytest.mark.parametrize("size", [(24, 16), (640, 480), (17, 40), (40, 17), (3, 900)])
@pytest.mark.parametrize("times", [1, 4])
def test_what_was_fitted_and_enlarged_comes_back_without_its_margins(size, times):
    square = fit(Image.new("RGB", size, "black"), 64)
    large = square.resize((64 * times, 64 * times), Image.Resampling.NEAREST)
    made = np.array(crop_like(large, Image.new("RGB", size), 64))
    assert not made.any()
    assert made.size == times**2 * (np.array(square) == 0).sum()  # and without losing any of it


def test_a_palettes_transparency_counts_in_a_mask():
    shape = Image.new("P", (2, 1), 0)
    shape.putpalette([255, 255, 255, 0, 0, 0])
    shape.putpixel((1, 0), 1)
    shape.info["transparency"] = 0
    assert list(hard_mask(shape).getdata()) == [0, 255]
    assert is_see_through(shape) and not is_see_through(Image.new("RGBA", (2, 1), "red"))
