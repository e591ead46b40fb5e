"""The zero-shot tasks. Each is an operator, a list of noise levels and the one sampler.

Every task takes `label`, `generator` (instead of `seed`), `sigmas` (instead of `steps`) and
`on_step`; `steps` counts network evaluations. `stream_*` yields the steps of the same edit.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.noise import Generators, generators, randn
from cm_core.samplers import Model, Step, last, stream_multistep
from editing.checks import check_between, check_mask, check_picture, check_range, check_size
from editing.operators import (
    ColourHints,
    Grey,
    Mask,
    PatchMean,
    enlarge,
    grey_picture,
    tint,
)
from editing.sampler import masked_multistep

OnStep = Callable[[Step], None] | None
Sigmas = Sequence[float] | Tensor | None
MAX_STEPS = 1000

# First and last noise level of each edit. The first must drown what is free and no more: noise
# above it would only hide what is measured. Super-resolution's grows with the patch.
INPAINT_SIGMAS = (20.0, 0.6)
COLORIZE_SIGMAS = (2.0, 0.3)
SUPER_RESOLVE_SIGMAS = (0.35, 0.2)  # the first times the patch's side
STROKE_SIGMAS = (0.3, 20.0)  # at strength 0 and at strength 1


def spaced(first: float, final: float, steps: int) -> list[float]:
    """Noise levels evenly spaced in log, one a step; a single step uses the first."""
    if not 1 <= steps <= MAX_STEPS:
        raise SettingError(f"steps counts network evaluations, 1 to {MAX_STEPS}, not {steps}.")
    if steps == 1:
        return [first]
    ratio = math.log(final / first) / (steps - 1)
    return [first * math.exp(i * ratio) for i in range(steps)]


def _random(seed: int | Sequence[int], generator: Generators | None, batch: int) -> Generators:
    return generators(seed, batch) if generator is None else generator


def stream_inpaint(
    model: Model,
    image: Tensor,
    mask: Tensor,
    steps: int = 4,
    seed: int | Sequence[int] = 0,
    *,
    label=None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Repaint the pixels where mask is 1, keeping the others. mask (B or 1, 1, H, W)."""
    check_size(check_range(check_picture(image)), model)
    return masked_multistep(
        model,
        Mask(check_mask(mask, image)),
        image,
        spaced(*INPAINT_SIGMAS, steps) if sigmas is None else sigmas,
        _random(seed, generator, image.shape[0]),
        label,
    )


