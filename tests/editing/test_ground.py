"""A speck taken out of an even ground leaves an even ground; texture is the model's."""

import numpy as np
import pytest
import torch
from PIL import Image

from editing import inpaint, inpaint_region
from editing.ground import RING, Ground, beneath, components, plane_of
from editing.operators import Mask
from tests.gaussian import consistency

SIDE = 300


def disc(x, y, radius, size=(SIDE, SIDE)):
    down, across = np.ogrid[: size[1], : size[0]]
    return (across - x) ** 2 + (down - y) ** 2 <= radius**2


def gradient():
    """From blue to nearly white, down and a little across; rounded to levels."""
    down, across = np.mgrid[:SIDE, :SIDE] / SIDE
    planes = [30 + 200 * down, 90 + 130 * down + 20 * across, 200 + 40 * down]
    return np.stack(planes, 2).round().astype(np.uint8)


GROUNDS = {
    "white": np.full((SIDE, SIDE, 3), 255, np.uint8),
    "dark blue": np.full((SIDE, SIDE, 3), (8, 12, 60), np.uint8),
    "gradient": gradient(),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", GROUNDS)
def test_a_speck_leaves_the_ground_it_lay_on(model, name, seed):
    ground = GROUNDS[name]
    hole = disc(140, 160, 20)
    spotted = ground.copy()
    spotted[disc(140, 160, 17)] = (200, 30, 30)
    made = np.array(inpaint_region(model, Image.fromarray(spotted), hole, seed=seed))
    assert abs(made.astype(int) - ground).max() <= 1


@pytest.mark.parametrize("where", [(0, 150), (299, 0), (4, 296)])
def test_a_speck_at_the_pictures_edge_does_too(model, where):
    made = inpaint_region(model, Image.fromarray(GROUNDS["white"]), disc(*where, 20), seed=1)
    assert np.array(made).min() >= 253


def test_two_specks_lie_on_grounds_of_their_own(model):
    ground = GROUNDS["white"].copy()
    ground[:, 150:] = (8, 12, 60)
    hole = disc(60, 100, 15) | disc(240, 200, 15)
    made = np.array(inpaint_region(model, Image.fromarray(ground), hole))
    assert abs(made.astype(int) - ground).max() <= 1


@pytest.mark.parametrize("spread", [0.1, 0.5])
def test_textured_surroundings_leave_all_to_the_model(spread):
    """To the last bit what plain masked sampling makes, where the ring is noise or a boundary."""
    noisy = (spread * torch.randn(1, 3, 32, 32)).clamp(-1, 1)
    halves = torch.ones(1, 3, 32, 32)
    halves[..., 16:] = -0.5
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 10:20, 12:22] = 1
    for picture in (noisy, halves):
        assert not Ground(picture, mask).sure.any()
        plain, drawn = Mask(mask), torch.randn(1, 3, 32, 32)
        merged = Ground(picture, mask).merge(plain.measure(picture), drawn)
        assert torch.equal(merged, plain.merge(plain.measure(picture), drawn))


def test_the_less_a_plane_explains_the_less_it_fills():
    hole = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    hole[..., 12:20, 12:20] = True
    noise = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    sure = [
        float(beneath(0.2 + levels * 2 / 255 * noise, hole)[1][hole].mean())
        for levels in (0, 1, 2, 3, 4, 8)
    ]
    assert sure[0] == sure[1] == 1 and sure[-1] == 0 and sure == sorted(sure, reverse=True)
    assert 0 < sure[3] < 1


def test_a_plane_is_found_and_not_carried_far():
    """Of x + 2 y: exact within the ring, and sure there; unsure a long way out."""
    down, across = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")
    picture = ((across + 2 * down) / 100 - 0.5).expand(1, 3, 40, 40)
    hole = torch.zeros(1, 1, 40, 40, dtype=torch.bool)
    hole[..., 15:25, 10:20] = True
    plane, sure = beneath(picture, hole)
    assert torch.allclose(plane[hole.expand_as(plane)], picture[hole.expand_as(plane)], atol=1e-6)
    assert (sure[hole] == 1).all() and not sure[~hole].any()
    hole[:] = False
    hole[..., 8:] = True  # as in outpainting
    _, sure = beneath(picture, hole)
    assert sure[..., 20, 8] == 1 and sure[..., 20, 39] == 0


def test_nothing_is_said_where_nothing_surrounds():
    everything = torch.ones(1, 1, 16, 16, dtype=torch.bool)
    assert not beneath(torch.ones(1, 3, 16, 16), everything)[1].any()
    line = torch.zeros(1, 16, dtype=torch.bool)
    assert plane_of(torch.ones(3, 1, 16), ~line, line) is None  # a line is no plane


def test_holes_are_grouped_where_their_rings_meet():
    holes = torch.zeros(20, 30, dtype=torch.bool)
    holes[3, 3] = holes[3, 3 + 2 * RING + 1] = holes[15, 20] = True
    first, second = components(holes)
    assert int((first & holes).sum()) == 2 and int((second & holes).sum()) == 1
    assert int(second.sum()) == (2 * RING + 1) ** 2


def test_each_picture_of_a_batch_has_its_own_ground():
    batch = torch.cat([torch.full((1, 3, 16, 16), v) for v in (1.0, -0.5)])
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 5:10, 5:10] = 1
    made = inpaint(consistency, batch, mask)
    assert torch.allclose(made, batch, atol=1e-6)
