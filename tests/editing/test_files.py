"""Opening pictures: upright, of 8 bits, with what their files hold; what is none is refused."""

import io
import os
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from cm_core.errors import ImageError
from editing.files import HEIC_READERS, open_mask, open_picture
from editing.image import MAX_PIXELS

NOISE = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
PICTURE = Image.fromarray(NOISE)
DAMAGED = {  # a resolution as type, count and bytes, in an EXIF block that says orientation 6
    "a negative rational": (10, 1, struct.pack(">ii", -72, 1)),
    "a rational of nothing": (5, 1, bytes(8)),
    "a text": (2, 4, b"abc\0"),
    "bytes": (7, 8, b"\xff" * 8),
    "not a number": (11, 1, b"\x7f\xc0\0\0"),
    "a place beyond the end": (5, 3, b""),
}


def exif(kind, count, data):
    """An EXIF block of two entries: orientation 6 and a damaged resolution."""
    place = data if 0 < len(data) <= 4 else struct.pack(">I", 38)
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack(">HHI", 0x011A, kind, count)
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + entries + place + bytes(4) + data


def png(width, height, bits=8, colour=2, data=b""):
    """A PNG file of its header and given rows alone."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_exif_still_says_what_is_up(name, tmp_path):
    PICTURE.save(tmp_path / "in.jpg", exif=exif(*DAMAGED[name]), quality=100, subsampling=0)
    plain = np.array(Image.open(tmp_path / "in.jpg"))
    assert (np.array(open_picture(tmp_path / "in.jpg")) == np.rot90(plain, -1)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_pictures_are_upright(orientation, kind, tmp_path):
    said = Image.Exif()
    said[0x0112] = orientation
    PICTURE.save(tmp_path / "in", kind, exif=said, lossless=True)
    flat = NOISE if orientation < 5 else NOISE.swapaxes(0, 1)
    flips = {2: (1, -1), 3: (-1, -1), 4: (-1, 1), 6: (1, -1), 7: (-1, -1), 8: (-1, 1)}
    rows, columns = flips.get(orientation, (1, 1))
    assert (np.array(open_picture(tmp_path / "in")) == flat[::rows, ::columns]).all()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "WEBP", "JPEG2000", "PPM"])
def test_no_cut_file_of_any_kind_raises_anything_else(kind, tmp_path):
    """Every file is cut and has a byte changed at several places: a picture or a sentence."""
    file = io.BytesIO()
    PICTURE.save(file, kind)
    content = file.getvalue()
    for at in np.linspace(1, len(content) - 1, 25).astype(int):
        for spoilt in (content[:at], content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]):
            (tmp_path / "in").write_bytes(spoilt)
            try:
                assert open_picture(tmp_path / "in").mode in ("L", "LA", "RGB", "RGBA")
            except ImageError as error:
                assert str(error).endswith(".") and "\n" not in str(error)


@pytest.mark.parametrize("error", [KeyError, ZeroDivisionError, struct.error, RuntimeError])
def test_no_exception_of_a_decoder_escapes(error, tmp_path, monkeypatch):
    PICTURE.save(tmp_path / "in.png")
    monkeypatch.setattr(Image.Image, "load", lambda self: (_ for _ in ()).throw(error("odd")))
    with pytest.raises(ImageError, match=r"in\.png cannot be read as a picture"):
        open_picture(tmp_path / "in.png")


def test_what_is_no_file_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("gone.png", ".", "pipe", "a\0b"):
        with pytest.raises(ImageError, match="There is no file"):
            open_picture(tmp_path / name)


def test_one_limit_of_25_million_pixels(tmp_path):
    assert MAX_PIXELS == 25_000_000
    Image.new("1", (4080, 3072)).save(tmp_path / "in.png")
    assert open_picture(tmp_path / "in.png").size == (4080, 3072)
    for width, height in ((5001, 5000), (100_000, 100_000)):  # the second Pillow refuses by itself
        (tmp_path / "in.png").write_bytes(png(width, height))
        with pytest.raises(ImageError, match="larger than 25 million pixels"):
            open_picture(tmp_path / "in.png")


def test_an_open_file_and_fewer_kinds_are_taken(tmp_path):
    for kind in ("PNG", "TIFF"):
        PICTURE.save(tmp_path / kind, kind)
    with open(tmp_path / "PNG", "rb") as file:
        assert (np.array(open_picture(file, formats=("PNG",))) == NOISE).all()
    with (
        open(tmp_path / "TIFF", "rb") as file,
        pytest.raises(ImageError, match="This file cannot be read"),
    ):
        open_picture(file, formats=("PNG",))


def test_postscript_is_never_run(tmp_path):
    PICTURE.save(tmp_path / "in.eps")
    with pytest.raises(ImageError, match="cannot be read"):
        open_picture(tmp_path / "in.eps")


def test_avif_and_heic_are_read(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    smooth = PICTURE.resize((160, 120), Image.Resampling.BICUBIC)
    smooth.save(tmp_path / "in.avif", quality=95)
    heif.from_pillow(smooth).save(tmp_path / "in.heic", quality=95)
    for name in ("in.avif", "in.heic"):
        off = np.array(open_picture(tmp_path / name)).astype(int) - np.array(smooth)
        assert np.abs(off).mean() < 6


def test_heic_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "in.heic").write_bytes(b"\0\0\0\x1cftypheic" + bytes(40))
    for package in HEIC_READERS:
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    with pytest.raises(ImageError, match="pip install pi-heif"):
        open_picture(tmp_path / "in.heic")


@pytest.mark.parametrize(
    ("given", "mode", "value"),
    [
        (Image.new("1", (3, 2), 1), "L", 255),
        (Image.new("LA", (3, 2), (7, 9)), "LA", (7, 9)),
        (Image.new("RGBA", (3, 2), (1, 2, 3, 4)), "RGBA", (1, 2, 3, 4)),
        (Image.new("RGB", (3, 2), "red").quantize(4), "RGB", (255, 0, 0)),
        (Image.new("CMYK", (3, 2), (255, 0, 0, 0)), "RGB", (0, 255, 255)),
        (Image.fromarray(np.full((2, 3), 257 * 100, np.uint16)), "L", 100),
        (Image.fromarray(np.array([[0.5, 1, 0]], np.float32)), "L", 128),
        (Image.fromarray(np.array([[100, 255, 0]], np.float32)), "L", 100),
        (Image.fromarray(np.array([[100, 255, 0]], np.int32)), "L", 100),
        (Image.fromarray(np.array([[25700, 65535, 0]], np.int32)), "L", 100),
    ],
)
def test_every_mode_comes_as_eight_bits(given, mode, value, tmp_path):
    given.save(tmp_path / "in", "TIFF")
    opened = open_picture(tmp_path / "in")
    assert opened.mode == mode and opened.getpixel((0, 0)) == value


@pytest.mark.parametrize("values", [[[-5.0, 3.0]], [[0.0, 7e4]], [[np.nan, 1.0]]])
def test_floats_of_no_known_range_are_refused_by_their_values(values, tmp_path):
    Image.fromarray(np.array(values, np.float32)).save(tmp_path / "in.tif")
    with pytest.raises(ImageError, match="from 0 to 1, to 255 or to 65535"):
        open_picture(tmp_path / "in.tif")


def test_a_mask_file_is_read_in_its_own_numbers(tmp_path):
    """0 and 1 of 16 bits would be black in 8; an orientation turns a mask as it does a picture."""
    hole = np.zeros((12, 20), np.uint16)
    hole[2:7, 3:9] = 1
    Image.fromarray(hole).save(tmp_path / "mask.png")
    assert (np.array(open_mask(tmp_path / "mask.png")) == hole * 255).all()
    said = Image.Exif()
    said[0x0112] = 6
    Image.fromarray(hole.astype(np.uint8) * 255).save(tmp_path / "turned.png", exif=said)
    assert (np.array(open_mask(tmp_path / "turned.png")) == np.rot90(hole, -1) * 255).all()
    with pytest.raises(ImageError, match="many colours"):
        PICTURE.save(tmp_path / "in.png")
        open_mask(tmp_path / "in.png")


def test_another_colour_space_becomes_rgb_by_its_profile(tmp_path):
    """Lab of a mid grey: (119, 119, 119) in sRGB."""
    lab = ImageCms.applyTransform(
        Image.new("RGB", (3, 2), (119, 119, 119)),
        ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
        ),
    )
    lab.save(tmp_path / "in.tif")
    assert np.abs(np.array(open_picture(tmp_path / "in.tif")).astype(int) - 119).max() <= 2


def test_sixteen_bits_of_grey_keep_their_range(tmp_path):
    deep = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    opened = open_picture(tmp_path / "deep.png")
    assert list(opened.getdata()) == [0, 100, 255] and (opened.info["deep"] == deep).all()


def test_a_text_is_no_picture(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(ImageError, match="cannot be read"):
        open_picture(tmp_path / "text.png")
