import pytest
import torch

from cm_core import ConsistencyModel, ModelConfig, distance, losses
from cm_core.schedule import ect_r
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


def test_ect_evaluates_twice_under_one_dropout_mask():
    model = trained_mode_model()
    x0, z, t = torch.randn(4, 3, 8, 8), torch.randn(4, 3, 8, 8), torch.full((4,), 0.7)
    same = losses.ect(model, x0, z, t, t.clone(), sigma_data=0.5, c=0.03)
    assert (same == 0).all()
    assert (losses.ect(model, x0, z, t, t / 2, sigma_data=0.5, c=0.03) > 0).all()
    first, second = model(x0, t), model(x0, t)
    assert not torch.equal(first, second)  # dropout was really on


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
