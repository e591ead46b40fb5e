"""What the lessons show equals what the library computes."""

import math

import pytest
import torch

from cm_core.samplers import sample_heun
from cm_core.schedule import karras_sigmas
from editing import generate, inpaint, sample_teacher, stroke
from editing.generate import apart, stream_generate
from editing.image import fit, to_pil, to_tensor
from ui.service.examples import example
from ui.service.pictures import data_url
from ui.service.progress import last
from ui.tabs.classroom import consistency, edit, noise, opening, plane, race, tradeoff
from ui.tabs.classroom.measured import sheet


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
    assert [learner.name for learner in found] == ["Untrained", "Half trained", "Trained"]
    assert [len(learner.steps) for learner in found] == [12, 12, 12]
    model = found[-1]
    asked = consistency.untrained(engine.model.config), engine.teacher, engine.model
    for learner, network in zip(found, asked, strict=True):
        for step in learner.steps:
            assert torch.equal(step.x0, network(step.x, step.sigma, None))
    near, far = model.apart
    assert near == apart(model.steps) > 0
    assert far == apart([model.steps[0], model.steps[-1]]) > near
    html = consistency.rows(path, found)
    assert (
        html.count("<img") == 4 * 12
        and f"Trained: neighbours are {near:.3f} apart, first and last {far:.3f}" in html
    )
    told = [html.index(f'<p class="said">{said}</p>') for said in consistency.LEARNING.values()]
    assert told == sorted(told)


def test_untrained_is_the_same_network_without_what_it_learned(engine):
    state = torch.get_rng_state()
    made = consistency.untrained(engine.model.config)
    assert torch.equal(torch.get_rng_state(), state)  # nobody else's chance is touched
    again = consistency.untrained(engine.model.config).state_dict()
    assert all(torch.equal(v, again[k]) for k, v in made.state_dict().items())
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


SHEET = sheet(
    [
        {"what": "teacher", "evaluations": 9, "KID-lite2": 1.0},
        {"what": "ours", "evaluations": 2, "KID-lite2": 1.0},
    ]
)
PAINTED = sheet(
    [
        {"what": "ours", "evaluations": 2, "strength": 0.2, "KID-lite2": 1.0},
        {"what": "ours, told both", "evaluations": 2, "strength": 0.2, "KID-lite2": 1.0},
        {"what": "teacher", "evaluations": 9, "strength": 0.2, "KID-lite2": 1.0},
    ]
)


def test_points_of_the_chart_are_drawn_as_the_paths_are(tasks, engine):
    *_, drawn = tradeoff.drawn_points(tasks, SHEET, 3)
    assert list(drawn) == [("Consistency model", 2), ("Diffusion teacher", 9)]
    ours, theirs = generate(engine.model, 3, 2), sample_teacher(engine.teacher, 3, 5)
    assert list(drawn.values()) == [data_url(to_pil(x), lossless=False) for x in (ours, theirs)]


def test_points_of_finished_paintings_are_drawn_by_who_finished_them(tasks, engine):
    *_, drawn = tradeoff.drawn_points(tasks, PAINTED, 3)
    painting = to_tensor(fit(example(tradeoff.PAINTING), engine.size))
    how = {"strength": 0.2, "steps": 2, "seed": 3, "paper": True}
    ours = stroke(engine.model, painting, **how)
    told = stroke(engine.model, painting, **how, label=engine.label(scene="alpine", light="day"))
    # SDEdit: the path of the teacher from the painting plus noise, 0.4 x 10^0.2 at this strength.
    sigma = 0.4 * 10**0.2
    noise = torch.randn(painting.shape, generator=torch.Generator().manual_seed(3))
    grid = karras_sigmas(5, 0.002, sigma)
    theirs = sample_heun(engine.teacher, noise + painting / sigma, grid)
    wanted = [data_url(to_pil(x), lossless=False) for x in (ours, told, theirs)]
    assert list(drawn.values()) == wanted


def test_a_guided_teachers_evaluations_are_of_half_as_many_levels():
    assert [tradeoff.heun_levels(n) for n in (9, 35, 18, 70)] == [5, 18, 5, 18]


def test_what_each_of_eight_evaluations_changes(tasks, engine):
    *_, found = tradeoff.changes(tasks, 3)
    steps = list(stream_generate(engine.model, 3, 8))
    assert len(found) == 8 and found[0].moved is None
    for change, before, after in zip(found[1:], steps, steps[1:], strict=False):
        assert change.moved == apart([before, after])
    said = tradeoff.why_not_eight(found, {1: 0.5, 2: 0.25})
    assert f"the eighth by {apart(steps[-2:]):.3f}" in said
    assert "0.50 in 1, 0.25 in 2" in said and "KID" not in tradeoff.why_not_eight(found, {1: 0.5})
    assert tradeoff.shown(found).count("<img") == 8


def test_a_lesson_opens_on_the_clearest_of_its_seeds_or_on_the_one_told(tasks, engine):
    label = engine.label(scene="sea")
    pictures = generate(engine.model, list(opening.SEEDS), 1, label=label)
    wanted = int(opening.clarity(pictures).argmax())
    assert opening.opened_on(tasks, opening.CLEAR, 77, "sea") == wanted
    assert opening.opened_on(tasks, opening.TOLD, 77, "sea") == 77


def test_a_bright_sky_over_dark_land_reads_across_the_room():
    horizon = torch.ones(3, 64, 64)
    horizon[:, 32:] = -1
    halves = horizon.mT.clone()  # as much contrast, from left to right
    grey = torch.zeros(3, 64, 64)
    fine = torch.ones(3, 64, 64)
    fine[:, ::2] = -1  # stripes that nobody sees from afar
    clear, *others = opening.clarity(torch.stack([horizon, halves, grey, fine])).tolist()
    assert clear > 1 and max(others) < 0.01


def test_every_symbol_of_a_lesson_is_explained_and_the_noise_level_has_one_name():
    heads = [noise.HEAD, race.HEAD, consistency.HEAD, plane.HEAD, edit.HEAD, tradeoff.HEAD]
    for one in heads:
        formula, told = one[one.index("<h2>") : one.index("<details")], one[one.index("<details") :]
        assert "<cite>" in formula and "σ" not in one
        for symbol in ("ε", "T,", "D(x, t)", "f(x, t)", "KID", "z,"):
            if symbol in formula:
                assert f"<dt>{symbol.strip(',')}</dt>" in told


@pytest.mark.parametrize(("t", "words"), [(0.002, "no noise"), (0.3, "still two"), (80.0, "lost")])
def test_a_noise_level_is_told_in_words(t, words):
    assert words in plane.in_words(t)
    assert f"t = {t:.3g}" in plane.shown(math.log10(t), 6, "euler").replace("0.302", "0.3")
