"""The zero-shot tasks. Each is an operator, a list of noise levels and the one sampler.

`stream_*` yields the steps of an edit; the task of that name runs them and returns the last x0.
Each picture of a batch gets what it gets alone.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import Generators, generators
from cm_core.samplers import levels
from cm_core.stream import Level, Step, last_of, last_x0
from editing.checks import (
    check_between,
    check_hints,
    check_mask,
    check_picture,
    check_size,
)
from editing.ground import Ground
from editing.lights import in_light
from editing.mirror import mirrored
from editing.noisy import estimate_sigma
from editing.operators import (
    ColourHints,
    Grey,
    Mask,
    fill,
    grey_picture,
    tint,
)
from editing.paper import covered
from editing.sampler import masked_multistep

Sigmas = Sequence[Level] | Tensor | None
MAX_STEPS = 1000

# First and last noise level of each edit. The first must drown what is free, and no more: higher
# noise would only hide what is measured. Hinted colours start from a plain fill, which is nearly
# right and takes little noise. A hole starts from its surroundings mirrored into it: the smaller it
# is, the nearer they are to what belongs there, and the less noise they take.
INPAINT_SIGMAS = (1.0, 0.3)
INPAINT_WHOLE = 60.0  # the first, where all is to be repainted
COLORIZE_SIGMAS = (10.0, 0.3)
HINTED_SIGMAS = (0.5, 0.15)  # of colouring with hints
STROKE_FIRST_SIGMAS = (0.4, 4.0)  # no first and last: the first, at strength 0 and at strength 1
STROKE_LAST = 0.4  # the last of several, or half of the first where that is less

# Estimates that a step takes the mean of. What is drawn anew takes one: a mean would blur it. Where
# something of every pixel is known, two with antithetic noise are calmer: one cancels most of the
# grain and odd colours that the other copied from its noise.
SAMPLES_PER_STEP, CALM_SAMPLES_PER_STEP = 1, 2
STROKE_STRENGTH, STROKE_STEPS = 0.3, 1
INPAINT_STEPS = 3  # each further one adds specks of colour


def spaced(first: float, final: float, steps: int) -> list[float]:
    """Noise levels evenly spaced in log, one a step; a single step uses the first."""
    if not 1 <= steps <= MAX_STEPS:
        raise SettingError(f"steps counts noise levels, 1 to {MAX_STEPS}, not {steps}.")
    if steps == 1:
        return [first]
    ratio = math.log(final / first) / (steps - 1)
    return [first * math.exp(i * ratio) for i in range(steps)]


def by_picture(grids: Sequence[Sequence[float]]) -> Sequence[Level]:
    """Noise levels listed by picture -> by step, (B,) each; a single list stays as it is."""
    if len(grids) == 1:
        return grids[0]
    return [torch.tensor(step, dtype=torch.float64) for step in zip(*grids, strict=True)]


def random_numbers(
    seed: int | Sequence[int], generator: Generators | None, batch: int
) -> Generators:
    """The generator that was given, or one a picture from its seed."""
    return generators(seed, batch) if generator is None else generator


def stream_inpaint(
    model: Model,
    image: Tensor,
    mask: Tensor,
    steps: int = INPAINT_STEPS,
    seed: int | Sequence[int] = 0,
    *,
    samples_per_step: int = SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Repaint the pixels where the mask is 1, keeping the others (Song et al. 2023, Alg. 4).

    image: (B, 3, H, W) in [-1, 1], of the model's size. mask: (B or 1, 1, H, W) of 0 and 1.
    steps: noise levels, 1 to 1000; sigmas gives them instead, positive and descending.
    samples_per_step: network evaluations that a step takes the mean of, 1 to 64.
    seed: s gives picture i of the batch the seed s + i; or a list, one a picture.
    generator: used instead of seed, one for all or one a picture.
    label: one of the model, or (B,); None is any. A Step's x0 is (B, 3, H, W).
    Raises ImageError, SettingError.

    The first noise is added to the picture with its surroundings mirrored into the hole
    (editing.mirror); where the hole is all there is, to zero. Even ground around the hole goes on
    in it (editing.ground).
    """
    check_size(check_picture(image), model)
    operator = Ground(image, check_mask(mask, image))
    first, final = INPAINT_SIGMAS
    fractions = operator.free.float().mean((1, 2, 3)).tolist()
    firsts = [first * (INPAINT_WHOLE / first) ** fraction**2 for fraction in fractions]
    grid = by_picture([spaced(one, final, steps) for one in firsts])
    return masked_multistep(
        model,
        operator,
        image,
        grid if sigmas is None else sigmas,
        random_numbers(seed, generator, image.shape[0]),
        label,
        start=mirrored(image, operator.free.to(image.device)),
        samples_per_step=samples_per_step,
    )


