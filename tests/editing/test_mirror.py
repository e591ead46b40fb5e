"""Surroundings mirrored into a hole: closed forms."""

import pytest
import torch

from editing.mirror import ASIDE, mirrored


def row(*values):
    """A picture of one row in which every other row is the same."""
    return torch.tensor(values, dtype=torch.float64).expand(1, 3, 2, -1).clone()


def hole(*free, rows=2):
    return torch.tensor(free, dtype=torch.bool).expand(1, 1, rows, -1).clone()


def test_at_an_edge_of_the_picture_there_is_one_mirror_and_its_image_turns_again():
    x = row(0, 1, 2, 9, 9, 9, 9, 9)
    free = hole(0, 0, 0, 1, 1, 1, 1, 1)
    assert mirrored(x, free)[0, 0, 0].tolist() == [0, 1, 2, 2, 1, 0, 0, 1]
    back = mirrored(x.flip(-1), free.flip(-1))
    assert back[0, 0, 0].tolist() == [1, 0, 0, 1, 2, 2, 1, 0]


def test_between_two_edges_the_nearer_image_counts_by_its_distance_squared():
    x = row(4, 1, 0, 0, 5, 8)
    free = hole(0, 0, 1, 1, 0, 0)
    made = mirrored(x, free)[0, 0, 0]
    # The first of two free pixels sees 1 at distance 1 and, beyond the mirror at 5, 8 at 2.
    assert made[2] == pytest.approx((1 + 8 / 4) / (1 + 1 / 4))
    assert made[3] == pytest.approx((4 / 4 + 5) / (1 / 4 + 1))


def test_what_is_beside_counts_more_than_what_is_above():
    x = torch.zeros(1, 3, 3, 3, dtype=torch.float64)
    x[..., 1, 0] = x[..., 1, 2] = 1
    free = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    free[..., 1, 1] = True
    assert mirrored(x, free)[0, 0, 1, 1] == pytest.approx(1 / (1 + ASIDE**-2))


def test_known_pixels_keep_their_bits_and_each_picture_of_a_batch_gets_its_own():
    x = torch.randn(2, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    free = torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(1)) < 0.5
    made = mirrored(x, free)
    assert torch.equal(torch.where(free, 0, made), torch.where(free, 0, x))
    for i in range(2):
        assert torch.equal(made[i : i + 1], mirrored(x[i : i + 1], free[i : i + 1]))
    assert torch.equal(mirrored(x, free[:1])[1], mirrored(x[1:], free[:1])[0])


def test_where_no_edge_lies_in_row_or_column_the_rest_is_spread_and_nothing_known_is_zero():
    x = torch.full((1, 3, 4, 4), 0.5)
    free = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    assert mirrored(x, free).abs().max() == 0
    free[..., 0, 0] = False
    assert torch.allclose(mirrored(x, free), torch.tensor(0.5))


def test_a_picture_of_stripes_goes_on_in_its_hole():
    stripes = torch.linspace(-1, 1, 16).view(1, 1, 16, 1).expand(1, 3, 16, 16).clone()
    free = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    free[..., 5:11, 5:11] = True
    made = mirrored(torch.where(free, 0.0, stripes), free)
    assert (made - stripes).abs().max() < 0.12
