"""The tasks on pictures of any size and shape: each comes back at its own size.

Inpainting and finishing a painting draw the part of it that may change, colouring draws the whole
and keeps the picture's own luma, denoising goes over it window by window. `stream_*` yields a
Painted a step; the task of that name runs them and returns the last picture.
"""

from collections.abc import Iterator, Sequence

from PIL import Image
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.detailer import Detailer
from cm_core.model import Label
from cm_core.noise import Generators
from cm_core.stream import last_of
from editing.colours import draw_hints, recoloured
from editing.detail import finished
from editing.image import (
    eight_bits,
    informed,
    is_grey,
    like,
    like_whole,
    on_white,
    to_pil,
    to_tensor,
    with_alpha,
)
from editing.masks import MaskLike
from editing.noisy import add_noise
from editing.painted import Painted, as_pictures, last_picture
from editing.region import CONTEXT, Region, extend, find_region, whole_picture
from editing.tasks import (
    CALM_SAMPLES_PER_STEP,
    INPAINT_STEPS,
    SAMPLES_PER_STEP,
    STROKE_STEPS,
    STROKE_STRENGTH,
    Sigmas,
    stream_colorize,
    stream_denoise,
    stream_inpaint,
    stream_stroke,
)
from editing.tiled import Tiled, drawn_size

# A part to be filled is squeezed by up to this factor before it is drawn in more windows: seeing
# all of its surroundings helps a hole more (mean squared error 1780 against 2110, 18 holes at 3:2).
SQUEEZE = 2.0


def stream_inpaint_region(
    model: Model,
    picture: Image.Image,
    mask: MaskLike,
    steps: int = INPAINT_STEPS,
    seed: int = 0,
    *,
    context: float = CONTEXT,
    detailer: Detailer | None = None,
    size: int | None = None,
    samples_per_step: int = SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Painted]:
    """Repaint the masked part of a picture of any size, keeping every bit of the rest.

    picture: RGBA comes back where there is transparency, else RGB or grey. mask: a picture or an
    array of the picture's shape at any scale, light = repaint; editing.masks says how it is read.
    context: surroundings seen on each side, in lengths of the mask, 0 to 8. detailer: draws the
    last step finer, where there is room. size: the side of what the model draws, needed only for a
    callable that does not know its own. The other options are those of `inpaint`, for a batch of
    one. Raises ImageError, SettingError.
    """
    side = adapt(model).side(size)
    region = find_region(picture, mask, side, context)
    tiled, drawn = Tiled(model, side), drawn_size(region.crop.size, side, SQUEEZE)
    image, hole = (x.to(tiled.device) for x in region.fitted(drawn))
    taken = stream_inpaint(
        tiled,
        image,
        hole,
        steps,
        seed,
        samples_per_step=samples_per_step,
        label=label,
        generator=generator,
        sigmas=sigmas,
    )
    as_before = like if is_grey(region.picture) else informed

    def finish(x0: Tensor, last: bool) -> Image.Image:
        finer = detailed(detailer, x0, region, seed) if last else x0
        return as_before(region.paste(finer, drawn, joined=last), region.picture)

    return as_pictures(taken, finish, steps, sigmas)


def stream_outpaint(
    model: Model,
    picture: Image.Image,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    steps: int = INPAINT_STEPS,
    seed: int = 0,
    *,
    context: float = CONTEXT,
    detailer: Detailer | None = None,
    size: int | None = None,
    samples_per_step: int = SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Painted]:
    """Extend a picture by pixels on its sides and paint them, keeping every bit of the rest.

    left, top, right, bottom: pixels to add, 0 or more; the result has 25 million at most. The other
    options are those of `inpaint_region`. Raises ImageError, SettingError.
    """
    canvas, free = extend(picture, left, top, right, bottom)
    return stream_inpaint_region(
        model,
        canvas,
        free,
        steps,
        seed,
        context=context,
        detailer=detailer,
        size=size,
        samples_per_step=samples_per_step,
        label=label,
        generator=generator,
        sigmas=sigmas,
    )


