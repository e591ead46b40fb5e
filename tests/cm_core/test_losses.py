import urllib.error

import pytest
import torch

from cm_core import ConsistencyModel, ModelConfig, distance, losses
from cm_core.errors import CheckpointError
from cm_core.losses.common import RandomState
from cm_core.schedule import ect_r
from cm_core.solvers import euler_step
from cm_core.unet import UNetConfig
from tests.gaussian import S, denoiser


def test_distances_by_hand():
    a, b = torch.zeros(2, 3, 2, 2), torch.zeros(2, 3, 2, 2)
    b[1] = 0.5
    assert distance.l1(a, b).tolist() == [0, 0.5]
    assert distance.l2(a, b).tolist() == [0, 0.25]
    assert distance.pseudo_huber(a, b, 0.03)[1].item() == pytest.approx(
        (12 * 0.25 + 0.03**2) ** 0.5 - 0.03
    )


def test_pseudo_huber_has_a_gradient_where_pictures_agree():
    a = torch.zeros(1, 3, 2, 2, requires_grad=True)
    distance.pseudo_huber(a, torch.zeros_like(a), 0.03).sum().backward()
    assert (a.grad == 0).all()


def test_edm_loss_of_the_true_denoiser_is_its_posterior_variance():
    """E |D - x0|^2 = s^2 t^2 / (s^2 + t^2), whose weighted value is 1 at every noise level."""
    g = torch.Generator().manual_seed(0)
    x0 = S * torch.randn(64, 3, 16, 16, generator=g)
    z = torch.randn(x0.shape, generator=g)
    for t in (0.05, 0.5, 5.0):
        loss = losses.edm(denoiser, x0, z, torch.full((64,), t), S)
        assert loss.shape == (64,)
        assert loss.mean().item() == pytest.approx(1.0, rel=0.02)


def trained_mode_model():
    torch.manual_seed(0)
    net = UNetConfig(image_size=8, channels=16, channel_mult=(1,), attention_sizes=(), dropout=0.5)
    model = ConsistencyModel(ModelConfig("tiny", net)).train()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return model


