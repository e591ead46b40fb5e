"""Opening picture files; the one place that meets the faults of decoders.

A file becomes an upright picture of 8 bits, with what else it held in its info (see
editing.metadata), or an ImageError of one sentence.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from cm_core.errors import ImageError
from editing.image import MAX_PIXELS, eight_bits
from editing.masks import hard_mask
from editing.metadata import held, in_srgb, orientation

# Of what Pillow reads, pictures alone: PostScript would start another program.
FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "AVIF", "HEIF", "TIFF", "GIF", "BMP", "JPEG2000", "PPM")
FORMATS += ("TGA", "ICO", "PCX", "QOI")
HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")  # what an HEIC file begins with
HEIC_READERS = ("pi_heif", "pillow_heif")  # the second writes as well, with x265, under the GPL
DEVICE = ("CMYK", "LAB", "HSV", "YCbCr")  # colour spaces that have to become RGB
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
File = str | Path | BinaryIO
Finish = Callable[[Image.Image], Image.Image]


def open_picture(
    file: File, formats: tuple[str, ...] = FORMATS, most: int = MAX_PIXELS
) -> Image.Image:
    """A picture file as L, LA, RGB or RGBA, upright, with what it held in its info.

    file: a path, or a file open for reading, which stays open. formats: Pillow's names of those
    that are read. most: pixels. Raises ImageError, never anything else.
    """
    return read(file, formats, most, plain)


def open_mask(
    file: File, formats: tuple[str, ...] = FORMATS, most: int = MAX_PIXELS
) -> Image.Image:
    """A mask file (L) of 0 and 255, upright, read by editing.masks in the file's own numbers."""
    return read(file, formats, most, hard_mask)


def read(file: File, formats: tuple[str, ...], most: int, finish: Finish) -> Image.Image:
    """A picture file in its own mode, upright, with what it held in its info, then finished."""
    if not isinstance(file, str | Path):
        return decoded(file, "This file", formats, most, finish)
    try:
        if Path(file).is_file():
            with open(file, "rb") as content:
                return decoded(content, str(file), formats, most, finish)
    except (OSError, ValueError):  # a folder that may not be looked into; no name of a file
        pass
    raise ImageError(f"There is no file {file}.".replace("\0", ""))


def decoded(
    content: BinaryIO, name: str, formats: tuple[str, ...], most: int, finish: Finish
) -> Image.Image:
    """The same of an open file; name: for the sentence where it is refused."""
    large = ImageError(f"{name} is larger than {most / 1e6:.3g} million pixels: make it smaller.")
    try:
        if "HEIF" in formats:
            learn_heic(content, name)
        Image.init()
        picture = Image.open(content, formats=[kind for kind in formats if kind in Image.OPEN])
        if picture.width * picture.height > most:
            raise large
        bits = 16 if any(";16" in str(tile.args) for tile in picture.tile) else 8
        picture.load()
        info = held(picture)
        if bits == 16 and picture.mode in ("LA", "RGB", "RGBA"):
            info["bits"] = bits
        return finish(turned(picture, info))
    except ImageError:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise large from None
    except Exception:  # decoders raise what they like: struct.error, KeyError, RuntimeError, ...
        raise ImageError(f"{name} cannot be read as a picture: save it as PNG or JPEG.") from None


def learn_heic(content: BinaryIO, name: str) -> None:
    """Register Pillow's reader of HEIC at the first such file, if its package is installed."""
    head = content.read(12)
    content.seek(0)
    if head[4:8] != b"ftyp" or "HEIF" in Image.OPEN:
        return
    for package in HEIC_READERS:
        try:
            return importlib.import_module(package).register_heif_opener()
        except ImportError:
            continue
    if head[8:12] in HEIC:
        needs = "pip install pi-heif, or save it as JPEG"
        raise ImageError(f"{name} is an HEIC picture: {needs}.")


def turned(picture: Image.Image, info: dict) -> Image.Image:
    """A loaded picture upright, in RGB where its colour space is no screen's, with this info."""
    turn = TURNS.get(orientation(picture))
    seen = picture.info.get("transparency")
    made = picture.copy() if turn is None else picture.transpose(turn)
    if made.mode in DEVICE:
        made = in_srgb(made).convert("RGB")
        info.pop("icc_profile", None)
    made.info = info if seen is None else {**info, "transparency": seen}
    return made


def plain(picture: Image.Image) -> Image.Image:
    """A picture as L, LA, RGB or RGBA; grey ones of more bits keep their own in info."""
    picture = eight_bits(picture)
    clear = picture.has_transparency_data
    grey = picture.mode in ("1", "L", "LA", "La")
    mode = ("L" if grey else "RGB") + ("A" if clear else "")
    made = picture if picture.mode == mode else picture.convert(mode)
    made.info.pop("transparency", None)
    return made
