"""Walks between pictures from noise alone: from seed to seed, and from label to label.

An end of a walk or a corner of a grid is what `generate` makes of its seed and label.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.noise import generators, randn
from cm_core.samplers import Model, Step, last, levels, lowest, renoise_std
from editing.checks import check_between, model_side
from editing.generate import MAX_FRAMES, OnStep, Sigmas, about, sigmas_of


def slerp(a: Tensor, b: Tensor, weight: float) -> Tensor:
    """Spherical interpolation from a (weight 0) to b (weight 1); exact at both."""
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle.sin() < 1e-6:
        return torch.lerp(a, b, weight)
    return ((1 - weight) * angle).sin() / angle.sin() * a + (weight * angle).sin() / angle.sin() * b


def along(count: int) -> list[float]:
    """Places of so many frames on a walk, evenly from 0 to 1."""
    return [i / (count - 1) for i in range(count)]


def stream_interpolate(
    model: Model,
    seed_a: int,
    seed_b: int,
    frames: int = 16,
    steps: int = 1,
    *,
    labels: Sequence[int | None] | None = None,
    label=None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between two seeds' noises, all frames in one batch, (frames, 3, H, W).

    Spherical interpolation keeps the noise as long as the network knows it. label is one for all
    frames; labels instead are the ends' own, and what the network is told goes over from the first
    to the second evenly.
    """
    check_between(frames, 2, MAX_FRAMES, "frames")

    def mix(noises: Sequence[Tensor]) -> Tensor:
        return torch.cat([slerp(*noises, u) for u in along(frames)])

    weights = torch.tensor([(1 - u, u) for u in along(frames)])
    told = label_of_frames(model, label, labels, weights)
    grid, side = sigmas_of(model, steps, sigmas), model_side(model, size)
    return _stream_mixed(model, (seed_a, seed_b), mix, grid, side, told)


def stream_interpolate_grid(
    model: Model,
    seeds: Sequence[int],
    rows: int = 5,
    columns: int = 5,
    steps: int = 1,
    *,
    labels: Sequence[int | None] | None = None,
    label=None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between four seeds' noises, (rows * columns, 3, H, W), row by row.

    seeds, and labels where corners have their own: top left, top right, bottom left, bottom right.
    Spherical along the top and the bottom, then across.
    """
    if len(seeds) != 4:
        raise SettingError(f"A grid has four corners: give four seeds, not {len(seeds)}.")
    check_between(rows, 2, MAX_FRAMES, "rows")
    check_between(columns, 2, MAX_FRAMES, "columns")
    check_between(rows * columns, 4, MAX_FRAMES, "rows times columns")
    places = [(u, v) for v in along(rows) for u in along(columns)]

    def mix(noises: Sequence[Tensor]) -> Tensor:
        a, b, c, d = noises
        ends = {u: (slerp(a, b, u), slerp(c, d, u)) for u in along(columns)}
        return torch.cat([slerp(*ends[u], v) for u, v in places])

    weights = torch.tensor(
        [((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v) for u, v in places]
    )
    told = label_of_frames(model, label, labels, weights)
    grid, side = sigmas_of(model, steps, sigmas), model_side(model, size)
    return _stream_mixed(model, seeds, mix, grid, side, told)


def label_of_frames(
    model: Model, label, labels: Sequence[int | None] | None, weights: Tensor
) -> int | Tensor | None:
    """One label for all frames, or those of n ends mixed for each by weights (frames, n)."""
    if labels is None:
        return label
    if label is not None:
        raise SettingError("Give one label for all frames, or labels of the ends, not both.")
    if len(labels) != weights.shape[1]:
        raise SettingError(f"Give each of {weights.shape[1]} ends a label, not {len(labels)}.")
    if len(set(labels)) == 1:
        return labels[0]
    if not hasattr(model, "between"):
        raise SettingError("This model does not say what lies between labels: give one for all.")
    return model.between(labels, weights)


@torch.no_grad()
def _stream_mixed(
    model: Model,
    seeds: Sequence[int],
    mix: Callable[[Sequence[Tensor]], Tensor],
    sigmas: Sequence[float],
    side: int,
    label,
) -> Iterator[Step]:
    """Multistep sampling from mixtures of the seeds' noises.

    The noise of later steps is mixed as the first is, so that a pure seed stays what
    `stream_generate` makes of it.
    """
    draws = [generators(seed, 1) for seed in seeds]
    low, clip = lowest(model), about(model, "clip", True)
    x0 = None
    for index, sigma in enumerate(levels(sigmas)):
        noise = mix([randn((1, 3, side, side), draw) for draw in draws]).to(
            getattr(model, "device", "cpu")
        )
        x = sigma * noise if x0 is None else x0 + renoise_std(sigma, low) * noise
        x0 = model(x, sigma, label)
        if clip:
            x0 = x0.clamp(-1, 1)
        yield Step(index, sigma, x, x0)


def interpolate(
    model, seed_a, seed_b, frames=16, steps=1, *, on_step: OnStep = None, **options
) -> Tensor:
    """The last x0 of `stream_interpolate`: (frames, 3, H, W)."""
    return last(stream_interpolate(model, seed_a, seed_b, frames, steps, **options), on_step)


def interpolate_grid(
    model, seeds, rows=5, columns=5, steps=1, *, on_step: OnStep = None, **options
) -> Tensor:
    """The last x0 of `stream_interpolate_grid`: (rows * columns, 3, H, W)."""
    return last(stream_interpolate_grid(model, seeds, rows, columns, steps, **options), on_step)
