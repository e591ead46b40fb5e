"""A U-Net within an outer level: what each of the two draws."""

import torch
import torch.nn.functional as F

from cm_core.outer_level import TwoScaleUNet
from cm_core.unet import UNet, UNetConfig

CONFIG = UNetConfig(
    image_size=16, patch=2, channels=8, channel_mult=(1, 2), outer_level=4, attention_sizes=(4,),
    norm_channels=4, scale_shift=True, num_classes=3,
)  # fmt: skip


def network() -> tuple[TwoScaleUNet, dict]:
    """A network whose weights are all drawn, and inputs for it."""
    g = torch.Generator().manual_seed(0)
    net = TwoScaleUNet(CONFIG).eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(0.2 * torch.randn(weight.shape, generator=g))
    x = torch.randn(2, 3, 16, 16, generator=g)
    return net, {"x": x, "c_noise": torch.tensor([0.3, -0.4]), "label": torch.tensor([0, 2])}


@torch.no_grad()
def test_without_its_level_it_enlarges_what_the_unet_draws_of_means():
    net, inputs = network()
    for silent in (net.outer.down, net.outer.out_conv):
        for weight in silent.parameters():
            weight.zero_()
    within = UNet(UNetConfig(**{**vars(CONFIG), "image_size": 8}))
    within.load_state_dict(
        {k: v for k, v in net.state_dict().items() if not k.startswith("outer.")}
    )
    small = within.eval()(F.avg_pool2d(inputs["x"], 2), inputs["c_noise"], inputs["label"])
    assert torch.allclose(net(**inputs), F.interpolate(small, scale_factor=2), atol=1e-6)


@torch.no_grad()
def test_the_level_sees_what_means_hide():
    net, inputs = network()
    before = net(**inputs)
    checks = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)
    after = net(inputs["x"] + checks, inputs["c_noise"], inputs["label"])
    assert float((after - before).abs().mean()) > 0.01


@torch.no_grad()
def test_a_new_one_draws_nothing_yet():
    _, inputs = network()
    assert torch.equal(TwoScaleUNet(CONFIG)(**inputs), torch.zeros(2, 3, 16, 16))
