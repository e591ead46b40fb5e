"""The finer level around a U-Net."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F

from cm_core.fine import FineUNet, make_net
from cm_core.unet import GATE, UNet
from tests.cm_core.test_model import NET, tiny

FINE = dataclasses.replace(NET, image_size=32, fine=8)


def grown(**changes):
    """(a U-Net with weights, the same inside a new finer level)."""
    torch.manual_seed(0)
    plain = UNet(dataclasses.replace(NET, **changes))
    fine = FineUNet(dataclasses.replace(FINE, **changes))
    for weight in plain.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    missing, unknown = fine.load_state_dict(plain.state_dict(), strict=False)
    assert all(name.startswith("fine.") for name in missing) and not unknown
    return plain.eval(), fine.eval()


@pytest.mark.parametrize("changes", [{}, {"skip_gates": True, "scale_shift": True, "blocks": 2}])
def test_a_new_level_leaves_the_unet_to_draw_means_of_four_pixels(changes):
    plain, fine = grown(**changes)
    x, t = torch.randn(2, 3, 32, 32), torch.tensor([-1.0, 0.5])
    with torch.no_grad():
        inner, outer = plain(F.avg_pool2d(x, 2), t), fine(x, t)
    assert inner.std() > 0.1
    assert torch.equal(outer, inner.repeat_interleave(2, -1).repeat_interleave(2, -2))


def test_single_pixels_are_heard_and_drawn_once_the_level_has_weights():
    model = tiny(image_size=32, fine=8)
    x = torch.randn(1, 3, 32, 32)
    other = x.clone()
    other[..., 8, 8] += 1
    other[..., 8, 9] -= 1  # the mean of the four stays what it was
    with torch.no_grad():
        made, changed = model.net(x, torch.zeros(1)), model.net(other, torch.zeros(1))
    assert (made - changed).abs().max() > 0.01
    assert (made - F.interpolate(F.avg_pool2d(made, 2), scale_factor=2)).abs().mean() > 0.01


def test_gates_of_minus_one_shut_the_picture_out_of_the_levels_end():
    _, fine = grown(skip_gates=True)
    for gate in fine.fine.gates:
        torch.nn.init.constant_(gate.bias, -1.0 / GATE)
    taken = []
    for block in fine.fine.after:
        block.register_forward_pre_hook(lambda layer, given: taken.append(given[0]))
    fine(torch.randn(2, 3, 32, 32), torch.zeros(2))
    for h in taken:
        assert h.shape == (2, 16, 16, 16) and h[:, :8].std() > 0 and (h[:, 8:] == 0).all()


def test_every_weight_of_the_level_learns():
    model = tiny(image_size=32, fine=8, skip_gates=True)
    model.net(torch.randn(2, 3, 32, 32), torch.zeros(2)).square().sum().backward()
    assert all(weight.grad.abs().max() > 0 for weight in model.net.fine.parameters())


def test_the_config_says_which_network():
    assert type(make_net(NET)) is UNet and type(make_net(FINE)) is FineUNet
