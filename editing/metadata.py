"""What a picture file holds besides its pixels: read into a picture's `info`, and written back.

An opened picture's `info` has, where its file had it and it is sound: `icc_profile`; `exif`, saying
that the picture is upright, without the preview; `dpi` (across, down); `comment` of a JPEG; `text`
and `gamma` of a PNG; `jpeg`, its (quantization tables, subsampling); `bits`, 16 a channel that
became 8. Pillow hands info on to what is converted, cropped or resized. XMP is left out: editors
keep previews and settings in it that no longer hold.
"""

import re
import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin

ORIENTATION = 0x0112
EXIF = b"Exif\0\0"
MOST_DPI = 65535
LONGEST_EXIF = 65533  # bytes that a JPEG's marker holds
DESCRIBING = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)  # of a TIFF's many tags
SUB_BLOCKS = (0x8769, 0x8825)  # EXIF proper, GPS
PREVIEWS = ((0x0201, 0x0202), (0x0111, 0x0117))  # where and how long: as JPEG, as plain pixels
WITH_PROFILE = ("PNG", "JPEG", "WEBP", "TIFF", "AVIF")  # and with EXIF
WITH_DPI = ("PNG", "JPEG", "TIFF", "BMP")
BEST = 95  # JPEG quality of what has none of its own: above it files grow and nothing is seen
FINE = 12  # the largest step in the luma table of that quality


def held(picture: Image.Image) -> dict[str, Any]:
    """The info worth keeping of a picture file that Pillow has just loaded."""
    info, kind = picture.info, picture.format
    kept: dict[str, Any] = {
        "icc_profile": info.get("icc_profile"),
        "exif": exif_of(picture),
        "dpi": dpi_of(info),
        "text": text_of(picture) if isinstance(picture, PngImagePlugin.PngImageFile) else None,
        "gamma": info.get("gamma") if kind == "PNG" else None,
    }
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        kept["comment"] = info.get("comment")
        if picture.mode in ("L", "RGB"):
            kept["jpeg"] = picture.quantization, max(0, JpegImagePlugin.get_sampling(picture))
    return {name: value for name, value in kept.items() if value}


def dpi_of(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Pixels an inch, where they are two numbers that every kind of file can hold."""
    try:
        across, down = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if all(1 <= v <= MOST_DPI for v in (across, down)) else None


def text_of(picture: PngImagePlugin.PngImageFile) -> dict[str, str]:
    """The texts of a PNG, but for what EXIF and XMP blocks are written in."""
    hidden = re.compile(r"XML:com\.adobe\.xmp|Raw profile type .*")
    return {name: text for name, text in picture.text.items() if not hidden.fullmatch(name)}


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation of a picture, 1 where none can be read."""
    try:
        return picture.getexif().get(ORIENTATION, 1)
    except Exception:  # whatever a damaged block raises
        return 1


def exif_of(picture: Image.Image) -> bytes | None:
    """A file's EXIF block, upright; of a TIFF, whose tags are its own, those that describe it."""
    if picture.format != "TIFF":
        return upright(picture.info.get("exif") or b"")
    try:
        tags, kept = picture.getexif(), Image.Exif()
        for tag in DESCRIBING:
            if tag in tags:
                kept[tag] = tags[tag]
        for tag in SUB_BLOCKS:
            if block := tags.get_ifd(tag):
                kept[tag] = dict(block)
        return kept.tobytes() if len(kept) else None
    except Exception:  # whatever a damaged tag raises
        return None


def upright(exif: bytes) -> bytes | None:
    """An EXIF block as of an upright picture and without its preview; every other byte stays.

    Changed in place, because reading and writing would move what cameras address by its position,
    and fail on damaged entries.
    """
    block = bytearray(exif.removeprefix(EXIF))
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(block[:4]))
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "I", block, 4)
        for tag, at in entries(block, order, first):
            if tag == ORIENTATION:
                wide = struct.unpack_from(order + "H", block, at - 6)[0] == 4
                struct.pack_into(order + ("I" if wide else "H"), block, at, 1)
        (count,) = struct.unpack_from(order + "H", block, first)
        link = first + 2 + 12 * count
        (second,) = struct.unpack_from(order + "I", block, link)
        struct.pack_into(order + "I", block, link, 0)
        if second:
            wipe(block, order, dict(entries(block, order, second)))
    except struct.error:  # cut short: what could be read of it is upright
        pass
    return EXIF + bytes(block)


