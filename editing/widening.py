"""A picture that grows to the left and to the right: masked sampling over a moving window.

A window is a square as high as the picture. Half of it is there already and keeps every bit; the
other half is drawn. So windows agree exactly where they overlap. What is drawn starts as the
picture mirrored at its edge, under so much noise that little but the heights of its parts is left:
a horizon goes on, and what stands before it is new. The model is a little off at what is there,
too: as much is taken off what it draws beside it, so that no step shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PIL import Image
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.detailer import Detailer
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import Generators, each, generators
from cm_core.stream import last_of
from editing.image import eight_bits, informed
from editing.mirror import mirrored
from editing.operators import Mask
from editing.painted import Painted, last_picture
from editing.pictures import detailed
from editing.region import Region, extend
from editing.sampler import masked_multistep
from editing.seam import join
from editing.tasks import INPAINT_STEPS, Sigmas, spaced
from editing.tiled import Tiled, drawn_size

WIDEST = 2048
FRESH = 0.5  # of a window: what is drawn in it
REACH = 0.25  # of a window: how far from the edge what is drawn is corrected
SIGMAS = (2.0, 0.4)  # first and last noise level of a window


def stream_panorama(
    model: Model,
    picture: Image.Image,
    width: int = WIDEST,
    steps: int = INPAINT_STEPS,
    seed: int = 0,
    *,
    detailer: Detailer | None = None,
    size: int | None = None,
    samples_per_step: int = 1,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Painted]:
    """Let a picture grow on both sides until it is so wide, keeping every bit of what is there.

    width: pixels, more than the picture has, at most 2048. steps: noise levels of each window;
    sigmas gives them instead. seed: of the first window, the next have the next ones. The other
    options are those of `inpaint_region`. The steps of all windows count on. Raises ImageError,
    SettingError.
    """
    if not picture.width < width <= WIDEST:
        raise SettingError(
            f"A panorama is wider than its picture, {picture.width} pixels, and at most {WIDEST} "
            f"wide, not {width}."
        )
    levels, first = spaced(*SIGMAS, steps) if sigmas is None else sigmas, each(seed)
    tiled, side = Tiled(model, adapt(model).side(size)), adapt(model).side(size)

    def widened(canvas: Image.Image) -> Iterator[Painted]:
        for index, (edge, pixels) in enumerate(growth(canvas.size, width)):
            grown, free = extend(canvas, **{edge: pixels})
            region = Region(grown, free, window(grown.size, edge))
            drawn = drawn_size(region.crop.size, side)
            image, hole = (x.to(tiled.device) for x in region.fitted(drawn))
            own = [one + index for one in first]
            finish = finisher(region, drawn, detailer, own)
            for step in masked_multistep(
                tiled,
                Continued(hole),
                image,
                levels,
                generators(own, 1) if generator is None else generator,
                label,
                start=mirrored(image, hole > 0.5),
                samples_per_step=samples_per_step,
            ):
                step = replace(step, index=index * len(levels) + step.index)
                painted = Painted(step, finish)
                yield painted
            canvas = painted.picture

    return widened(eight_bits(picture))


class Continued(Mask):
    """A mask (1, 1, H, W) whose free pixels continue the known ones beside them."""

    def merge(self, measured: Tensor, x: Tensor) -> Tensor:
        known = (~self.free).to(measured)
        coarse = round(1 / REACH), round(1 / REACH)
        joined = join(x.cpu(), measured.cpu(), known.cpu(), coarse)
        return super().merge(measured, joined.to(x))


def growth(size: tuple[int, int], width: int) -> list[tuple[str, int]]:
    """(edge, pixels) of each window's growth, in turns to the right and to the left, from a size
    (width, height) to a width."""
    missing, most = width - size[0], max(1, round(FRESH * size[1]))
    edges = [parts(missing - missing // 2, most, "right"), parts(missing // 2, most, "left")]
    return [each[i] for i in range(max(map(len, edges))) for each in edges if i < len(each)]


def parts(pixels: int, most: int, edge: str) -> list[tuple[str, int]]:
    """A number of pixels as about equal parts of at most `most`."""
    count = -(-pixels // most)
    return [(edge, (i + 1) * pixels // count - i * pixels // count) for i in range(count)]


def window(size: tuple[int, int], edge: str) -> tuple[int, int, int, int]:
    """The square at one edge of a canvas (width, height): left, top, right, bottom."""
    width, height = size
    across = min(width, height)
    left = width - across if edge == "right" else 0
    return left, 0, left + across, height


def finisher(
    region: Region, drawn: tuple[int, int], detailer: Detailer | None, seed: Sequence[int]
):
    """The function from a step's x0 to the whole canvas with the window in it."""

    def finish(x0: Tensor) -> Image.Image:
        made = region.paste(detailed(detailer, x0, region, seed), drawn)
        return informed(made.convert(region.picture.mode), region.picture)

    return finish


panorama = last_of(stream_panorama, last_picture)
