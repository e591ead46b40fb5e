"""Picture files of any form as squares of one size."""

import numpy as np
import torch
from PIL import Image

from train.data import reading
from train.data.reading import centre_square


def read(path, size):
    return reading.read(path, size, str(path))


def test_a_constant_picture_stays_constant_at_any_size():
    for width, height in [(8, 8), (7, 9), (16, 16), (33, 50), (640, 479), (3, 200)]:
        made = centre_square(Image.new("RGB", (width, height), (10, 120, 240)), 8)
        assert made.shape == (3, 8, 8) and made.dtype == torch.uint8
        assert (made == torch.tensor([10, 120, 240])[:, None, None]).all(), (width, height)


def test_the_centred_square_survives_to_the_pixel():
    rng = np.random.default_rng(0)
    centre = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for before, after in [(0, 0), (5, 5), (5, 6)]:
        wide = np.pad(centre, ((0, 0), (before, after), (0, 0)))
        tall = np.pad(centre, ((before, after), (0, 0), (0, 0)))
        for pixels in (wide, tall):
            made = centre_square(Image.fromarray(pixels), 8)
            assert np.array_equal(made.permute(1, 2, 0).numpy(), centre)


def test_large_pictures_are_halved_by_averaging():
    fine = np.zeros((32, 32, 3), np.uint8)
    fine[::2, ::2] = fine[1::2, 1::2] = 255  # a chessboard of single pixels: grey once averaged
    made = centre_square(Image.fromarray(fine), 8)
    assert made.min() >= 127 and made.max() <= 128
    blocks = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    large = Image.fromarray(blocks.repeat(4, 0).repeat(4, 1))
    assert np.array_equal(centre_square(large, 8).permute(1, 2, 0).numpy(), blocks)


def test_files_are_read_upright_on_white_and_in_eight_bits(tmp_path):
    halves = Image.new("RGB", (16, 16), "red")
    halves.paste("blue", (0, 8, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    halves.save(tmp_path / "turned.png", exif=exif)
    turned = read(tmp_path / "turned.png", 8)
    assert (turned[2, :, :4] == 255).all() and (turned[0, :, 4:] == 255).all()

    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 8, 4))
    clear.save(tmp_path / "clear.webp", lossless=True)
    clear.convert("P").save(
        tmp_path / "clear.gif", transparency=clear.convert("P").getpixel((0, 7))
    )
    for name in ("clear.webp", "clear.gif"):
        made = read(tmp_path / name, 8)
        assert (made[:, 4:] == 255).all() and (made[1, :4] == 0).all(), name

    Image.fromarray(np.full((8, 8), 128 * 256, np.uint16)).save(tmp_path / "deep.png")
    assert (read(tmp_path / "deep.png", 8) == 128).all()
