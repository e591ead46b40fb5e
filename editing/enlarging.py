"""Enlarging a small picture, by either kind of model.

A detailer was trained for it: x2 and x4 of a picture of any size, in one evaluation. A consistency
model was not: it draws a picture of its own size whose patches have the small picture's means.
"""

from collections.abc import Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.detailer import CLEAN, Detailer
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import Generators
from cm_core.stream import Step, last_of, last_x0
from editing.checks import check_count, check_picture
from editing.detail import stream_detail
from editing.operators import PatchMean, repeat_pixels
from editing.sampler import masked_multistep
from editing.tasks import CALM_SAMPLES_PER_STEP, Sigmas, random_numbers, spaced

# First and last noise level of zero-shot enlarging. The first must drown what is off in a bicubic
# enlargement, which is little.
SIGMAS = (0.5, 0.2)
STEPS = 8
MOST = 64  # times the side of the small picture


def stream_enlarge(
    model: Model,
    small: Tensor,
    factor: int | None = None,
    seed: int | Sequence[int] = 0,
    *,
    steps: int | None = None,
    samples_per_step: int | None = None,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
    size: int | None = None,
    keep_means: bool = True,
    faithful: bool = False,
    augmentation: tuple[float, float] = CLEAN,
    noise_scale: float = 1.0,
) -> Iterator[Step]:
    """Enlarge a small picture (B, 3, h, w) in [-1, 1], keeping the mean of every patch.

    A detailer (Ho et al. 2022, section 4) takes any h and w. factor: 2 or 4, which None is.
    keep_means: whether means are kept, which is right where the small picture is clean. faithful:
    the likeliest picture, without noise, rather than a lively one. augmentation: the noise and the
    blur that the small picture has. noise_scale: 0 to 2, of the noise that it draws from.

    Another model draws zero-shot (Song et al. 2023, Alg. 4) at its own size, a multiple of h = w.
    factor: None is what leads to that size; another is refused. steps: noise levels, 1 to 1000,
    None is 8; sigmas gives them instead, positive and descending. samples_per_step: evaluations
    that a step takes the mean of, 1 to 64, None is 2. label: one of the model, or (B,); None is
    any. size: the side of the result, needed only for a callable that does not know its own.

    seed: s gives picture i of the batch the seed s + i; or a list, one a picture.
    generator: used instead of seed, one for all or one a picture.
    An option of the other kind of model is refused. A Step's x0 is (B, 3, factor h, factor w).
    Raises ImageError, SettingError.
    """
    small = check_picture(small, "small picture")
    if factor is not None:
        check_count(factor, MOST, "factor")
    if isinstance(model, Detailer):
        if not all(each is None for each in (steps, samples_per_step, sigmas, size, label)):
            raise SettingError(
                "A detailer enlarges in one evaluation: leave out steps, samples_per_step, sigmas, "
                "size and label."
            )
        return stream_detail(
            model,
            small,
            4 if factor is None else factor,
            seed,
            keep_means=keep_means,
            faithful=faithful,
            augmentation=augmentation,
            noise_scale=noise_scale,
            generator=generator,
        )
    if not keep_means or faithful or augmentation != CLEAN or noise_scale != 1:
        raise SettingError(
            "Only a detailer has keep_means, faithful, augmentation and noise_scale: "
            "load_model('landscape-detail')."
        )
    size = adapt(model).side(size)
    patch = patch_of(small, size, factor)
    operator = PatchMean(patch)
    smooth = F.interpolate(small, scale_factor=patch, mode="bicubic").clamp(-1, 1)
    return masked_multistep(
        model,
        operator,
        repeat_pixels(small, patch),
        spaced(*SIGMAS, STEPS if steps is None else steps) if sigmas is None else sigmas,
        random_numbers(seed, generator, small.shape[0]),
        label,
        start=operator.merge(small, smooth),
        samples_per_step=CALM_SAMPLES_PER_STEP if samples_per_step is None else samples_per_step,
    )


def patch_of(small: Tensor, size: int, factor: int | None) -> int:
    """The factor from a small picture to a model's size. Raises SettingError."""
    height, width = small.shape[-2:]
    patch = size // height
    if height != width or size % height or patch == 1 or factor not in (None, patch):
        wanted = "a whole factor" if factor is None else f"the factor {factor}"
        sides = ", ".join(str(size // f) for f in ((2, 4, 8) if factor is None else (factor,)))
        raise SettingError(
            f"A {width}x{height} picture cannot be enlarged to {size}x{size} by {wanted}: "
            f"send a square one of side {sides}."
        )
    return patch


def stream_super_resolve(
    model: Model,
    small: Tensor,
    steps: int | None = None,
    seed: int | Sequence[int] = 0,
    *,
    factor: int | None = None,
    samples_per_step: int | None = None,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """An alias of enlarge, with the number of steps in the place that it has always had here.

    All else, and the meaning of every option, is as `enlarge` says. Raises ImageError,
    SettingError.
    """
    return stream_enlarge(
        model,
        small,
        factor,
        seed,
        steps=steps,
        samples_per_step=samples_per_step,
        label=label,
        generator=generator,
        sigmas=sigmas,
        size=size,
    )


enlarge = last_of(stream_enlarge, last_x0)
super_resolve = last_of(stream_super_resolve, last_x0)
