"""What is answered follows from what was measured, whichever way that went."""

import re

import pytest

from ui.tabs.classroom.measured import Point, gain, sheet, sheets
from ui.tabs.classroom.questions import more_not_better, second_step, why_not_one


def measured(one, two, error=0.02):
    """Sheets on which a second step takes KID from one value to another."""
    steps = [
        {"what": "ours", "evaluations": n, "KID-lite2": kid, "spread": None, "error": error}
        for n, kid in ((1, one), (2, two))
    ]
    return {
        "Pictures from nothing": sheet(
            [
                {"what": "renders", "evaluations": None, "KID-lite2": 0.002},
                *steps,
                {"what": "teacher", "evaluations": 35, "KID-lite2": 0.37, "error": error},
            ]
        ),
        "Paintings finished": sheet([row | {"strength": 0.3} for row in steps]),
    }


NEARER, FARTHER = "which is nearer to true pictures", "which is farther from true pictures"
UNSURE = "which is no nearer to true pictures that one could be sure of"


@pytest.mark.parametrize(
    ("one", "two", "verdict"), [(0.4, 0.3, NEARER), (0.3, 0.4, FARTHER), (0.3, 0.32, UNSURE)]
)
def test_answers_say_what_the_figures_say(one, two, verdict):
    found = measured(one, two)
    figures = f"KID {one:.2f} in one step, {two:.2f} in two, {verdict}"
    teacher = "; the diffusion teacher has 0.37 after 35 evaluations; true pictures have 0.002"
    assert f"Measured: {figures}{teacher} (one seed)." in second_step(found)
    assert f"Pictures from nothing: {figures} (one seed)." in why_not_one(found)
    painted = f"{one:.2f} in one step, {two:.2f} in two at strength 0.3, {verdict} (one seed)."
    said = more_not_better(found)
    assert painted in said and ("No." in said) == (verdict != NEARER)


def test_a_gain_counts_beyond_the_bars_of_both():
    before, after = Point(1, 0.5, 0.03), Point(2, 0.44, 0.04)
    assert gain(before, after) == pytest.approx(0.06)  # beyond sqrt(0.03^2 + 0.04^2) = 0.05
    assert gain(before, Point(2, 0.46, 0.04)) == 0
    assert gain(after, before) == pytest.approx(-0.06)


def test_without_figures_the_answers_are_words_alone():
    assert more_not_better({}) == ""
    for said in (second_step({}), why_not_one({})):
        assert said.startswith('<p class="asked"><b>') and not re.search(r"\d", said)


def test_the_answers_of_the_model_that_ships_are_its_own():
    found = sheets()
    rows = found["Pictures from nothing"].series[0].points
    assert f"{rows[0].value:.2f} in one step, {rows[1].value:.2f} in two" in why_not_one(found)
