"""Mean pictures that labels come with, as a network is told them."""

import dataclasses

import pytest
import torch

from cm_core.fine import make_net
from cm_core.prototypes import Prototypes
from cm_core.unet import GATE
from tests.cm_core.test_model import NET


@pytest.mark.parametrize("fine", [0, 8])
def test_prototypes_are_silent_at_first_and_then_told_label_by_label(fine):
    torch.manual_seed(0)
    size = 32 if fine else 16
    config = dataclasses.replace(NET, image_size=size, num_classes=3, fine=fine)
    plain = make_net(config)
    for weight in plain.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    told = make_net(dataclasses.replace(config, prototypes=4))
    missing, unknown = told.load_state_dict(plain.state_dict(), strict=False)
    assert all(name.startswith("prototypes.") for name in missing) and not unknown
    pictures = told.prototypes.pictures
    pictures[1:] = torch.tensor([0.5, -0.5])[:, None, None, None]
    assert "prototypes.pictures" in told.state_dict()
    assert all(weight is not pictures for weight in told.parameters())
    x = torch.randn(1, 3, size, size).expand(3, -1, -1, -1)
    t, label = torch.zeros(3), torch.arange(3)
    with torch.no_grad():
        before = plain(x, t, label)
        assert torch.equal(told(x, t, label), before)
        # A share of 1 at the end adds the pictures as they are.
        told.prototypes.leave.bias.fill_(1.0)
        torch.testing.assert_close(
            told(x, t, label) - before,
            torch.tensor([0.0, 0.5, -0.5])[:, None, None, None].expand_as(x),
            rtol=0,
            atol=1e-3,
        )
        told.prototypes.leave.bias.zero_()
        torch.nn.init.normal_(told.prototypes.enter.weight)
        apart = (told(x, t, label) - before).abs().flatten(1).mean(1)
        assert apart[0] < 1e-3 and apart[1:].min() > 0.01


def test_prototypes_told_to_the_finer_level_are_silent_at_first_and_free_of_noise():
    torch.manual_seed(0)
    config = dataclasses.replace(NET, image_size=32, num_classes=3, fine=8, prototypes=4)
    plain = make_net(dataclasses.replace(config, skip_gates=True))
    for weight in plain.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    told = make_net(dataclasses.replace(config, skip_gates=True, told=8))
    missing, unknown = told.load_state_dict(plain.state_dict(), strict=False)
    assert missing and all(name.startswith("fine.told.") for name in missing) and not unknown
    for net in (plain, told):
        net.prototypes.pictures[1, :, :2] = 1.0  # the upper half
    x, t = torch.randn(1, 3, 32, 32).expand(2, -1, -1, -1), torch.zeros(2)
    label = torch.arange(2)
    with torch.no_grad():
        before = plain(x, t, label)
        assert torch.equal(told(x, t, label), before)
        fine, emb = told.fine, told.embed(t, label, None)
        torch.nn.init.normal_(fine.told.last.weight, std=0.2)
        assert not torch.allclose(told(x, t, label), before, atol=0.01)
        maps = fine.told(told.prototypes.pictures[label], 16, emb)
        assert maps.shape == (2, 2 * 8, 16, 16)  # for each of the two blocks
        assert (maps[1, :, 2] - maps[1, :, 13]).abs().mean() > 0.01  # there where the picture is
        # With its gates shut no noise comes past the U-Net, and the pictures still do.
        for gate in fine.gates:
            torch.nn.init.zeros_(gate.weight)
            gate.bias.fill_(-1 / GATE)
        h, pictures = torch.zeros(2, NET.channels, 8, 8), told.prototypes.pictures[label]

        def drawn(pictures):
            return fine.decode(h, [torch.randn(2, 8, 16, 16) for _ in range(2)], emb, pictures)

        torch.testing.assert_close(drawn(pictures), drawn(pictures))
        changed = (drawn(pictures) - drawn(0 * pictures)).abs().flatten(1).mean(1)
        assert changed[0] < 1e-3 and changed[1] > 0.01  # the first label's has nothing in it


def test_prototypes_lie_where_their_pictures_do():
    """Means of 4x4 pixels, enlarged: a picture that is left of the middle stays there."""
    prototypes = Prototypes(1, 4, 8, 16)
    prototypes.pictures[0, :, :, :2] = 1.0
    torch.nn.init.ones_(prototypes.leave.bias)
    with torch.no_grad():
        drawn = prototypes.end(torch.zeros(1, 3, 16, 16), torch.tensor([0]), torch.zeros(1, 16))
    assert (drawn[..., :6] == 1).all() and (drawn[..., 10:] == 0).all()
    assert (drawn[0, 0, 0].diff() <= 0).all()