def entries(block: bytes | bytearray, order: str, first: int) -> list[tuple[int, int]]:
    """(tag, position of its value) of each entry in a directory of an EXIF block."""
    (count,) = struct.unpack_from(order + "H", block, first)
    starts = range(first + 2, first + 2 + 12 * count, 12)
    return [(struct.unpack_from(order + "H", block, at)[0], at + 8) for at in starts]


def wipe(block: bytearray, order: str, places: dict[int, int]) -> None:
    """Zero the preview that a directory of an EXIF block points to."""
    for start, length in PREVIEWS:
        if start in places and length in places:
            begin, size = (
                struct.unpack_from(order + "I", block, places[tag])[0] for tag in (start, length)
            )
            end = min(begin + size, len(block))
            block[begin:end] = bytes(max(0, end - begin))


def options(picture: Image.Image, kind: str, quality: int | None = None) -> dict[str, Any]:
    """Options of Pillow's save for a kind of file, so that it holds all of the picture's info.

    quality: 1 to 100, of kinds that lose something; None: the picture's own or the best.
    """
    info, told = picture.info, {}
    if kind in WITH_PROFILE:
        told["icc_profile"] = profile(picture)
        exif = info.get("exif")
        if exif and fits(exif, kind):
            told["exif"] = exif
    if kind in WITH_DPI and (dpi := dpi_of(info)):
        told["dpi"] = dpi
    if kind == "PNG":
        told["pnginfo"] = chunks(info)
    if kind == "JPEG":
        told |= {"comment": info.get("comment", b""), **jpeg_options(picture, quality)}
    if kind == "WEBP":
        told |= {"quality": quality} if quality else {"lossless": True}
    if kind == "AVIF":
        told |= {"quality": quality or BEST, "subsampling": "4:4:4"}
    return told


def fits(exif: bytes, kind: str) -> bool:
    """Whether Pillow can write an EXIF block in a kind of file: of some it takes it apart."""
    if kind == "JPEG":
        return len(exif) <= LONGEST_EXIF
    if kind in ("AVIF", "TIFF"):
        try:
            block = Image.Exif()
            block.load(exif)
            block.tobytes()
        except Exception:  # whatever a damaged entry raises
            return False
    return True


def profile(picture: Image.Image) -> bytes | None:
    """A picture's colour profile, unless it is one of greys and the picture has colours."""
    icc = picture.info.get("icc_profile")
    return None if icc and icc[16:20] == b"GRAY" and picture.mode.startswith("RGB") else icc


def chunks(info: Mapping[Any, Any]) -> PngImagePlugin.PngInfo:
    """The texts and the gamma of a PNG."""
    made = PngImagePlugin.PngInfo()
    for name, text in info.get("text", {}).items():
        made.add_text(name, text)
    if "gamma" in info:
        made.add(b"gAMA", struct.pack(">I", round(100_000 * info["gamma"])))
    return made


def jpeg_options(picture: Image.Image, quality: int | None) -> dict[str, Any]:
    """The tables of the JPEG that a picture was, else the best quality; colours in full.

    With its own tables, what was not edited is coded as before, bit for bit but for rounding. Where
    its colours were halved that cannot be, so it is coded finely.
    """
    tables, subsampling = picture.info.get("jpeg", ({}, 2))
    same = len(tables) > 1 or picture.mode == "L"
    own = same and tables and (subsampling == 0 or max(tables[0]) <= FINE)
    if quality or not own:
        return {"quality": quality or BEST, "subsampling": 0}
    return {"qtables": tables, "subsampling": 0}


def in_srgb(picture: Image.Image) -> Image.Image:
    """A picture as its profile shows it, in numbers of sRGB, for what holds no profile.

    A picture without a profile, or with an unsound one, keeps its numbers.
    """
    icc = picture.info.get("icc_profile")
    if not icc and picture.mode != "LAB":
        return picture
    clear = picture.mode in ("LA", "RGBA")
    colours = made = picture.convert(picture.mode[:-1]) if clear else picture
    try:
        own = BytesIO(icc) if icc else ImageCms.createProfile("LAB")
        goal = ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(colours, own, goal, outputMode="RGB") or colours
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        pass
    made = made.convert("L" if colours.mode == "L" else "RGB")
    if clear:
        made.putalpha(picture.getchannel("A"))
    made.info = {name: value for name, value in picture.info.items() if name != "icc_profile"}
    return made
