"""The plane: what is drawn is what cm_core computes."""

import re

import pytest
import torch

from cm_core.exact import optimal_gain
from cm_core.samplers import sample_euler
from cm_core.schedule import SIGMA_MAX, karras_sigmas
from ui.tabs.classroom.plane import (
    ARROWS,
    MIXTURE,
    SIDE,
    WINDOW,
    Panel,
    drawing,
    ends,
    error,
    flight,
    gains,
    score_field,
)


def circles(svg, kind):
    found = re.findall(rf'<circle class="{kind}" cx="([-\d.]+)" cy="([-\d.]+)"', svg)
    return torch.tensor([[float(x), float(y)] for x, y in found])


def test_a_student_of_n_levels_ends_where_the_solver_does():
    noise = (flight().places[0] / SIGMA_MAX)[..., None, None]
    last = sample_euler(MIXTURE.denoiser, noise, karras_sigmas(9)).flatten(1)
    # The sampler's last act goes from sigma_min to zero, which moves a point by its tenth.
    assert (ends(9, "euler") - last).norm(dim=1).max() < 0.01


def test_more_levels_are_nearer():
    assert error(40, "euler") < error(12, "euler") / 2
    assert error(40, "heun") < error(40, "euler") / 4


def test_the_points_drawn_are_the_students_and_the_true_ends():
    svg = drawing(5.0, 12, "heun")
    places = ends(12, "heun") / WINDOW
    expected = torch.stack([SIDE * (1 + places[:, 0]) / 2, SIDE * (1 - places[:, 1]) / 2], 1)
    torch.testing.assert_close(circles(svg, "student"), expected.float(), atol=0.051, rtol=0)
    both = len(circles(svg, "left")) + len(circles(svg, "right"))
    assert both == 2 * len(places)  # in both panels


def test_arrows_point_along_the_score():
    field = score_field(Panel(2.0), 0.8)
    drawn = re.findall(r'x1="(.+?)" y1="(.+?)" x2="(.+?)" y2="(.+?)" marker-end="url\(#tip', field)
    assert len(drawn) == ARROWS**2 and 'id="tip"' in field
    x1, y1, x2, y2 = torch.tensor([[float(v) for v in line] for line in drawn]).double().T
    places = 2.0 * torch.stack([2 * x1 / SIDE - 1, 1 - 2 * y1 / SIDE], 1)
    score = MIXTURE.score(places[..., None, None], 0.8).flatten(1)
    along = torch.stack([x2 - x1, y1 - y2], 1)
    long = along.norm(dim=1) > 10  # places are rounded to a tenth
    assert long.sum() > ARROWS**2 / 2
    assert torch.cosine_similarity(along[long], score[long]).min() > 0.999


@pytest.mark.parametrize("t", [80.0, 0.002])
def test_every_noise_level_is_drawn(t):
    assert f"x at t = {t:.3g}" in drawing(t, 6, "euler")


def test_walked_gains_stand_beside_the_closed_form():
    row = re.search(r"<tr><td>18</td>(.*?)</tr>", gains())[1]
    euler, form, heun, heun_form = (float(v) for v in re.findall(r"<td>([\d.]+)</td>", row))
    assert euler == form == round(optimal_gain(18), 5) == 0.84609
    assert heun == heun_form == 1.05528