def stream_stroke_picture(
    model: Model,
    painting: Image.Image,
    strength: float = STROKE_STRENGTH,
    steps: int = STROKE_STEPS,
    seed: int = 0,
    *,
    mask: MaskLike | None = None,
    paper: bool = False,
    light: str | None = None,
    context: float = CONTEXT,
    detailer: Detailer | None = None,
    size: int | None = None,
    samples_per_step: int = SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Painted]:
    """Finish a painting of any size, or the masked part of it alone; in colour, whatever it was.

    strength, 0 to 1, paper and light are those of `stroke`; mask, context, detailer and size those
    of `inpaint_region`; the other options are those of both, for a batch of one. Raises ImageError,
    SettingError.
    """
    side = adapt(model).side(size)
    if mask is None:
        region = whole_picture(on_white(eight_bits(painting)))
    else:
        region = find_region(painting, mask, side, context)
    tiled, drawn = Tiled(model, side), drawn_size(region.crop.size, side)
    image, hole = (x.to(tiled.device) for x in region.fitted(drawn, hidden=False))
    taken = stream_stroke(
        tiled,
        image,
        strength,
        steps,
        seed,
        mask=hole,
        paper=paper,
        light=light,
        samples_per_step=samples_per_step,
        label=label,
        generator=generator,
        sigmas=sigmas,
    )

    def finish(x0: Tensor, last: bool) -> Image.Image:
        finer = detailed(detailer, x0, region, seed) if last else x0
        return informed(region.paste(finer, drawn, joined=last), region.picture)

    return as_pictures(taken, finish, steps, sigmas)


def detailed(
    detailer: Detailer | None, x0: Tensor, region: Region, seed: int | Sequence[int]
) -> Tensor:
    """What was drawn, four times as large where there is a detailer and the part is larger."""
    if detailer is None or region.crop.width <= x0.shape[-1]:
        return x0
    return finished(detailer, x0[:1], seed)


def stream_colorize_picture(
    model: Model,
    picture: Image.Image,
    steps: int = 8,
    seed: int = 0,
    hints: Image.Image | None = None,
    *,
    size: int | None = None,
    samples_per_step: int = CALM_SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Painted]:
    """Colour a picture of any size, keeping its own luma; its own colour is not used.

    hints: a picture of the same shape at any scale, opaque where it gives the colour. size: the
    side of what the model draws, needed only for a callable that does not know its own. The other
    options are those of `colorize`, for a batch of one. Raises ImageError, SettingError.
    """
    side, picture = adapt(model).side(size), eight_bits(picture)
    drawn, tiled = drawn_size(picture.size, side), Tiled(model, side)
    image = to_tensor(on_white(picture).resize(drawn, Image.Resampling.BICUBIC)).to(tiled.device)
    dabs = None if hints is None else draw_hints(hints, picture.size, drawn)
    taken = stream_colorize(
        tiled,
        image,
        steps,
        seed,
        dabs,
        samples_per_step=samples_per_step,
        label=label,
        generator=generator,
        sigmas=sigmas,
    )

    def finish(x0: Tensor, last: bool) -> Image.Image:
        made = recoloured(picture, x0) if last else to_pil(x0).resize(picture.size)
        return informed(with_alpha(made, picture), picture)

    return as_pictures(taken, finish, steps, sigmas)


def stream_denoise_picture(
    model: Model,
    picture: Image.Image,
    sigma: float | None = None,
    *,
    add: float = 0.0,
    seed: int = 0,
    label: Label = None,
    size: int | None = None,
) -> Iterator[Painted]:
    """Clean a picture of any size in one step; every 48x48 pixels or so cost an evaluation.

    sigma: its noise level in units of [-1, 1]; None estimates it. add: the level of noise to add
    first, drawn from seed. The Step's sigma is what was used, its x the noisy picture,
    (1, 3, H, W). label: one of the model; None is any. size: the side of what the model draws,
    needed only for a callable that does not know its own. Raises ImageError, SettingError.
    """
    picture = eight_bits(picture)
    noisy = to_tensor(picture)
    if add:
        noisy = add_noise(noisy, add, seed)
    tiled = Tiled(model, adapt(model).side(size))
    taken = stream_denoise(tiled, noisy, sigma, label=label)

    def finish(x0: Tensor, last: bool) -> Image.Image:
        return like_whole(to_pil(x0), picture)

    return as_pictures(taken, finish, 1)


inpaint_region = last_of(stream_inpaint_region, last_picture)
outpaint = last_of(stream_outpaint, last_picture)
stroke_picture = last_of(stream_stroke_picture, last_picture)
colorize_picture = last_of(stream_colorize_picture, last_picture)
denoise_picture = last_of(stream_denoise_picture, last_picture)
