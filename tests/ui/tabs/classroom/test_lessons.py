"""What the lessons show equals what the library computes."""

import pytest
import torch

from editing import generate, inpaint
from editing.generate import apart
from editing.image import to_pil
from ui.service.pictures import data_url
from ui.service.progress import last
from ui.tabs.classroom import consistency, edit, noise, paths, tradeoff


@pytest.fixture(autouse=True)
def as_it_is_shown():
    with torch.inference_mode():
        yield


def test_eight_pictures_are_timed_and_captioned(tasks, engine):
    *_, found = noise.timed(tasks, 3, times=2)
    assert [steps for steps, _, _ in found] == list(range(1, 9))
    for steps, made, milliseconds in found:
        alone = to_pil(generate(engine.model, 3, steps))
        assert made.picture.tobytes() == alone.tobytes() and milliseconds > 0
    html = noise.captioned(found, {1: 0.5})
    assert html.count("<img") == 8
    assert (
        "1 evaluation · " in html and "2 evaluations · " in html and html.count("KID") == 2
    )  # alt and caption


def test_learners_answer_along_one_path(tasks, engine):
    path, found, _ = last(consistency.learners(tasks, 3))
    assert len(path) == 12 and path[0].sigma == 80
    assert [len(learner.steps) for learner in found] == [12, 12, 12]
    model = found[-1]
    for step in model.steps:
        assert torch.equal(step.x0, engine.model(step.x, step.sigma, None))
    near, far = model.apart
    assert near == apart(model.steps) > 0
    assert far == apart([model.steps[0], model.steps[-1]]) > near
    html = consistency.rows(path, found)
    assert (
        html.count("<img") == 4 * 12
        and f"neighbours are {near:.3f} apart, first and last {far:.3f}" in html
    )


def test_untrained_is_the_same_network_without_what_it_learned(engine):
    made = consistency.untrained(engine.model.config)
    ours = engine.model.state_dict()
    assert {k: v.shape for k, v in made.state_dict().items()} == {
        k: v.shape for k, v in ours.items()
    }
    x = torch.randn(1, 3, engine.size, engine.size)
    variance = engine.model.config.sigma_data**2
    c_skip = variance / (variance + 1.0)  # its last layer is zero: preconditioning alone answers
    assert torch.allclose(made(x, 1.002), c_skip * x, atol=1e-4)


@pytest.mark.parametrize("task", edit.EDITS)
def test_every_edit_shows_its_evaluations(task, engine):
    x = edit.picture_for(task, engine.size)
    found = [act for act, _ in edit.acts(engine, task, x, 3, None)]
    assert len(found) == (1 if task == "Denoise" else edit.STEPS)
    for act in found:
        assert torch.equal(act.answer, engine.model(act.step.x, act.step.sigma, None))
    assert edit.rows(found).count("<img") == 3 * len(found)
    assert edit.known(task, x).size == (engine.size, engine.size)


def test_an_edit_ends_at_the_librarys_own_picture(engine):
    x = edit.picture_for("Inpaint", engine.size)
    *_, (act, _) = edit.acts(engine, "Inpaint", x, 3, None)
    hole = edit.hole(engine.size)
    wanted = inpaint(engine.model, x, hole, edit.STEPS, 3, samples_per_step=1)
    assert torch.equal(act.step.x0, wanted)
    assert torch.equal(act.step.x0[hole.expand_as(x) == 0], x[hole.expand_as(x) == 0])


def test_points_of_the_chart_are_drawn_as_the_paths_are(tasks, engine):
    quality = {
        "rows": [
            {"model": "teacher", "evaluations": 9, "value": 1},
            {"model": "consistency", "evaluations": 2, "value": 1},
        ]
    }
    assert tradeoff.points(quality) == [("consistency", 2), ("teacher", 9)]
    made, _ = last(paths.path(tasks, 2, 3))
    drawn = tradeoff.picture_of(tasks, ("consistency", 2), 3)
    assert drawn == data_url(made.picture, lossless=False)
    assert tradeoff.picture_of(tasks, ("teacher", 9), 3) != drawn
