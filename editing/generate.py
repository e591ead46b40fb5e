"""Pictures from noise alone: the consistency model and its diffusion teacher.

A seed is one picture's noise: every function here gives it the same picture, alone or in a batch.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from cm_core.adapter import Model, adapt
from cm_core.errors import SettingError
from cm_core.model import Label
from cm_core.noise import Generators, each, generators, randn
from cm_core.samplers import stream_euler, stream_heun, stream_multistep
from cm_core.schedule import ddim_sigmas, karras_sigmas
from cm_core.stream import Step, last_of, last_x0
from editing.checks import check_between

Sigmas = Sequence[float] | Tensor | None
SOLVERS = {"heun": stream_heun, "euler": stream_euler, "ddim": stream_euler}
MAX_FRAMES = 256


def stream_generate(
    model: Model,
    seed: int | Sequence[int] = 0,
    steps: int = 1,
    *,
    label: Label = None,
    generator: Generators | None = None,
    sigmas: Sigmas = None,
    size: int | None = None,
) -> Iterator[Step]:
    """A picture a seed from noise, by multistep consistency sampling (Song et al. 2023, Alg. 1).

    seed: one, or a list of them; generator, one or several, takes its place. steps: noise
    levels; sigmas gives them instead, positive and descending. label: one of the model, or one a
    picture; None is any. size: the side of the pictures. A callable that does not know its own
    needs sigmas and size. A Step's x0 is (number of seeds, 3, H, W), in [-1, 1] where the model
    clips. Raises SettingError.
    """
    seeds = each(seed)
    batch = len(seeds)
    if generator is None:
        generator = generators(seeds, batch)
    elif not isinstance(generator, torch.Generator):
        batch = len(generator)
    model = adapt(model)
    side = model.side(size)
    noise = randn((batch, 3, side, side), generator).to(model.device)
    return stream_multistep(
        model,
        noise,
        model.sigmas_for(steps) if sigmas is None else sigmas,
        generator,
        label,
        clip=model.clip,
    )


def stream_teacher(
    teacher: Model,
    seed: int | Sequence[int] = 0,
    levels: int = 18,
    *,
    solver: str = "heun",
    label: Label = None,
    size: int | None = None,
) -> Iterator[Step]:
    """The diffusion teacher's walk from the same noise as `stream_generate`, a Step an evaluation.

    seed: one, or a list of them. levels: of the grid, 1 to 1000; `teacher_evaluations` says what
    they cost. solver: "heun" or "euler" over the grid of Karras et al. (2022, eq. 5), or "ddim",
    which takes Euler's steps over DDPM's timesteps. label: one of the model, or one a picture;
    None is any. size: the side of the pictures, needed only for a callable that does not know its
    own. A Step's x0 is (number of seeds, 3, H, W). Raises SettingError.
    """
    teacher_evaluations(levels, solver)
    teacher, seeds = adapt(teacher), each(seed)
    batch, side = len(seeds), teacher.side(size)
    noise = randn((batch, 3, side, side), generators(seeds, batch)).to(teacher.device)
    low, high = teacher.sigma_min, teacher.sigma_max
    grid = ddim_sigmas(levels, high) if solver == "ddim" else karras_sigmas(levels, low, high)
    return SOLVERS[solver](teacher, noise, grid, label)


def teacher_evaluations(levels: int, solver: str = "heun") -> int:
    """Network evaluations of a walk over n noise levels: n by Euler or DDIM, 2 n - 1 by Heun."""
    if solver not in SOLVERS:
        raise SettingError(f"There is no solver '{solver}': choose {' or '.join(SOLVERS)}.")
    check_between(levels, 1, 1000, "levels")
    return 2 * levels - 1 if solver == "heun" else levels


def on_path(walk: Iterable[Step]) -> list[Step]:
    """The steps of a teacher's walk that lie on its path, a noise level each.

    Heun looks ahead to the next level before it goes there: the last visit to a level counts.
    """
    return list({step.sigma: step for step in walk}.values())


@torch.no_grad()
def self_consistency(
    model: Model, walk: Iterable[Step], count: int = 9, *, label: Label = None
) -> list[Step]:
    """f(x_t, t) at up to `count` points spread evenly over one teacher's walk, noisiest first.

    walk: the Steps of `stream_teacher`. count: 1 to 256. Each Step returned holds the point x and
    the model's answer x0: a perfect model gives the same picture everywhere (Song et al. 2023,
    section 3). Raises SettingError.
    """
    check_between(count, 1, MAX_FRAMES, "count")
    path = on_path(walk)
    if not path:
        raise SettingError("The teacher's walk is empty: run it first.")
    spacing = (len(path) - 1) / max(count - 1, 1)
    chosen = [path[i] for i in dict.fromkeys(round(k * spacing) for k in range(count))]
    return [
        Step(i, step.sigma, step.x, model(step.x, step.sigma, label))
        for i, step in enumerate(chosen)
    ]


def apart(steps: Sequence[Step]) -> float:
    """The mean distance of neighbouring answers, the root mean square over pixels; 0 is consistent.

    Raises SettingError for fewer than two.
    """
    if len(steps) < 2:
        raise SettingError("Distances are between neighbours: give two answers or more.")
    gaps = [(a.x0 - b.x0).square().mean().sqrt() for a, b in itertools.pairwise(steps)]
    return float(torch.stack(gaps).mean())


generate = last_of(stream_generate, last_x0)
sample_teacher = last_of(stream_teacher, last_x0, "sample_teacher")
