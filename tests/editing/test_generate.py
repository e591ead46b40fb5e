import dataclasses

import pytest
import torch

from cm_core.errors import SettingError
from cm_core.noise import generators, randn
from cm_core.samplers import sample_heun, sample_multistep
from cm_core.schedule import karras_sigmas
from editing import (
    add_noise,
    generate,
    interpolate,
    interpolate_grid,
    sample_teacher,
    self_consistency,
    stream_generate,
    stream_interpolate_grid,
    stream_teacher,
)
from editing.generate import on_path, slerp, teacher_evaluations
from tests.gaussian import consistency, denoiser

SIDE = 16
CLOSED = {"size": SIDE, "sigmas": [80.0]}


def test_generate_is_multistep_sampling_from_the_seeds_noise(model):
    draw = generators(4, 1)
    noise, sigmas = randn((1, 3, SIDE, SIDE), draw), model.sigmas_for(3)
    wanted = sample_multistep(model, noise, sigmas, draw, clip=True)
    assert torch.equal(generate(model, 4, 3), wanted)
    *_, step = stream_generate(model, 4, 3)
    assert torch.equal(step.x0, wanted) and step.index == 2


def test_seeds_decide_alone_and_in_a_batch(model):
    together = generate(model, [5, 9, 2], 3)
    for i, seed in enumerate((5, 9, 2)):
        assert torch.allclose(together[i : i + 1], generate(model, seed, 3), atol=1e-4)
    assert torch.equal(generate(model, steps=2, generator=generators(7, 1)), generate(model, 7, 2))


def test_teachers_walk_starts_at_the_same_noise_and_is_counted():
    for solver, cost in (("heun", 9), ("euler", 5)):
        walk = list(stream_teacher(denoiser, 3, 5, solver=solver, size=SIDE))
        assert len(walk) == cost == teacher_evaluations(5, solver)
        assert [step.index for step in walk] == list(range(cost))
        first = next(stream_generate(consistency, 3, **CLOSED))
        assert torch.allclose(walk[0].x, first.x)
        assert [s.sigma for s in on_path(walk)] == pytest.approx(karras_sigmas(5).tolist())
    noise = randn((1, 3, SIDE, SIDE), generators(3, 1))
    made = sample_teacher(denoiser, 3, 5, size=SIDE)
    assert torch.equal(made, sample_heun(denoiser, noise, karras_sigmas(5)))


def test_self_consistency_of_the_true_function_on_the_true_path():
    """On the exact path f answers the same picture from every point; Heun's comes close."""
    walk = list(stream_teacher(denoiser, 1, 200, size=SIDE))
    same = self_consistency(consistency, walk, 7)
    assert len(same) == 7 and same[0].sigma == 80 and same[-1].sigma == pytest.approx(0.002)
    for step in same:
        assert torch.allclose(step.x0, same[-1].x0, atol=5e-3)
        assert torch.equal(step.x0, consistency(step.x, step.sigma))
    assert len(self_consistency(consistency, walk[:3], 9)) == 2  # no more than the walk has
    assert len(self_consistency(consistency, walk, 1)) == 1


def test_grid_corners_are_the_seeds_pictures(model):
    seeds = (4, 8, 15, 16)
    for steps in (1, 3):
        made = interpolate_grid(model, seeds, 3, 4, steps)
        assert made.shape == (12, 3, SIDE, SIDE)
        for at, seed in zip((0, 3, 8, 11), seeds, strict=True):
            assert torch.allclose(made[at : at + 1], generate(model, seed, steps), atol=1e-4)


def test_grid_noise_is_exact_at_the_corners_and_spherical_between():
    a, b, c, d = (randn((1, 3, SIDE, SIDE), generators(s, 1)) for s in range(4))
    step = next(stream_interpolate_grid(consistency, range(4), 3, 5, **CLOSED))
    x = step.x / 80
    for at, corner in zip((0, 4, 10, 14), (a, b, c, d), strict=True):
        assert torch.allclose(x[at], corner[0], atol=1e-6)
    assert torch.allclose(x[7], slerp(slerp(a, b, 0.5), slerp(c, d, 0.5), 0.5)[0], atol=1e-5)
    assert x.flatten(1).norm(dim=1).std() < 0.5  # 27.7 long, all of them
    top = next(stream_interpolate_grid(consistency, (0, 1, 0, 1), 2, 5, **CLOSED)).x
    assert torch.allclose(top[:5], top[5:], atol=1e-4)


def test_walks_begin_around_the_models_mean(model):
    """Where pictures of a seed do, the ends of a walk between seeds do too."""
    moved = model.with_net(model.net)
    moved.config = dataclasses.replace(model.config, mean=(0.7, 0.6, 0.5))
    frames = interpolate(moved, 4, 8, frames=3)
    assert torch.allclose(frames[:1], generate(moved, 4), atol=1e-4)
    assert (frames[:1] - generate(model, 4)).abs().max() > 1e-3
    first = next(stream_generate(moved, 4)).x - next(stream_generate(model, 4)).x
    assert torch.allclose(first.mean((0, 2, 3)), torch.tensor((0.7, 0.6, 0.5)), atol=1e-4)


@pytest.mark.parametrize("part", [1.0, 0.5])
def test_walks_end_at_the_seeds_at_every_number_of_steps(model, part):
    given = model.with_net(model.net)
    given.config = dataclasses.replace(model.config, share=part)
    frames = interpolate(given, 4, 8, frames=3, steps=3)
    for at, seed in ((0, 4), (2, 8)):
        assert torch.allclose(frames[at : at + 1], generate(given, seed, 3), atol=1e-4)


def test_variety_is_stronger_noise_up_to_what_the_model_is_told(model):
    for boost, factor in ((0.25, 2), (0.8, 1.25), (1.0, 1), (1.5, 1)):
        calm = model.with_net(model.net)
        calm.config = dataclasses.replace(model.config, boost=boost, mean=(0.0, 0.0, 0.0))
        plain = next(stream_interpolate_grid(calm, range(4), 2, 2)).x
        varied = next(stream_interpolate_grid(calm, range(4), 2, 2, variety=2)).x
        assert torch.allclose(varied, factor * plain, rtol=1e-5)
    with pytest.raises(SettingError, match="variety"):
        interpolate(model, 0, 1, variety=-1)


def test_noise_is_added_by_seed():
    image = torch.zeros(2, 3, SIDE, SIDE)
    noisy = add_noise(image, 0.5, [3, 4])
    assert torch.equal(noisy[1:], 0.5 * randn((1, 3, SIDE, SIDE), generators(4, 1)))
    assert torch.equal(add_noise(image, 0.0), image)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: generate(m, 0, 0),
        lambda m: generate(m, label=99),
        lambda m: generate(consistency, sigmas=[80.0]),
        lambda m: generate(consistency, size=SIDE),
        lambda m: sample_teacher(m, 0, 0),
        lambda m: sample_teacher(m, 0, 5, solver="midpoint"),
        lambda m: self_consistency(m, []),
        lambda m: interpolate_grid(m, [1, 2, 3]),
        lambda m: interpolate_grid(m, [1, 2, 3, 4], rows=1),
        lambda m: interpolate_grid(m, [1, 2, 3, 4], 100, 100),
        lambda m: add_noise(torch.zeros(1, 3, SIDE, SIDE), -1),
    ],
)
def test_bad_input_gets_one_sentence(model, call):
    with pytest.raises(SettingError) as caught:
        call(model)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