def stream_colorize(
    model: Model,
    image: Tensor,
    steps: int = 4,
    seed: int | Sequence[int] = 0,
    hints: Tensor | None = None,
    *,
    label=None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Colour a picture, keeping its luma. image (B, 3 or 1, H, W); its own colour is not used.

    hints (B, 4, H, W): colour in [-1, 1] and, in the fourth channel, 1 where it was dabbed.
    """
    image = check_picture(image, channels=(3, 1)).expand(-1, 3, -1, -1)
    check_size(check_range(image), model)
    grey, operator = grey_picture(image), Grey()
    if hints is not None:
        hinted = check_size(check_picture(hints, "colour hint", (4,)), model)[:, 3:].to(image)
        operator = ColourHints(hinted)
        grey = tint(grey, hints[:, :3].to(image), hinted)
    return masked_multistep(
        model,
        operator,
        grey,
        spaced(*COLORIZE_SIGMAS, steps) if sigmas is None else sigmas,
        _random(seed, generator, image.shape[0]),
        label,
        start=grey,
    )


def stream_super_resolve(
    model: Model,
    small: Tensor,
    steps: int = 4,
    seed: int | Sequence[int] = 0,
    *,
    label=None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """Enlarge a small picture to the model's size, keeping the mean of every patch.

    size: the side of the result, needed only for a callable that does not know its own.
    """
    check_range(check_picture(small, "small picture"))
    config = getattr(model, "config", None)
    size = size or getattr(config, "image_size", None)
    if size is None:
        raise SettingError("Give size, the side of the result: this model does not say its own.")
    height, width = small.shape[-2:]
    if height != width or size % height or size == height:
        sides = ", ".join(str(size // f) for f in (2, 4, 8))
        raise SettingError(
            f"A {width}x{height} picture cannot be enlarged to {size}x{size} by a whole factor: "
            f"send a square one of side {sides}."
        )
    factor = size // height
    first = SUPER_RESOLVE_SIGMAS[0] * factor
    return masked_multistep(
        model,
        PatchMean(factor),
        enlarge(small, factor),
        spaced(first, SUPER_RESOLVE_SIGMAS[1], steps) if sigmas is None else sigmas,
        _random(seed, generator, small.shape[0]),
        label,
    )


def stream_stroke(
    model: Model,
    painting: Tensor,
    strength: float = 0.5,
    steps: int = 2,
    seed: int | Sequence[int] = 0,
    *,
    mask: Tensor | None = None,
    label=None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Finish a painting: from its strokes plus noise down (SDEdit, Meng et al. 2022).

    strength 0 follows the strokes, 1 takes them as a hint. With a mask, only there.
    """
    check_size(check_range(check_picture(painting, "painting")), model)
    low, high = STROKE_SIGMAS
    first = low * (high / low) ** check_between(strength, 0, 1, "strength")
    everywhere = torch.ones_like(painting[:1, :1])
    return masked_multistep(
        model,
        Mask(everywhere if mask is None else check_mask(mask, painting)),
        painting,
        spaced(first, min(first / 2, 0.6), steps) if sigmas is None else sigmas,
        _random(seed, generator, painting.shape[0]),
        label,
        start=painting,
    )


@torch.no_grad()
def stream_denoise(
    model: Model, noisy: Tensor, sigma: float | None = None, *, label=None
) -> Iterator[Step]:
    """Clean a picture with Gaussian noise of a known level, or of an estimated one, in one step."""
    check_size(check_picture(noisy, "noisy picture"), model)
    sigma = estimate_sigma(noisy) if sigma is None else sigma
    check_between(sigma, 0.002, 80, "sigma")
    yield Step(0, sigma, noisy, model(noisy, sigma, label).clamp(-1, 1))


def stream_interpolate(
    model: Model,
    seed_a: int,
    seed_b: int,
    frames: int = 16,
    steps: int = 1,
    *,
    label=None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between two seeds' noises, all frames in one batch, (frames, 3, H, W).

    Spherical interpolation keeps the noise as long as the network knows it. Later steps inject the
    same noise into every frame.
    """
    check_between(frames, 2, 256, "frames")
    config = getattr(model, "config", None)
    size = size or getattr(config, "image_size", None)
    if size is None:
        raise SettingError("Give size, the side of the pictures: this model does not say its own.")
    if sigmas is None:
        sigmas = model.sigmas_for(steps)
    shape = (1, 3, size, size)
    a, b = (randn(shape, generators(seed, 1)) for seed in (seed_a, seed_b))
    noise = torch.cat([slerp(a, b, i / (frames - 1)) for i in range(frames)])
    draw = generators([seed_a] * frames, frames)
    for g in draw:
        torch.randn(shape, generator=g)  # past the noise that seed_a itself began with
    noise = noise.to(getattr(model, "device", "cpu"))
    return stream_multistep(model, noise, sigmas, draw, label, clip=True)


def slerp(a: Tensor, b: Tensor, weight: float) -> Tensor:
    """Spherical interpolation from a (weight 0) to b (weight 1)."""
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle.sin() < 1e-6:
        return torch.lerp(a, b, weight)
    return ((1 - weight) * angle).sin() / angle.sin() * a + (weight * angle).sin() / angle.sin() * b


def estimate_sigma(noisy: Tensor) -> float:
    """Noise level of pictures, from the median of the finest diagonal Haar wavelet.

    After Donoho and Johnstone (1994): median |d| / 0.6745. The picture's own edges are rare in d.
    """
    x = noisy.float()
    d = (x[..., ::2, ::2] - x[..., ::2, 1::2] - x[..., 1::2, ::2] + x[..., 1::2, 1::2]) / 2
    return min(max(float(d.abs().median()) / 0.6745, 0.002), 80.0)


def inpaint(model, image, mask, steps=4, seed=0, *, on_step: OnStep = None, **options) -> Tensor:
    """The last x0 of `stream_inpaint`: (B, 3, H, W)."""
    return last(stream_inpaint(model, image, mask, steps, seed, **options), on_step)


def colorize(
    model, grey_or_image, steps=4, seed=0, hints=None, *, on_step: OnStep = None, **options
) -> Tensor:
    """The last x0 of `stream_colorize`: (B, 3, H, W)."""
    return last(stream_colorize(model, grey_or_image, steps, seed, hints, **options), on_step)


def super_resolve(model, small, steps=4, seed=0, *, on_step: OnStep = None, **options) -> Tensor:
    """The last x0 of `stream_super_resolve`: (B, 3, size, size)."""
    return last(stream_super_resolve(model, small, steps, seed, **options), on_step)


def stroke(
    model, painting, strength=0.5, steps=2, seed=0, *, on_step: OnStep = None, **options
) -> Tensor:
    """The last x0 of `stream_stroke`: (B, 3, H, W)."""
    return last(stream_stroke(model, painting, strength, steps, seed, **options), on_step)


def denoise(model, noisy, sigma=None, *, on_step: OnStep = None, **options) -> Tensor:
    """The x0 of `stream_denoise`: (B, 3, H, W)."""
    return last(stream_denoise(model, noisy, sigma, **options), on_step)


def interpolate(
    model, seed_a, seed_b, frames=16, steps=1, *, on_step: OnStep = None, **options
) -> Tensor:
    """The last x0 of `stream_interpolate`: (frames, 3, H, W)."""
    return last(stream_interpolate(model, seed_a, seed_b, frames, steps, **options), on_step)
