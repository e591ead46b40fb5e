"""A picture that grows to the left and to the right: masked sampling over a moving window.

A window is a square as high as the picture. Half of it is there already and keeps every bit; the
other half is drawn so that it goes on from there. So windows agree exactly where they overlap.
"""

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.detailer import Detailer
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import Generators
from cm_core.stream import last_of
from editing.image import eight_bits, informed
from editing.painted import Painted, last_picture
from editing.pictures import stream_inpaint_region
from editing.region import extend
from editing.tasks import SAMPLES_PER_STEP, Sigmas

WIDEST = 2048
FRESH = 0.5  # of a window: what is drawn in it


def stream_panorama(
    model: Model,
    picture: Image.Image,
    width: int = WIDEST,
    steps: int = 8,
    seed: int = 0,
    *,
    detailer: Detailer | None = None,
    size: int | None = None,
    samples_per_step: int = SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Painted]:
    """Let a picture grow on both sides until it is so wide, keeping every bit of what is there.

    width: pixels, more than the picture has, at most 2048. seed: of the first window, the next have
    the next ones. detailer, size and the other options are those of `inpaint_region`; steps, and
    their sigmas, are those of each window. The steps of all windows count on. Raises ImageError,
    SettingError.
    """
    if not picture.width < width <= WIDEST:
        raise SettingError(
            f"A panorama is wider than its picture, {picture.width} pixels, and at most {WIDEST} "
            f"wide, not {width}."
        )
    adapt(model).side(size)
    how = {
        "detailer": detailer,
        "size": size,
        "samples_per_step": samples_per_step,
        "label": label,
        "generator": generator,
        "sigmas": sigmas,
    }

    def walk(canvas: Image.Image) -> Iterator[Painted]:
        count = steps if sigmas is None else len(sigmas)
        for index, (side, pixels) in enumerate(growth(picture.size, width)):
            grown, free = extend(canvas, **{side: pixels})
            box = window(grown.size, side)
            hole = free[:, box[0] : box[2]]
            taken = stream_inpaint_region(model, grown.crop(box), hole, steps, seed + index, **how)
            for painted in taken:
                step = replace(painted.step, index=index * count + painted.step.index)
                painted = Painted(step, within(grown, box, painted))
                yield painted
            canvas = painted.picture

    return walk(eight_bits(picture))


def growth(size: tuple[int, int], width: int) -> list[tuple[str, int]]:
    """(side, pixels) of each window's growth, in turns to the right and to the left, from a size
    (width, height) to a width."""
    missing, most = width - size[0], max(1, round(FRESH * size[1]))
    sides = [shares(missing - missing // 2, most, "right"), shares(missing // 2, most, "left")]
    longest = max(map(len, sides))
    return [each[i] for i in range(longest) for each in sides if i < len(each)]


def shares(pixels: int, most: int, side: str) -> list[tuple[str, int]]:
    """So many pixels in parts of at most `most`, all about as long."""
    count = -(-pixels // most)
    return [(side, (i + 1) * pixels // count - i * pixels // count) for i in range(count)]


def window(size: tuple[int, int], side: str) -> tuple[int, int, int, int]:
    """The square at one side of a canvas (width, height): left, top, right, bottom."""
    width, height = size
    across = min(width, height)
    left = width - across if side == "right" else 0
    return left, 0, left + across, height


def within(canvas: Image.Image, box: tuple[int, int, int, int], painted: Painted):
    """What makes a step's x0 the whole canvas, with the window in it."""

    def finish(x0: Tensor) -> Image.Image:
        made = canvas.copy()
        made.paste(painted.picture, box[:2])
        return informed(made, canvas)

    return finish


panorama = last_of(stream_panorama, last_picture)