PAIRS = {
    "ect": lambda f, x0, z, t, r: losses.ect(f, x0, z, t, r, 0.5, c=0.03),
    "ct": lambda f, x0, z, t, r: losses.ct(f, f, x0, z, t, r, 0.5),
    "ict": lambda f, x0, z, t, r: losses.ict(f, x0, z, t, r, 0.03) * (t - r + 1e-9),
    "cd": lambda f, x0, z, t, r: losses.cd(f, f, denoiser, euler_step, x0, z, t, r, 0.5),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_both_evaluations_see_one_dropout_mask(pair):
    model = trained_mode_model()
    x0, z, t = torch.randn(4, 3, 8, 8), torch.randn(4, 3, 8, 8), torch.full((4,), 0.7)
    same = PAIRS[pair](model, x0, z, t, t.clone())
    assert same.abs().max() < 1e-9 if pair == "cd" else (same.nan_to_num() == 0).all()
    assert (PAIRS[pair](model, x0, z, t, t / 2) > 1e-6).all()
    first, second = model(x0, t), model(x0, t)
    assert not torch.equal(first, second)  # dropout was really on


class Dropping(torch.nn.Module):
    """A small net with dropout, which compiles sooner than a U-Net."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 16, 1)
        self.second = torch.nn.Conv2d(16, 3, 1)

    def forward(self, x, time, label=None):
        return self.second(torch.nn.functional.dropout(self.first(x), 0.5, self.training))


@pytest.mark.slow
def test_compiled_evaluations_see_one_dropout_mask():
    model = trained_mode_model()
    model = model.with_net(torch.compile(Dropping()))
    x0, z, t = torch.randn(4, 3, 8, 8), torch.randn(4, 3, 8, 8), torch.full((4,), 0.7)
    rng = RandomState(x0.device)
    online = model(x0 + z, t)
    with torch.no_grad():
        rng.restore()
        again = model(x0 + z, t)
        other = model(x0 + z, t)
    assert torch.allclose(online, again, atol=1e-6)
    assert (online - other).abs().max() > 1e-2
    assert losses.ect(model, x0, z, t, t.clone(), 0.5, 0.03).max() < 1e-4


def test_forward_mode_agrees_with_differences_through_attention_and_dropout():
    torch.manual_seed(0)
    net = UNetConfig(image_size=8, channels=16, channel_mult=(1, 2), attention_sizes=(8, 4))
    model = ConsistencyModel(ModelConfig("tiny", net)).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    x, t, dx = torch.randn(4, 3, 8, 8), torch.full((4,), 0.7), torch.randn(4, 3, 8, 8)
    value, slope = losses.tangent(model, x, t, dx, torch.ones(4))
    h = 1e-2
    with torch.no_grad():
        assert torch.allclose(value, model(x, t), atol=1e-5)
        differences = (model(x + h * dx, t + h) - model(x - h * dx, t - h)) / (2 * h)
    assert (slope - differences).norm() / slope.norm() < 2e-3


def test_weights_by_hand():
    t = torch.tensor([0.5, 2.0])
    by_hand = {
        "uniform": [1, 1],
        "truncated-snr": [4, 1],
        "karras": [4 + 16, 0.25 + 16],
        "inverse": [2 + 4, 0.5 + 4],
        "between": [2**1.5 + 8, 0.5**1.5 + 8],
    }
    assert by_hand.keys() == losses.WEIGHTS.keys()
    for name, values in by_hand.items():
        assert losses.WEIGHTS[name](t, 0.25).tolist() == pytest.approx(values)


def test_ct_weighs_the_distance_at_the_noisier_level():
    x0, z = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8)
    t_hi, t_lo = torch.tensor([0.5, 2.0]), torch.tensor([0.4, 1.0])

    def model(x, sigma, label=None):
        return 0.9 * x

    loss = losses.ct(
        model, model, x0, z, t_hi, t_lo, 0.5, distance=distance.l1, weight=losses.karras_weight
    )
    gap = 0.9 * (t_hi - t_lo) * z.abs().flatten(1).mean(1)
    assert torch.allclose(loss, torch.tensor([4 + 4, 0.25 + 4]) * gap, rtol=1e-5)


def test_ict_divides_by_the_gap():
    x0, z = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8)
    t_hi, t_lo = torch.tensor([0.5, 2.0]), torch.tensor([0.4, 1.0])
    loss = losses.ict(lambda x, sigma, label=None: x, x0, z, t_hi, t_lo, c=0.03)
    gap = (t_hi - t_lo) * z.flatten(1).norm(dim=1)
    assert torch.allclose(loss, ((gap**2 + 0.03**2).sqrt() - 0.03) / (t_hi - t_lo), rtol=1e-4)


@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_lpips_is_a_distance_with_a_gradient(net):
    torch.manual_seed(0)
    lpips = distance.LPIPS(net, pretrained=False)
    a = torch.rand(2, 3, 32, 32) * 2 - 1
    b = (a + 0.3 * torch.randn_like(a)).clamp(-1, 1).requires_grad_()
    assert lpips(a, a).tolist() == [0, 0]
    value = lpips(a, b)
    assert value.shape == (2,) and (value > 0).all()
    value.sum().backward()
    assert b.grad.abs().max() > 0


def test_lpips_enlarges_small_pictures_only(monkeypatch):
    lpips, seen = distance.LPIPS("alex", pretrained=False), []
    monkeypatch.setattr(
        lpips.metric, "forward", lambda a, b: seen.append(a.shape[-1]) or a.sum((1, 2, 3))
    )
    for side in (32, 224, 256):
        lpips(torch.zeros(1, 3, side, side), torch.zeros(1, 3, side, side))
    assert seen == [224, 224, 256]


def test_lpips_without_its_weights_says_so(monkeypatch):
    def fetch(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fetch)
    with pytest.raises(CheckpointError, match=r"LPIPS \(vgg\) could not be fetched"):
        distance.LPIPS("vgg")


def test_ect_targets_the_clean_picture_where_r_is_zero():
    x0, z = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8)
    t, r = torch.tensor([0.3, 0.3]), torch.tensor([0.0, 0.2])

    def model(x, sigma, label=None):
        return 0.9 * x

    loss = losses.ect(model, x0, z, t, r, sigma_data=0.5, c=0.03)
    weight = 0.3**-2 + 0.5**-2
    online = 0.9 * (x0 + 0.3 * z)
    targets = torch.stack([x0[0], 0.9 * (x0[1] + 0.2 * z[1])])
    assert torch.allclose(loss, weight * distance.pseudo_huber(online, targets, 0.03), rtol=1e-5)


def test_ect_target_carries_no_gradient():
    """d/da of the loss of f = a x against a fixed target, by hand."""
    a = torch.tensor(0.8, requires_grad=True)
    x0, z = torch.randn(1, 3, 4, 4), torch.randn(1, 3, 4, 4)
    t, r, c = torch.tensor([1.0]), ect_r(torch.tensor([1.0]), 2), 0.03
    losses.ect(lambda x, sigma, label=None: a * x, x0, z, t, r, 0.5, c).backward()
    x_t, x_r = x0 + z, x0 + r * z
    gap = 0.8 * (x_t - x_r)
    wanted = (1 + 4) * (gap * x_t).sum() / (gap.square().sum() + c**2).sqrt()
    assert a.grad.item() == pytest.approx(wanted.item(), rel=1e-4)


def test_hinges_by_hand():
    true, made = torch.tensor([[2.0, 0.5]]), torch.tensor([[-3.0, 0.25]])
    assert losses.real_hinge(true).tolist() == [(0 + 0.5) / 2]
    assert losses.fake_hinge(made).tolist() == [(0 + 1.25) / 2]
    assert losses.generator_hinge(made).tolist() == [(3.0 - 0.25) / 2]
