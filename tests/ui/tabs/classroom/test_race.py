"""The race: who runs, at what cost, and what is played."""

import pytest
import torch

from editing import generate, sample_teacher
from editing.image import to_pil
from ui.service.pictures import data_url
from ui.tabs.classroom.race import TEACHER_EVALUATIONS, Race, cost, lanes, race


@pytest.mark.parametrize("evaluations", TEACHER_EVALUATIONS)
def test_every_solver_gets_the_same_number_of_evaluations(evaluations):
    running = lanes(evaluations)
    assert [lane.evaluations for lane in running] == [1, 2, 4, *[evaluations] * 3]
    assert cost(evaluations) == 7 + 3 * evaluations


def test_lanes_end_at_the_librarys_own_pictures(engine):
    *_, run = race(engine, 3, 1, 5)
    wanted = [
        *(generate(engine.model, 3, n, label=1) for n in (1, 2, 4)),
        sample_teacher(engine.teacher, 3, 3, label=1),
        sample_teacher(engine.teacher, 3, 5, solver="euler", label=1),
        sample_teacher(engine.teacher, 3, 5, solver="ddim", label=1),
    ]
    for lane, x0 in zip(run, wanted, strict=True):
        assert lane.frames[-1].picture == data_url(to_pil(x0), lossless=False), lane.title
        assert len(lane.frames) == lane.evaluations
        times = [frame.milliseconds for frame in lane.frames]
        assert times == sorted(times) and times[0] > 0


def test_what_is_sent_to_the_browser(engine):
    first = next(race(engine, 3, 1, 5))
    sent = Race().postprocess(first)
    assert [lane["title"] for lane in sent] == [
        "Consistency model, 1 step", "Consistency model, 2 steps", "Consistency model, 4 steps",
        "Diffusion teacher, Heun", "Diffusion teacher, Euler", "Diffusion teacher, DDIM",
    ]  # fmt: skip
    assert [len(lane["frames"]) for lane in sent] == [1, 0, 0, 0, 0, 0]
    assert Race().postprocess(None) is None


@pytest.fixture(autouse=True)
def as_it_is_shown():
    with torch.inference_mode():
        yield
