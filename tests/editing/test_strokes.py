"""The strokes' colours come back where what is drawn is of the strokes, and nowhere else."""

import pytest
import torch

from editing import stroke
from editing.strokes import Strokes, colour_shift

SIDE = 64
RED, ORANGE, WHITE, DARK = (0.7, -0.7, -0.7), (0.9, 0.1, -0.6), (1, 1, 1), (-0.8, -0.8, -0.8)
EVERYWHERE = torch.ones(1, 1, SIDE, SIDE)


def disc(radius: float, centre: tuple[float, float] = (32, 32)) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2


def painted(*parts) -> torch.Tensor:
    """A picture on white of parts (where, colour), the later ones over the earlier."""
    x = torch.ones(1, 3, SIDE, SIDE)
    for where, colour in parts:
        x = torch.where(where, torch.tensor(colour)[:, None, None], x)
    return x


def kept(painting, x, keep=1.0, mask=EVERYWHERE):
    strokes = Strokes(mask, keep)
    return strokes.merge(strokes.measure(painting), x)


def test_a_picture_like_its_painting_stays():
    painting = painted((disc(14), RED), (disc(3, (28, 28)), DARK))
    assert torch.equal(colour_shift(painting, painting), torch.zeros_like(painting))
    assert torch.equal(kept(painting, painting), painting)


def test_another_colour_goes_and_what_is_drawn_into_it_stays():
    """An orange disc of a red one becomes redder, and in two steps red; an eye in it, which the
    painting has not, stays as dark as it is or gets darker, and the paper as white."""
    eye = disc(3, (28, 28))
    painting, x = painted((disc(14), RED)), painted((disc(14), ORANGE), (eye, DARK))
    once = kept(painting, x)
    made = kept(painting, once)
    red, ground = torch.tensor(RED)[:, None], disc(14) & ~disc(6, (28, 28))
    off = [float((y[0][:, ground] - red).norm(dim=0).max()) for y in (x, once, made)]
    assert off[1] < 0.4 * off[0] and off[2] < 0.15 * off[0]
    assert (made[0][:, eye] < x[0][:, eye] + 0.02).all()
    assert (made[0][:, ~disc(14)] - 1).abs().max() < 0.02


def test_a_part_that_has_grown_beyond_its_strokes_takes_their_colour_along():
    """Not that of the paper which the painting has there."""
    made = kept(painted((disc(12), RED)), painted((disc(16), ORANGE)))
    ring = made[0][:, disc(15) & ~disc(13)].mean(1)
    before, red = torch.tensor(ORANGE), torch.tensor(RED)
    assert (ring - red).norm() < 0.6 * (before - red).norm()
    assert (made[0][:, ~disc(17)] - 1).abs().max() < 0.02


def test_faint_strokes_come_back_where_they_were():
    """Pale blue that the network took for paper; the paper around it stays without a haze."""
    made = kept(painted((disc(10), (0.4, 0.7, 1.0))), painted())
    assert 0.4 <= float(made[0][0, disc(7)].mean()) < 0.6  # two thirds and more of the way
    assert torch.equal(made[0][:, ~disc(10)], torch.ones_like(made[0][:, ~disc(10)]))


def test_a_haze_that_nobody_would_paint_is_gone():
    painting = painted((disc(10), RED))
    assert (kept(painting, painting - 0.02) - painting).abs().max() < 0.004


@pytest.mark.parametrize("ink", [DARK, (0.2, 0.2, 0.2)])
def test_a_sketch_says_nothing_of_colours(ink):
    """Outlines in ink or pencil on paper: what is drawn of them keeps all of its colours."""
    sketch = painted((disc(14) & ~disc(12), ink))
    x = painted((disc(15), ORANGE), (disc(3, (28, 28)), DARK))
    assert torch.equal(kept(sketch, x), x)


def test_how_much_is_kept_and_where():
    painting, x = painted((disc(14), RED)), painted((disc(14), ORANGE))
    assert torch.equal(kept(painting, x, 0.0), x)
    assert torch.allclose(kept(painting, x, 0.5), (kept(painting, x) + x) / 2, atol=1e-6)
    left = EVERYWHERE.clone()
    left[..., 32:] = 0
    made = kept(painting, x, mask=left)
    assert torch.equal(made[..., 32:], painting[..., 32:])
    assert torch.equal(made[..., :32], kept(painting, x)[..., :32])


@pytest.mark.parametrize(("strength", "keep"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0)])
def test_strength_beyond_the_middle_lets_colours_go(strength, keep):
    painting, x = painted((disc(14), RED)), painted((disc(14), ORANGE))

    def orange(given, sigma, label=None):
        return x

    how = {"steps": 1, "sigmas": [1.0]}
    made = stroke(orange, painting, strength, **how)
    assert torch.allclose(made, kept(painting, x, keep), atol=1e-6)
    assert torch.equal(stroke(orange, painting, strength, keep_colours=False, **how), x)
