import pytest
import torch

from cm_core.errors import SettingError
from cm_core.noise import generators, randn
from cm_core.samplers import Step, sample_heun, sample_multistep
from cm_core.schedule import ddim_sigmas, karras_sigmas
from editing import (
    add_noise,
    generate,
    sample_teacher,
    self_consistency,
    stream_generate,
    stream_teacher,
)
from editing.generate import apart, on_path, teacher_evaluations
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
    for solver, cost in (("heun", 9), ("euler", 5), ("ddim", 5)):
        walk = list(stream_teacher(denoiser, 3, 5, solver=solver, size=SIDE))
        assert len(walk) == cost == teacher_evaluations(5, solver)
        assert [step.index for step in walk] == list(range(cost))
        first = next(stream_generate(consistency, 3, **CLOSED))
        assert torch.allclose(walk[0].x, first.x)
        grid = ddim_sigmas(5) if solver == "ddim" else karras_sigmas(5)
        assert [s.sigma for s in on_path(walk)] == pytest.approx(grid.tolist())
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
        lambda m: add_noise(torch.zeros(1, 3, SIDE, SIDE), -1),
    ],
)
def test_bad_input_gets_one_sentence(model, call):
    with pytest.raises(SettingError) as caught:
        call(model)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_answers_are_apart_by_the_mean_distance_of_neighbours():
    values = (0.0, 0.5, 0.4)
    answers = [Step(i, 1.0, None, torch.full((1, 3, 2, 2), x)) for i, x in enumerate(values)]
    assert apart(answers) == pytest.approx((0.5 + 0.1) / 2)
    with pytest.raises(SettingError, match="two answers"):
        apart(answers[:1])
