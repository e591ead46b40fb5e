"""White paper is left to the model, whatever lies around it."""

import torch

from editing import stroke
from editing.paper import bare, covered

BLUE, GREEN = torch.tensor([-0.5, 0.1, 0.7]), torch.tensor([-0.6, 0.2, -0.5])


def painting() -> torch.Tensor:
    """Sky above, meadow below, paper between and around a snow-white spot that was painted."""
    x = torch.ones(1, 3, 16, 16)
    x[:, :, :5] = BLUE[:, None, None]
    x[:, :, 11:] = GREEN[:, None, None]
    x[:, :, 2, 2] = 0.88
    return x


def test_paper_is_pure_white_and_no_snow():
    where = bare(painting())[0, 0]
    assert where[5:11].all()
    assert not where[:5].any() and not where[11:].any()


def test_strokes_spread_over_paper_and_stay_themselves():
    x = painting()
    made = covered(x)
    assert torch.equal(made[:, :, :5], x[:, :, :5])
    assert torch.equal(made[:, :, 11:], x[:, :, 11:])
    assert made[:, :, 5:11].amax() < 0.75  # no white is left
    above, below = made[0, :, 5, 8], made[0, :, 10, 8]
    assert (above - BLUE).norm() < (above - GREEN).norm()
    assert (below - GREEN).norm() < (below - BLUE).norm()


def test_an_edge_of_half_paper_counts_and_a_blank_sheet_does_not():
    x = painting()
    x[:, :, 5] = (BLUE[:, None] + 1.6) / 2
    assert bare(x)[0, 0, 5].all()
    assert not bare(torch.ones(1, 3, 8, 8)).any()
    both = torch.cat([painting(), torch.ones(1, 3, 16, 16)])
    assert torch.equal(covered(both)[:1], covered(painting()))
    assert torch.equal(covered(both)[1], both[1])


def test_stroke_starts_from_covered_paper_only_when_told():
    seen = []

    def model(x, sigma, label=None):
        seen.append(x)
        return x

    for paper in (False, True):
        stroke(model, painting(), 0.0, 1, paper=paper)
    away = seen[1] - seen[0]
    assert torch.allclose(away, covered(painting()) - painting(), atol=1e-6)