def stream_colorize(
    model: Model,
    image: Tensor,
    steps: int = 8,
    seed: int | Sequence[int] = 0,
    hints: Tensor | None = None,
    *,
    samples_per_step: int = CALM_SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Colour a picture, keeping its luma exactly (Song et al. 2023, Alg. 4).

    image: (B, 3 or 1, H, W) in [-1, 1], of the model's size; its own colour is not used.
    hints: (B or 1, 4, H, W), colour in [-1, 1] and, in the fourth channel, 1 where it was dabbed.
    steps: noise levels, 1 to 1000; sigmas gives them instead, positive and descending.
    samples_per_step: network evaluations that a step takes the mean of, 1 to 64.
    seed: s gives picture i of the batch the seed s + i; or a list, one a picture.
    generator: used instead of seed, one for all or one a picture.
    label: one of the model, or (B,); None is any. A Step's x0 is (B, 3, H, W).
    Raises ImageError, SettingError.

    The first noise is added to the grey picture with the hints' colour spread over it, as far as
    its luma leaves room.
    """
    image = check_picture(image, channels=(3, 1)).expand(-1, 3, -1, -1)
    check_size(image, model)
    known = start = grey = grey_picture(image)
    operator, dabbed = Grey(), torch.tensor([False])
    if hints is not None:
        colour, hinted = check_hints(hints, image).to(image).split((3, 1), 1)
        operator, dabbed = ColourHints(hinted), (hinted > 0.5).flatten(1).any(1)
        known = tint(grey, colour, hinted)
        hue = fill(colour - grey_picture(colour), hinted < 0.5)
        hue = tint(grey, grey + hue, torch.ones_like(hinted))
        start = torch.where(dabbed[:, None, None, None], hue, grey)
    ends = [HINTED_SIGMAS if any_hint else COLORIZE_SIGMAS for any_hint in dabbed.tolist()]
    grid = by_picture([spaced(*each, steps) for each in ends])
    return masked_multistep(
        model,
        operator,
        known,
        grid if sigmas is None else sigmas,
        random_numbers(seed, generator, image.shape[0]),
        label,
        start=start,
        samples_per_step=samples_per_step,
    )


def stream_stroke(
    model: Model,
    painting: Tensor,
    strength: float = STROKE_STRENGTH,
    steps: int = STROKE_STEPS,
    seed: int | Sequence[int] = 0,
    *,
    mask: Tensor | None = None,
    paper: bool = False,
    light: str | None = None,
    samples_per_step: int = SAMPLES_PER_STEP,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Finish a painting: from its strokes plus noise down (SDEdit, Meng et al. 2022).

    painting: (B, 3, H, W) in [-1, 1], of the model's size. strength: of the noise on the strokes,
    0 to 1; at 0 the picture follows them, at 1 it takes them as a hint. mask: (B or 1, 1, H, W) of
    0 and 1; what is outside of it stays exactly. paper: pure white is bare paper, over which the
    strokes' colours spread. light: one of editing.lights, into which the strokes' colours are moved
    first: noise that keeps their shapes keeps their colours as well, whatever the label says.
    steps: noise levels, 1 to 1000; sigmas gives them instead, positive and descending.
    samples_per_step: network evaluations that a step takes the mean of, 1 to 64.
    seed: s gives picture i of the batch the seed s + i; or a list, one a picture.
    generator: used instead of seed, one for all or one a picture.
    label: one of the model, or (B,); None is any. A Step's x0 is (B, 3, H, W).
    Raises ImageError, SettingError.
    """
    check_size(check_picture(painting, "painting"), model)
    low, high = STROKE_FIRST_SIGMAS
    first = low * (high / low) ** check_between(strength, 0, 1, "strength")
    final = min(STROKE_LAST, first / 2)
    where = torch.ones_like(painting[:1, :1]) if mask is None else check_mask(mask, painting)
    start = covered(painting) if paper else painting
    return masked_multistep(
        model,
        Mask(where),
        painting,
        spaced(first, final, steps) if sigmas is None else sigmas,
        random_numbers(seed, generator, painting.shape[0]),
        label,
        start=start if light is None else in_light(start, light),
        samples_per_step=samples_per_step,
    )


@torch.no_grad()
def stream_denoise(
    model: Model,
    noisy: Tensor,
    sigma: Level | Sequence[float] | None = None,
    *,
    label: Label = None,
) -> Iterator[Step]:
    """Clean pictures with Gaussian noise in one network evaluation: f(noisy, sigma).

    noisy: (B, 3, H, W), clean ones being in [-1, 1], of the model's size. sigma: the noise level,
    within the model's, of all or (B,) of each; None estimates that of each alone (Donoho and
    Johnstone 1994). label: one of the model, or (B,); None is any. The Step's sigma is what was
    used, its x0 is (B, 3, H, W). Raises ImageError, SettingError.
    """
    check_size(check_picture(noisy, "noisy picture", noisy=True), model)
    model = adapt(model)
    low, high = model.sigma_min, model.sigma_max
    sigma = estimate_sigma(noisy, low, high) if sigma is None else sigma
    (sigma,) = levels([sigma], noisy.shape[0])
    for one in sigma.tolist() if isinstance(sigma, Tensor) else [sigma]:
        check_between(one, low, high, "sigma")
    noisy = noisy.to(model.device)
    yield Step(0, sigma, noisy, model(noisy, sigma, label).clamp(-1, 1))


inpaint = last_of(stream_inpaint, last_x0)
colorize = last_of(stream_colorize, last_x0)
stroke = last_of(stream_stroke, last_x0)
denoise = last_of(stream_denoise, last_x0)
