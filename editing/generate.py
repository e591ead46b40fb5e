"""Pictures from noise alone: the consistency model, its diffusion teacher, walks between seeds.

A seed is one picture's noise: every function here gives it the same picture, alone, in a batch, at
an end of a walk or at a corner of a grid, unless a walk asks for more variety.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.noise import Generators, generators, randn
from cm_core.samplers import (
    Model,
    Step,
    begin,
    last,
    spread,
    stream_euler,
    stream_heun,
    stream_multistep,
)
from cm_core.samplers import levels as checked
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN, karras_sigmas
from editing.checks import check_between, model_side

OnStep = Callable[[Step], None] | None
Sigmas = Sequence[float] | Tensor | None
SOLVERS = {"heun": stream_heun, "euler": stream_euler}
MAX_FRAMES = 256
MOST_VARIETY = 10


def _about(model: Model, name: str, otherwise):
    """What a model's config says, or the usual for a plain callable."""
    return getattr(getattr(model, "config", None), name, otherwise)


def _sigmas(model: Model, steps: int, sigmas: Sigmas) -> Sequence[float] | Tensor:
    if sigmas is not None:
        return sigmas
    if not hasattr(model, "sigmas_for"):
        raise SettingError("Give sigmas, the noise levels: this model does not say its own.")
    return model.sigmas_for(steps)


