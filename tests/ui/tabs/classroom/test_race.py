"""The race: who runs, at what cost, and what is played."""

from dataclasses import replace

import pytest
import torch

from cm_core import Denoiser, load_model
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.checkpoints.registry import BUNDLED
from cm_core.errors import CheckpointError
from cm_core.samplers import sample_euler
from editing import generate, sample_teacher
from editing.image import to_pil
from tests.cm_core.test_model import tiny
from tests.ui.conftest import LABELS, SIZE
from train import config
from train.ema import name_of
from ui.service.engine import Engine
from ui.service.pictures import data_url
from ui.tabs.classroom.race import TEACHER_EVALUATIONS, Race, lanes, race, so_far
from ui.tabs.classroom.student import PRESET, beside, loaded, told


@pytest.fixture
def beside_a_student(engine, tmp_path):
    """An engine whose model has a student beside it, distilled to three steps."""
    student = tiny(Denoiser, LABELS, image_size=SIZE, scale_shift=True)
    student.config = replace(student.config, sigmas={3: (80.0, 5.0, 0.5)})
    save_checkpoint(student, tmp_path / "tiny-progressive")
    return Engine(str(tmp_path / "tiny"), engine.model, engine.teacher)


@pytest.mark.parametrize("evaluations", TEACHER_EVALUATIONS)
def test_every_solver_gets_the_same_number_of_evaluations(engine, evaluations):
    running = lanes(engine, 3, 1, evaluations)
    assert [lane.evaluations for lane in running] == [1, 2, 4, *[evaluations] * 3]
    for lane in running[3:]:
        assert len(list(lane.take(lambda x, sigma, label: x, size=8))) == evaluations


def test_lanes_end_at_the_librarys_own_pictures(engine):
    *_, run = race(engine, lanes(engine, 3, 1, 5))
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


def test_a_student_beside_the_model_has_a_lane(beside_a_student):
    running = lanes(beside_a_student, 3, 1, 5)
    assert [lane.title for lane in running[2:5]] == [
        "Consistency model, 4 steps", "Progressive distillation, 3 steps", "Diffusion teacher, Heun"
    ]  # fmt: skip
    *_, run = race(beside_a_student, running[3:4])
    student = load_model(beside(beside_a_student.name))
    noise = torch.randn(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(3))
    x0 = sample_euler(student, noise, (80.0, 5.0, 0.5), 1)
    assert x0.std() > 0.01  # else all pictures would be alike
    assert run[0].frames[-1].picture == data_url(to_pil(x0), lossless=False)
    assert len(run[0].frames) == run[0].evaluations == 3
    assert "lane of its own" in told(beside_a_student)


def test_what_lies_there_is_a_student_of_such_pictures(engine, beside_a_student):
    folder = beside(beside_a_student.name)
    save_checkpoint(engine.teacher, folder)  # distilled to nothing
    loaded.cache_clear()
    with pytest.raises(CheckpointError, match="tiny-progressive is no student"):
        lanes(beside_a_student, 3, 1, 5)
    other = tiny(Denoiser, image_size=16)
    other.config = replace(other.config, sigmas={1: (80.0,)})
    save_checkpoint(other, folder)
    loaded.cache_clear()
    with pytest.raises(CheckpointError, match="another size"):
        lanes(beside_a_student, 3, 1, 5)


def test_where_there_is_no_student_the_lesson_says_how_to_train_one(engine):
    said = told(engine)
    assert f"train run {PRESET}" in said and "<code>tiny-progressive</code>" in said
    preset = config.load(PRESET)
    assert preset.objective == "pd" and preset.teacher == preset.init
    assert BUNDLED["landscape64-teacher"].samefile(config.PRESETS.parents[1] / preset.teacher)
    assert f"runs/{preset.name}/{name_of(halflife=preset.ema_halflife)}<" in said
    assert beside("landscape64").name == preset.name  # where a page with no settings looks


def test_what_is_sent_to_the_browser(engine):
    first = next(race(engine, lanes(engine, 3, 1, 5)))
    sent = Race().postprocess(first)
    assert [lane["title"] for lane in sent] == [
        "Consistency model, 1 step", "Consistency model, 2 steps", "Consistency model, 4 steps",
        "Diffusion teacher, Heun", "Diffusion teacher, Euler", "Diffusion teacher, DDIM",
    ]  # fmt: skip
    assert [len(lane["frames"]) for lane in sent] == [1, 0, 0, 0, 0, 0]
    assert Race().postprocess(None) is None
    assert "1 of 22 evaluations" in so_far(first)


@pytest.fixture(autouse=True)
def as_it_is_shown():
    with torch.inference_mode():
        yield
