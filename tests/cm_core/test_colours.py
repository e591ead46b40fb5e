"""Losses on how pictures look: their colours, and the network's grid in them."""

import pytest
import torch

from cm_core.losses import palette, weave
from cm_core.unet import UNetConfig


def test_colours_are_compared_wherever_they_are():
    """Pictures with all pixels in another order are as good as the true ones; a third of the
    squared distance of their colours is what a shift of all pixels costs."""
    torch.manual_seed(0)
    true = torch.randn(3, 3, 8, 8)
    order = torch.randperm(3 * 64)
    pixels = true.transpose(0, 1).flatten(1)[:, order]
    mixed = pixels.unflatten(1, (3, 8, 8)).transpose(0, 1)
    assert (mixed - true).abs().max() > 1
    assert palette(mixed, true).abs().max() < 1e-10
    shift = torch.tensor([0.3, -0.2, 0.1])[:, None, None]
    costs = torch.stack([palette(mixed + shift, true).mean() for _ in range(400)])
    assert float(costs.mean()) == pytest.approx(float(shift.square().sum()) / 3, rel=0.1)


def test_colours_are_compared_in_full_precision_in_runs_of_half():
    torch.manual_seed(0)
    true = 0.9 + 0.02 * torch.randn(2, 3, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        cost = palette(true + 0.003, true)
    assert cost.dtype == torch.float32 and 0 < float(cost.mean()) < 1e-4
    assert float(cost.std()) < 0.1 * float(cost.mean())


def test_colours_come_to_the_true_ones_and_their_shares():
    """A quarter of the true pixels is red, the rest blue; what begins grey ends so as well, and
    the picture that was off the most had the largest loss."""
    torch.manual_seed(0)
    red, blue = torch.tensor([1.0, -1.0, -1.0]), torch.tensor([-1.0, -1.0, 1.0])
    true = torch.where(torch.arange(64) < 16, red[:, None], blue[:, None]).view(1, 3, 8, 8)
    true = true.repeat(2, 1, 1, 1)
    x = 0.1 * torch.randn(2, 3, 8, 8)
    x[1] = true[1]
    first = palette(x, true)
    assert first.shape == (2,) and first[0] > 2 * first[1]
    x.requires_grad_()
    optimiser = torch.optim.Adam([x], lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        palette(x, true).sum().backward()
        optimiser.step()
    reds = (x.detach() - red[:, None, None]).norm(dim=1) < 0.2
    blues = (x.detach() - blue[:, None, None]).norm(dim=1) < 0.2
    assert float(reds.float().mean()) == pytest.approx(0.25, abs=0.02)
    assert float(blues.float().mean()) == pytest.approx(0.75, abs=0.02)


def test_what_repeats_with_the_grid_is_seen_and_edges_are_not():
    """Lines four pixels apart are known by their mean square at that period, whatever lies under
    them; at another period, and an edge a hundred times as strong, cost a small part of that."""
    down = torch.arange(64)[:, None].expand(64, 64)
    lines = torch.where((down + torch.arange(64)) % 4 < 2, 0.01, -0.01).expand(1, 3, 64, 64)
    ground = 0.5 * torch.ones(1, 3, 64, 64)
    seen = float(weave(ground + lines, 4))
    assert seen == pytest.approx(1e-4, rel=0.2)
    fade = torch.linspace(-0.5, 0.5, 64) + lines
    assert float(weave(fade, 4)) == pytest.approx(seen, rel=0.2)
    assert float(weave(ground + lines.roll(1, 3), 4)) == pytest.approx(seen, rel=0.1)
    others = torch.where((down + torch.arange(64)) % 6 < 3, 0.01, -0.01).expand(1, 3, 64, 64)
    edge = torch.where(down < 30, -1.0, 1.0).expand(1, 3, 64, 64)
    assert float(weave(ground + others, 4)) < 0.15 * seen
    assert float(weave(edge, 4)) < 0.15 * seen
    assert torch.equal(weave(torch.cat([ground, ground]), 4), torch.zeros(2))


def test_a_grid_is_taken_out_and_a_picture_stays():
    torch.manual_seed(0)
    down = torch.arange(64)[:, None].expand(64, 64)
    picture = (down > 20).float().expand(1, 3, 64, 64) - 0.5
    lines = torch.where((down + torch.arange(64)) % 4 < 2, 0.02, -0.02)
    x = (picture + lines).requires_grad_()
    optimiser = torch.optim.Adam([x], lr=1e-3)
    for _ in range(100):
        optimiser.zero_grad()
        weave(x, 4).sum().backward()
        optimiser.step()
    off = x.detach() - picture
    assert float(off[..., 30:-4, 4:-4].abs().mean()) < 0.004 and float(off.abs().max()) < 0.05


def test_a_position_of_the_first_map_stands_for_so_many_pixels():
    assert UNetConfig(patch=1).position == 1
    assert UNetConfig(patch=2).position == 2
    assert UNetConfig(patch=2, fine=32).position == 4
