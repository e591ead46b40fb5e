"""The energy score as a loss: what it is least at."""

import pytest
import torch

from cm_core.losses import energy, separation


def test_it_is_a_difference_of_distances_and_the_other_draw_is_held():
    drawn = torch.tensor([[3.0, 0.0], [0.0, 0.0]]).requires_grad_()
    other = torch.tensor([[0.0, 0.0], [0.0, 2.0]]).requires_grad_()
    true, root = torch.tensor([[3.0, 4.0], [0.0, 0.0]]), 2**0.5
    score = energy(drawn, true, other)
    assert score.tolist() == pytest.approx([4 / root - 3 / root, -2 / root], abs=1e-3)
    closer = energy(drawn, true, other, apart=0.5)
    assert closer.tolist() == pytest.approx([4 / root - 1.5 / root, -1 / root], abs=1e-3)
    score.sum().backward()
    assert other.grad is None and torch.isfinite(drawn.grad).all()


def test_a_sampler_that_descends_it_comes_to_the_true_mixture():
    """Two clusters at -1 and 1, a quarter in the first: a sampler that begins at one point, as all
    pictures of a label may, ends with both clusters and their shares."""
    torch.manual_seed(0)
    true = torch.where(torch.rand(512, 1) < 0.25, -1.0, 1.0) + 0.05 * torch.randn(512, 1)
    drawn = (0.01 * torch.randn(512, 1)).requires_grad_()
    optimiser = torch.optim.Adam([drawn], lr=0.02)
    for _ in range(1500):
        mixed = torch.randperm(512)
        loss = energy(drawn, true[torch.randperm(512)], drawn[mixed]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        assert float((drawn < 0).float().mean()) == pytest.approx(0.25, abs=0.05)
        assert float(separation(drawn.abs(), torch.ones(512, 1)).mean()) < 0.2
