"""Muon by its values: singular values, the size of a step, Adam beside it, and what it learns."""

import pytest
import torch
from torch import nn

from train.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(64, 64), (48, 200), (200, 48)])
def test_singular_values_come_out_near_one(shape):
    u, _, v = torch.linalg.svd(torch.randn(shape, generator=seeded()), full_matrices=False)
    strengths = torch.logspace(0, -1.5, min(shape))
    made = orthogonal((u * strengths @ v)[None])[0]
    assert torch.linalg.svdvals(made).sub(1).abs().max() < 0.35
    along = torch.einsum("ik,ij,kj->k", u, made, v)
    assert along.min() > 0.65  # each direction kept, none turned


def test_a_step_is_as_long_as_adams(seeded_weight):
    before = seeded_weight.detach().clone()
    seeded_weight.grad = torch.randn(before.shape, generator=seeded()) * 1e-3
    Muon([seeded_weight], lr=0.01).step()
    moved = (seeded_weight.detach() - before).square().mean().sqrt()
    assert 0.7 * 0.2 * 0.01 < moved < 1.2 * 0.2 * 0.01


def test_a_convolution_moves_as_its_matrix_in_any_memory_format():
    weight = torch.randn(64, 16, 3, 3, generator=seeded())
    grads = torch.randn(3, 64, 16, 3, 3, generator=seeded())
    forms = [
        nn.Parameter(weight.clone()),
        nn.Parameter(weight.clone().to(memory_format=torch.channels_last)),
        nn.Parameter(weight.flatten(1).clone()),
    ]
    optimiser = Muon(forms, lr=0.01)
    for grad in grads:
        for p in forms:
            p.grad = grad.reshape(p.shape)
        optimiser.step()
    for p in forms[1:]:
        torch.testing.assert_close(p.reshape(weight.shape), forms[0])
    assert (forms[0] - weight).abs().max() > 0.001


def test_matrices_of_one_shape_move_as_each_would_alone():
    start = torch.randn(3, 64, 48, generator=seeded())
    grads = start.flip(0) * torch.tensor([1, 1e-3, 30])[:, None, None]
    together, alone = ([nn.Parameter(w.clone()) for w in start] for _ in range(2))
    for p, grad in zip(together + alone, [*grads, *grads], strict=True):
        p.grad = grad
    Muon(together, lr=0.01).step()
    for p in alone:
        Muon([p], lr=0.01).step()
    torch.testing.assert_close(together, alone)
    assert all((p - w).abs().max() > 0.001 for p, w in zip(together, start, strict=True))


@pytest.mark.parametrize("shape", [(64,), (12, 64), (64, 3, 3, 3)])
def test_what_is_no_wide_matrix_is_updated_by_adam(shape):
    start = torch.randn(shape, generator=seeded())
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    pairs = [
        (ours, Muon([ours], lr=0.01, betas=(0.8, 0.95))),
        (theirs, torch.optim.Adam([theirs], lr=0.01, betas=(0.8, 0.95))),
    ]
    for grad in torch.randn(5, *shape, generator=seeded()):
        for p, optimiser in pairs:
            p.grad = grad.clone()
            optimiser.step()
    torch.testing.assert_close(ours, theirs)


def test_it_goes_on_from_its_state(seeded_weight):
    """Five steps are three, saved and loaded, and two."""
    bias = nn.Parameter(torch.zeros(64))
    twins = [nn.Parameter(p.detach().clone()) for p in (seeded_weight, bias)]
    grads = [[torch.randn(p.shape, generator=seeded()) for p in twins] for _ in range(5)]

    def go(params, optimiser, grads):
        for pair in grads:
            for p, grad in zip(params, pair, strict=True):
                p.grad = grad.clone()
            optimiser.step()

    whole = Muon([seeded_weight, bias], lr=0.01)
    go([seeded_weight, bias], whole, grads)
    first, second = Muon(twins, lr=0.01), Muon(twins, lr=0.01)
    go(twins, first, grads[:3])
    second.load_state_dict(first.state_dict())
    go(twins, second, grads[3:])
    torch.testing.assert_close(twins[0], seeded_weight)
    torch.testing.assert_close(twins[1], bias)


def test_weak_directions_are_learnt_as_fast_as_strong_ones():
    """Least squares whose inputs differ a hundredfold in strength: the weak are learnt at all."""
    scale = torch.logspace(0, -2, 64)
    target = torch.randn(64, 64, generator=seeded()) / 8
    generator = seeded()
    weight = nn.Parameter(torch.zeros(64, 64))
    optimiser = Muon([weight], lr=0.05)
    for step in range(300):
        optimiser.param_groups[0]["lr"] = 0.05 * (1 - step / 300)
        x = torch.randn(256, 64, generator=generator) * scale
        weight.grad = (weight.detach() - target) @ x.T @ x / 256
        optimiser.step()
    left = (weight.detach() - target).square().sum(0) / target.square().sum(0)
    assert left.max() < 0.05


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def seeded_weight():
    return nn.Parameter(torch.randn(64, 128, generator=seeded()))
