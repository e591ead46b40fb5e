"""Writing picture files: enlarged PNG, SVG, animations and strips of frames."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from cm_core.errors import ImageError, SettingError
from editing.checks import check_between
from editing.image import MAX_PIXELS, deepened, is_deep, on_white
from editing.metadata import WITH_PROFILE, in_srgb, options

SCALES = (1, 4, 8)  # what the page offers
FRAME_MS = 90
COLOURS = 16  # of a traced picture
PAPER = 240  # lighter than this in every channel, a traced colour is the white it is meant to be
TRACE_SIDE = 512  # small pictures are traced enlarged to about this: curves instead of stairs
TRACE_SECONDS = 15
TRACER = Path(__file__).parent / "tracer.py"
ANIMATED = (".webp", ".gif")
WITH_ALPHA = ("PNG", "WEBP", "TIFF", "AVIF")
DEEP = {"PNG": "u", "TIFF": "uif"}  # kinds that hold greys of more bits, and of what numbers


def enlarge_picture(picture: Image.Image, scale: int = 1, smooth: bool = True) -> Image.Image:
    """A picture `scale` times as large.

    Bicubic by default: the edges of flat shapes, which the model draws antialiased, stay smooth,
    where nearest shows stairs and Lanczos rings beside them. smooth=False keeps the pixels square.
    Raises SettingError.
    """
    if scale < 1 or picture.width * picture.height * scale**2 > MAX_PIXELS:
        most = f"{MAX_PIXELS // 10**6} million pixels"
        raise SettingError(f"scale is a whole number from 1, for at most {most}, not {scale}.")
    kind = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    size = picture.width * scale, picture.height * scale
    return picture if scale == 1 else picture.resize(size, kind)


def to_svg(picture: Image.Image, scale: int = 1, colours: int = COLOURS) -> str:
    """A flat picture as SVG text, traced by vtracer, on white; shown `scale` times as large.

    The picture's colours are first reduced to a few, so that the antialiased edge between two
    areas does not become a stack of slivers. Large pictures are traced at TRACE_SIDE. Raises
    ImageError where vtracer is missing or a picture takes it longer than TRACE_SECONDS.
    """
    if find_spec("vtracer") is None:
        raise ImageError("SVG needs the vtracer package: pip install vtracer.")
    width, height = picture.width * scale, picture.height * scale
    picture = on_white(picture)
    picture.thumbnail((TRACE_SIDE, TRACE_SIDE), Image.Resampling.BOX)
    few = picture.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    palette = np.reshape(few.getpalette() or [], (-1, 3))
    palette[palette.min(1) >= PAPER] = 255
    few.putpalette(palette.flatten().tolist())
    finer = max(1, round(TRACE_SIDE / max(picture.size)))
    large = enlarge_picture(picture, finer).quantize(palette=few, dither=Image.Dither.NONE)
    svg = traced(encoded(large.convert("RGB"), "PNG"), speckle=2 * finer)
    view = f'viewBox="0 0 {large.width} {large.height}"'
    own = f'width="{width}" height="{height}"'
    return re.sub(r'width="\d+" height="\d+"', f"{view} {own}", svg, count=1)


def traced(png: bytes, speckle: int) -> str:
    """A PNG as SVG text, traced in a process of its own. speckle: pixels. Raises ImageError."""
    command = [sys.executable, "-P", str(TRACER), str(speckle)]
    try:
        done = subprocess.run(command, input=png, capture_output=True, timeout=TRACE_SECONDS)
    except subprocess.TimeoutExpired:
        raise ImageError("The picture has too fine detail to be traced: save it as PNG.") from None
    if done.returncode:
        raise ImageError("The picture cannot be traced: save it as PNG.")
    return done.stdout.decode()


def animation(
    frames: Sequence[Image.Image],
    scale: int = 1,
    *,
    back: bool = False,
    milliseconds: int = FRAME_MS,
    kind: str = "WEBP",
) -> bytes:
    """The frames as an endless animation, kind WEBP (lossless) or GIF; with back, there and back.

    Raises SettingError for no frames.
    """
    shown = [enlarge_picture(frame, scale) for frame in not_empty(frames)]
    shown += shown[-2:0:-1] if back else []
    options = {"lossless": True} if kind == "WEBP" else {}
    return encoded(
        shown[0],
        kind,
        save_all=True,
        append_images=shown[1:],
        duration=milliseconds,
        loop=0,
        **options,
    )


def strip(frames: Sequence[Image.Image], columns: int | None = None) -> Image.Image:
    """The frames in a row, or in rows of `columns`, all of the first one's size."""
    columns = columns or len(not_empty(frames))
    width, height = frames[0].size
    rows = -(-len(frames) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    for i, frame in enumerate(frames):
        sheet.paste(on_white(frame), (i % columns * width, i // columns * height))
    return sheet


def not_empty(frames: Sequence[Image.Image]) -> Sequence[Image.Image]:
    """The frames, or SettingError where there are none."""
    if not frames:
        raise SettingError("There are no frames to save.")
    return frames


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    """A picture as the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def kind_of(path: Path) -> str | None:
    """Pillow's name of the kind of file that a path's ending says, if pictures are written so."""
    kind = Image.registered_extensions().get(path.suffix.lower())
    return kind if kind in Image.SAVE and kind != "HEIF" else None


def check_path(path: Path) -> Path:
    """A path whose ending is a known kind of picture, in a folder that exists."""
    if path.suffix.lower() != ".svg" and kind_of(path) is None:
        raise ImageError(f"{path} does not end in a kind of picture: use .png, .webp or .svg.")
    if not path.parent.is_dir():
        raise ImageError(f"There is no folder {path.parent}.")
    return path


def check_quality(quality: int | None) -> int | None:
    """A quality of JPEG, WebP or AVIF, or none."""
    return None if quality is None else int(check_between(quality, 1, 100, "quality"))


def save(
    made: Image.Image | Sequence[Image.Image],
    path: str | Path,
    scale: int = 1,
    columns: int | None = None,
    quality: int | None = None,
) -> None:
    """Write a picture, or frames, whole or not at all; the file's ending says how.

    Frames: an animation as WebP or GIF, else a strip in rows of `columns`. `.svg` is traced. What a
    picture's info holds (see editing.metadata) goes with it. quality: 1 to 100, of JPEG, WebP and
    AVIF; without, a JPEG has that of the JPEG it was, or the best, and WebP loses nothing.
    Raises ImageError, SettingError.
    """
    path = check_path(Path(path))
    content = file_content(made, path.suffix.lower(), scale, columns, quality)
    # Beside its place and then renamed, so that a full disk leaves no half of a picture.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ImageError(f"{path} could not be written: {error.strerror}.") from None


def file_content(
    made: Image.Image | Sequence[Image.Image],
    ending: str,
    scale: int = 1,
    columns: int | None = None,
    quality: int | None = None,
) -> bytes:
    """The bytes of the file that `save` writes, e.g. for the ending ".png"."""
    check_quality(quality)
    if not isinstance(made, Image.Image):
        if ending in ANIMATED:
            return animation(made, scale, kind=ending[1:].upper())
        made = strip(made, columns)
    if ending == ".svg":
        return to_svg(in_srgb(made), scale).encode()
    kind = Image.registered_extensions()[ending]
    made = enlarge_picture(made, scale)
    if holds_all_bits(made, kind):
        made = deepened(made)
    elif kind not in WITH_ALPHA:
        made = on_white(made).convert("L" if made.mode in ("L", "LA") else "RGB")
    if kind not in WITH_PROFILE:
        made = in_srgb(made)
    try:
        return encoded(made, kind, **options(made, kind, quality))
    except (OSError, ValueError) as error:
        raise ImageError(f"The picture cannot be kept as {kind}: {error}.") from None


def holds_all_bits(made: Image.Image, kind: str) -> bool:
    """Whether a picture comes from one of more bits than 8, and a kind of file holds them."""
    return is_deep(made) and made.info["deep"].dtype.kind in DEEP.get(kind, "")


def lost_bits(made: Image.Image, path: Path) -> str:
    """A sentence where a picture's file has more bits than its edit keeps, else nothing."""
    deep, kind = made.info.get("deep"), kind_of(path)
    bits = made.info.get("bits", 8) if deep is None else 8 * deep.dtype.itemsize
    if bits == 8 or kind is None or holds_all_bits(made, kind):
        return ""
    return f"The picture has {bits} bits a channel: {path.name} keeps 8 of them."
