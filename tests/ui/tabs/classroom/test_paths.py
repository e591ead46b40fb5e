"""The teacher's path: from the same noise as the model's, and what it costs."""

import dataclasses

from cm_core import Denoiser
from tests.cm_core.test_model import tiny
from tests.ui.conftest import LABELS
from ui.service.engine import Engine, Engines, network_runs
from ui.service.tasks import Tasks
from ui.tabs.classroom import paths


def test_the_teacher_walks_from_the_same_noise(tasks):
    walked = list(paths.walk(tasks, levels=5, seed=1))
    *_, (_, jump) = paths.path(tasks, steps=1, seed=1)
    assert len(walked) == walked[-1][0].readout.evaluations == 9
    assert walked[0][0].seen.tobytes() == jump[0].given.tobytes()
    assert [made.done for made, _ in walked] == [False] * 8 + [True]


def test_a_guided_teachers_evaluations_count_twice():
    teacher = tiny(Denoiser, LABELS)
    config = dataclasses.replace(teacher.config, guidance=2.0)
    guided = Denoiser(config).eval()
    guided.load_state_dict(teacher.state_dict())
    tasks = Tasks(Engines(Engine("tiny", tiny(labels=LABELS), guided)))
    made = [one for one, _ in paths.walk(tasks, 5, 1, "sea")]
    assert [one.readout.evaluations for one in made] == list(range(2, 19, 2))
    assert [one.done for one in made] == [False] * 8 + [True]
    assert paths.teacher_cost(tasks, 5, "sea") == 18
    assert network_runs(guided, None) == network_runs(teacher, 0) == 1