def stream_generate(
    model: Model,
    seed: int | Sequence[int] = 0,
    steps: int = 1,
    *,
    label=None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """A picture a seed from noise, by multistep consistency sampling (Song et al. 2023, Alg. 1).

    Steps hold (number of seeds, 3, H, W); with a generator instead, a picture a generator. sigmas
    and size are needed only for a callable that does not know its own.
    """
    batch = 1 if isinstance(seed, int) else len(seed)
    if generator is None:
        generator = generators(seed, batch)
    elif not isinstance(generator, torch.Generator):
        batch = len(generator)
    side = model_side(model, size)
    noise = randn((batch, 3, side, side), generator).to(getattr(model, "device", "cpu"))
    return stream_multistep(
        model,
        noise,
        _sigmas(model, steps, sigmas),
        generator,
        label,
        _about(model, "sigma_min", SIGMA_MIN),
        clip=_about(model, "clip", True),
    )


def stream_teacher(
    teacher: Model,
    seed: int | Sequence[int] = 0,
    levels: int = 18,
    *,
    solver: str = "heun",
    label=None,
    size: int | None = None,
) -> Iterator[Step]:
    """The diffusion teacher's walk from the same noise as `stream_generate`, a Step an evaluation.

    levels levels of the Karras grid; see `teacher_evaluations` for what they cost.
    """
    teacher_evaluations(levels, solver)
    batch, side = (1 if isinstance(seed, int) else len(seed)), model_side(teacher, size)
    noise = randn((batch, 3, side, side), generators(seed, batch))
    low, high = _about(teacher, "sigma_min", SIGMA_MIN), _about(teacher, "sigma_max", SIGMA_MAX)
    grid = karras_sigmas(levels, low, high)
    return SOLVERS[solver](teacher, noise.to(getattr(teacher, "device", "cpu")), grid, label)


def teacher_evaluations(levels: int, solver: str = "heun") -> int:
    """Network evaluations of a walk over n noise levels: n by Euler, 2 n - 1 by Heun."""
    if solver not in SOLVERS:
        raise SettingError(f"There is no solver '{solver}': choose {' or '.join(SOLVERS)}.")
    check_between(levels, 1, 1000, "levels")
    return levels if solver == "euler" else 2 * levels - 1


def on_path(walk: Iterable[Step]) -> list[Step]:
    """The steps of a teacher's walk that lie on its path, a noise level each.

    Heun looks ahead to the next level before it goes there: the last visit to a level counts.
    """
    return list({step.sigma: step for step in walk}.values())


@torch.no_grad()
def self_consistency(
    model: Model, walk: Iterable[Step], count: int = 9, *, label=None
) -> list[Step]:
    """f(x_t, t) at up to `count` points spread evenly over one teacher's walk, noisiest first.

    Each Step holds the point x and the model's answer x0: for a perfect model the same picture
    everywhere (Song et al. 2023, section 3).
    """
    check_between(count, 1, MAX_FRAMES, "count")
    path = on_path(walk)
    if not path:
        raise SettingError("The teacher's walk is empty: run it first.")
    apart = (len(path) - 1) / max(count - 1, 1)
    chosen = [path[i] for i in dict.fromkeys(round(k * apart) for k in range(count))]
    return [
        Step(i, step.sigma, step.x, model(step.x, step.sigma, label))
        for i, step in enumerate(chosen)
    ]


def slerp(a: Tensor, b: Tensor, weight: float) -> Tensor:
    """Spherical interpolation from a (weight 0) to b (weight 1); exact at both."""
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle.sin() < 1e-6:
        return torch.lerp(a, b, weight)
    return ((1 - weight) * angle).sin() / angle.sin() * a + (weight * angle).sin() / angle.sin() * b


@torch.no_grad()
def _stream_mixed(
    model: Model,
    seeds: Sequence[int],
    mix: Callable[[Sequence[Tensor]], Tensor],
    sigmas: Sequence[float],
    side: int,
    label,
    variety: float,
) -> Iterator[Step]:
    """Multistep sampling from mixtures of the seeds' noises.

    The noise of later steps is mixed as the first is, so that a pure seed stays what
    `stream_generate` makes of it. The first is `variety` times as strong, but no stronger than the
    model is told: one without a `boost` below 1 leaves no room.
    """
    draws = [generators(seed, 1) for seed in seeds]
    low, clip = _about(model, "sigma_min", SIGMA_MIN), _about(model, "clip", True)
    check_between(variety, 0, MOST_VARIETY, "variety")
    first = min(variety, max(1.0, 1 / _about(model, "boost", 1.0)))
    x0 = None
    for index, sigma in enumerate(sigmas):
        noise = mix([randn((1, 3, side, side), draw) for draw in draws]).to(
            getattr(model, "device", "cpu")
        )
        if x0 is None:
            x = begin(model, first * noise, sigma)
        else:
            x = x0 + spread(model, sigma, low) * noise
        x0 = model(x, sigma, label)
        if clip:
            x0 = x0.clamp(-1, 1)
        yield Step(index, sigma, x, x0)


def stream_interpolate(
    model: Model,
    seed_a: int,
    seed_b: int,
    frames: int = 16,
    steps: int = 1,
    *,
    variety: float = 1.0,
    label=None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between two seeds' noises, all frames in one batch, (frames, 3, H, W).

    Spherical interpolation keeps the noise as long as the network knows it. The ends are what
    `generate` makes of the seeds. A variety above 1 makes the first noise so many times stronger,
    as far as the model's `boost` leaves room: frames differ more, the ends from `generate` too.
    """
    check_between(frames, 2, MAX_FRAMES, "frames")
    side, grid = model_side(model, size), checked(_sigmas(model, steps, sigmas))

    def mix(noises: Sequence[Tensor]) -> Tensor:
        return torch.cat([slerp(*noises, i / (frames - 1)) for i in range(frames)])

    return _stream_mixed(model, (seed_a, seed_b), mix, grid, side, label, variety)


def stream_interpolate_grid(
    model: Model,
    seeds: Sequence[int],
    rows: int = 5,
    columns: int = 5,
    steps: int = 1,
    *,
    variety: float = 1.0,
    label=None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The pictures between four seeds' noises, (rows * columns, 3, H, W), row by row.

    seeds: top left, top right, bottom left, bottom right. Spherical along the top and the bottom,
    then across. The corners are what `generate` makes of the seeds; variety as between two.
    """
    if len(seeds) != 4:
        raise SettingError(f"A grid has four corners: give four seeds, not {len(seeds)}.")
    check_between(rows, 2, MAX_FRAMES, "rows")
    check_between(columns, 2, MAX_FRAMES, "columns")
    check_between(rows * columns, 4, MAX_FRAMES, "rows times columns")
    side, grid = model_side(model, size), checked(_sigmas(model, steps, sigmas))

    def mix(noises: Sequence[Tensor]) -> Tensor:
        a, b, c, d = noises
        across = [i / (columns - 1) for i in range(columns)]
        ends = [(slerp(a, b, u), slerp(c, d, u)) for u in across]
        down = [j / (rows - 1) for j in range(rows)]
        return torch.cat([slerp(top, bottom, v) for v in down for top, bottom in ends])

    return _stream_mixed(model, seeds, mix, grid, side, label, variety)


def generate(model, seed=0, steps=1, *, on_step: OnStep = None, **options) -> Tensor:
    """The last x0 of `stream_generate`: (number of seeds, 3, H, W)."""
    return last(stream_generate(model, seed, steps, **options), on_step)


def sample_teacher(teacher, seed=0, levels=18, *, on_step: OnStep = None, **options) -> Tensor:
    """The last x0 of `stream_teacher`: (number of seeds, 3, H, W)."""
    return last(stream_teacher(teacher, seed, levels, **options), on_step)


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
