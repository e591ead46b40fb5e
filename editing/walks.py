"""Walks between pictures from noise alone: from seed to seed, and from label to label.

An end of a walk or a corner of a grid is what `generate` makes of its seed and label.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from cm_core.adapter import Adapter, Model, adapt
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import each, generators, randn
from cm_core.samplers import levels, renoise_std
from cm_core.stream import Step, last_of, last_x0
from editing.checks import check_between
from editing.generate import MAX_FRAMES, Sigmas


def slerp(a: Tensor, b: Tensor, weight: float) -> Tensor:
    """Spherical interpolation from a (weight 0) to b (weight 1); exact at both."""
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle.sin() < 1e-6:
        return torch.lerp(a, b, weight)
    return ((1 - weight) * angle).sin() / angle.sin() * a + (weight * angle).sin() / angle.sin() * b


def along(count: int) -> list[float]:
    """So many weights, evenly from 0 to 1."""
    return [i / (count - 1) for i in range(count)]


def stream_interpolate(
    model: Model,
    seed_a: int,
    seed_b: int,
    frames: int = 16,
    steps: int = 1,
    *,
    labels: Sequence[int | None] | None = None,
    label: Label = None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between two seeds' noises, by spherical interpolation (White 2016).

    frames: 2 to 256, in one batch; the first and the last are what `generate` makes of the seeds.
    label: one of the model for all frames; labels instead: one for each end, whose embeddings are
    mixed on the way. steps: noise levels of each frame; sigmas gives them instead, positive and
    descending. size: the side of the pictures. A callable that does not know its own needs sigmas
    and size. A Step's x0 is (frames, 3, H, W). Raises SettingError.
    """
    model = adapt(model)
    check_between(frames, 2, MAX_FRAMES, "frames")

    def mix(noises: Sequence[Tensor]) -> Tensor:
        a, b = noises
        return torch.cat([slerp(a, b, u) for u in along(frames)])

    weights = torch.tensor([(1 - u, u) for u in along(frames)])
    told = label_of_frames(model, label, labels, weights)
    grid = model.sigmas_for(steps) if sigmas is None else sigmas
    return _stream_mixed(model, (seed_a, seed_b), mix, grid, model.side(size), told)


def stream_interpolate_grid(
    model: Model,
    seeds: Sequence[int],
    rows: int = 5,
    columns: int = 5,
    steps: int = 1,
    *,
    labels: Sequence[int | None] | None = None,
    label: Label = None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between four seeds' noises: spherical along top and bottom, then across.

    seeds, and labels where corners have their own: top left, top right, bottom left, bottom right.
    rows, columns: 2 or more, at most 256 pictures in all. The other options are those of
    `interpolate`. A Step's x0 is (rows * columns, 3, H, W), row by row. Raises SettingError.
    """
    model, seeds = adapt(model), each(seeds)
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
    grid = model.sigmas_for(steps) if sigmas is None else sigmas
    return _stream_mixed(model, seeds, mix, grid, model.side(size), told)


def label_of_frames(
    model: Adapter, label: Label, labels: Sequence[int | None] | None, weights: Tensor
) -> Label:
    """One label for all frames, or those of n ends mixed for each by weights (frames, n)."""
    if labels is None:
        return label
    if label is not None:
        raise SettingError("Give one label for all frames, or labels of the ends, not both.")
    if len(labels) != weights.shape[1]:
        raise SettingError(f"Give each of {weights.shape[1]} ends a label, not {len(labels)}.")
    if len(set(labels)) == 1:
        return labels[0]
    return model.between(labels, weights)


@torch.no_grad()
def _stream_mixed(
    model: Adapter,
    seeds: Sequence[int],
    mix: Callable[[Sequence[Tensor]], Tensor],
    sigmas: Sequence[float] | Tensor,
    side: int,
    label: Label,
) -> Iterator[Step]:
    """Multistep sampling from mixtures of the seeds' noises.

    The noise of later steps is mixed as the first is, so that an end of the walk is what
    `stream_generate` makes of its seed.
    """
    draws = [generators(seed, 1) for seed in seeds]
    x0 = None
    for index, sigma in enumerate(levels(sigmas)):
        noise = mix([randn((1, 3, side, side), draw) for draw in draws]).to(model.device)
        x = sigma * noise if x0 is None else x0 + renoise_std(sigma, model.sigma_min) * noise
        x0 = model(x, sigma, label)
        if model.clip:
            x0 = x0.clamp(-1, 1)
        yield Step(index, sigma, x, x0)


interpolate = last_of(stream_interpolate, last_x0)
interpolate_grid = last_of(stream_interpolate_grid, last_x0)
