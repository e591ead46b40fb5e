import dataclasses

import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, ModelConfig, precondition
from cm_core.errors import SettingError
from cm_core.labels import Labels
from cm_core.unet import UNet, UNetConfig, timestep_embedding

LABELS = Labels({"scene": ("lake", "moor"), "light": ("day", "dusk", "night")})
NO_LABELS = Labels()
NET = UNetConfig(
    image_size=16,
    channels=16,
    channel_mult=(1, 2),
    attention_sizes=(4,),
    head_channels=8,
    patch=2,
    norm_channels=4,
)


def tiny(kind=ConsistencyModel, labels=NO_LABELS, **changes):
    torch.manual_seed(0)
    net = UNetConfig(**{**vars(NET), "num_classes": labels.count, **changes})
    model = kind(ModelConfig("tiny", net, sigma_data=0.58, labels=labels)).eval()
    for weight in [*model.parameters(), *model.buffers()]:  # no zeroed layer may hide a mistake
        torch.nn.init.normal_(weight, std=0.2)
    return model


def test_boundary_holds_exactly_in_floating_point():
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(tiny()(x, 0.002), x)
        assert not torch.equal(tiny()(x, 0.003), x)


def test_preconditioning_formulas():
    t, s = torch.tensor([0.002, 1.0, 80.0], dtype=torch.float64), 0.5
    c_skip, c_out, c_in = precondition.consistency(t, s)
    assert torch.allclose(c_skip, s**2 / ((t - 0.002) ** 2 + s**2))
    assert torch.allclose(c_out, s * (t - 0.002) / (t**2 + s**2).sqrt())
    assert torch.allclose(c_in, (t**2 + s**2).rsqrt())
    e_skip, e_out, _ = precondition.edm(t, s)
    assert torch.allclose(e_skip, s**2 / (t**2 + s**2))
    assert torch.allclose(e_out, s * t / (t**2 + s**2).sqrt())
    assert torch.allclose(precondition.noise_quarter_log(t, s), t.log() / 4)
    assert torch.allclose(precondition.noise_openai(t, s), 250 * t.log())
    assert torch.allclose(s * torch.tan(precondition.noise_angle(t, s)), t, rtol=1e-4)


def test_guidance_moves_from_the_null_label_through_the_label_while_it_trains_too():
    plain, x, t = tiny(Denoiser, LABELS), torch.randn(3, 3, 16, 16), torch.tensor([0.1, 1.0, 9.0])
    guided = Denoiser(dataclasses.replace(plain.config, guidance=2.5)).eval()
    guided.load_state_dict(plain.state_dict())
    label = torch.tensor([0, 4, LABELS.null])
    with torch.no_grad():
        ours, free, made = plain(x, t, label), plain(x, t), guided(x, t, label)
        assert torch.allclose(made, free + 2.5 * (ours - free), atol=1e-5)
        assert torch.allclose(made[2], free[2], atol=1e-5)  # nothing to be guided to
        assert (made[0] - ours[0]).abs().max() > 1e-3
        assert torch.equal(guided(x, t), free)
        assert torch.equal(guided(x, t, label, guidance=1), ours)
        assert torch.allclose(plain(x, t, label, guidance=2.5), made, atol=1e-5)
        assert torch.equal(guided.train()(x, t, label), made)  # these have no dropout
    assert guided.guided(label) and guided.guided(4) and not plain.guided(label)
    assert not guided.guided(None) and not guided.guided(LABELS.null)


@pytest.mark.parametrize("sigma", [float("nan"), float("inf"), -1.0])
def test_a_noise_level_is_a_number_from_0_on(sigma):
    with pytest.raises(SettingError, match="A noise level is a number from 0 on"):
        tiny()(torch.zeros(1, 3, 16, 16), sigma)


def test_denoiser_of_a_silent_network_is_the_gaussian_denoiser():
    model = tiny(Denoiser)
    for weight in model.net.out_conv.parameters():
        torch.nn.init.zeros_(weight)
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        made = model(x, torch.tensor([0.1, 5.0]))
    s = 0.58
    wanted = torch.stack([x[0] * s**2 / (s**2 + 0.01), x[1] * s**2 / (s**2 + 25)])
    assert torch.allclose(made, wanted, rtol=1e-5)


def test_sigma_may_be_a_number_or_one_each():
    model, x = tiny(), torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        each = model(x, torch.tensor([3.0, 0.4]))
        assert torch.allclose(each[:1], model(x[:1], 3.0), atol=1e-5)
        assert torch.allclose(each[1:], model(x[1:], 0.4), atol=1e-5)


def test_labels_count_in_mixed_radix_with_any_last():
    assert LABELS.count == 3 * 4 and LABELS.null == 11
    assert LABELS.index(scene="lake", light="day") == 0
    assert LABELS.index(scene="moor") == 1 * 4 + 3
    assert LABELS.index(light=2) == 2 * 4 + 2
    assert LABELS.index() == LABELS.null
    with pytest.raises(SettingError, match="lake, moor"):
        LABELS.index(scene="street")
    with pytest.raises(SettingError, match="scene, light"):
        LABELS.index(colour="red")
    assert Labels().index() is None


def test_what_a_choice_leaves_open_is_drawn_by_the_seed():
    drawn = [LABELS.drawn(seed) for seed in range(60)]
    for axis, names in LABELS.axes.items():
        assert {d[axis] for d in drawn} == set(names)
    assert drawn == [LABELS.drawn(seed) for seed in range(60)]
    for seed, free in enumerate(drawn):
        assert LABELS.drawn(seed, scene="lake") == {"scene": "lake", "light": free["light"]}
        assert LABELS.drawn(seed, light="night") == free | {"light": "night"}
    assert Labels().drawn(3) == {}


def test_labels_between_others_are_told_as_their_mean():
    """The ends are the labels themselves; between them the network hears what lies between."""
    torch.manual_seed(0)
    model = tiny(labels=LABELS, image_size=32, outer_level=8)
    for weight in model.net.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    x, count = torch.randn(1, 3, 32, 32).repeat(3, 1, 1, 1), LABELS.count
    between = model.between([2, None], torch.tensor([[1, 0], [0.25, 0.75], [0, 1]]))
    assert between.shape == (3, count) and float(between[1, 2]) == 0.25
    assert float(between[1, LABELS.null]) == 0.75 and torch.equal(between.sum(1), torch.ones(3))
    with torch.no_grad():
        made = model(80 * x, 80.0, between)
        assert torch.allclose(made[0], model(80 * x, 80.0, 2)[0], atol=1e-5)
        assert torch.allclose(made[2], model(80 * x, 80.0)[2], atol=1e-5)
        codes = model.net.label.weight
        codes[0] = 0.25 * codes[2] + 0.75 * codes[LABELS.null]
        assert torch.allclose(made[1], model(80 * x, 80.0, 0)[1], atol=1e-4)
    whole = model.between([2, None], torch.tensor([[1, 0], [0, 1]]))
    assert torch.equal(whole, between[::2])
    assert tiny().between([None, None], torch.ones(3, 2) / 2) is None
    with pytest.raises(SettingError, match="from 0 to"):
        model.between([0, count], torch.ones(3, 2) / 2)
    for other in (torch.ones(3, count - 1), torch.ones(3)):
        with pytest.raises(SettingError, match=f"{count} weights each"):
            model(x, 80.0, other)


def test_labels_between_others_are_guided_as_one_label_is():
    torch.manual_seed(0)
    guided = tiny(Denoiser, LABELS)
    for weight in guided.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    guided.config = dataclasses.replace(guided.config, guidance=2.5)
    ends = guided.between([4, None], torch.eye(2))
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        made, wanted = guided(x, 1.0, ends), guided(x, 1.0, torch.tensor([4, LABELS.null]))
    assert torch.allclose(made, wanted, atol=1e-5)
    assert guided.guided(ends) and not guided.guided(guided.between([None], torch.ones(2, 1)))


def test_labels_change_the_picture_and_are_checked():
    model, x = tiny(labels=LABELS), torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        anything = model(x, 1.0)
        assert torch.equal(anything, model(x, 1.0, LABELS.null))
        assert not torch.allclose(anything, model(x, 1.0, 0))
        mixed = model(x, 1.0, [0, 5])
        assert torch.allclose(mixed[1:], model(x[1:], 1.0, 5), atol=1e-5)
    for wrong in (12, -1, [0, 0, 0]):
        with pytest.raises(SettingError):
            model(x, 1.0, wrong)


def test_additive_conditioning_survives_the_norms():
    x = torch.randn(2, 3, 16, 16)

    def change(fewest):
        model = tiny(labels=LABELS, norm_channels=fewest)
        with torch.no_grad():
            return (model(x, 1.0, 0) - model(x, 1.0, 5)).abs().max()

    assert change(1) < 1e-5  # one channel a group: the norms cancel it
    assert change(4) > 1e-2


def test_recommended_sigmas_come_first_then_their_curve():
    config = ModelConfig(
        "tiny", NET, sigmas={1: (80.0,), 2: (80.0, 0.8), 4: (80.0, 8.0, 0.8, 0.08)}
    )
    model = ConsistencyModel(config)
    assert model.sigmas_for(2) == [80.0, 0.8]
    three = model.sigmas_for(3)
    assert three == pytest.approx([80.0, (8 * 0.8) ** 0.5, 0.08])
    six = model.sigmas_for(6)
    assert len(six) == 6 and six[0] == 80.0 and sorted(six, reverse=True) == six
    with pytest.raises(SettingError):
        model.sigmas_for(0)


def test_timestep_embedding_is_cosines_then_sines():
    e = timestep_embedding(torch.tensor([0.0, 2.0]), 4)
    assert torch.allclose(e[0], torch.tensor([1.0, 1.0, 0.0, 0.0]))
    assert torch.allclose(e[1, 0], torch.tensor(2.0).cos())
    assert torch.allclose(e[1, 3], torch.tensor(0.02).sin())


@pytest.mark.parametrize(
    "changes", [{}, {"scale_shift": True, "patch": 1}, {"blocks": 2, "norm_channels": 1}]
)
def test_network_keeps_shape_and_starts_at_zero(changes):
    net = UNet(UNetConfig(**{**vars(NET), **changes}))
    x = torch.randn(2, 3, 16, 16)
    out = net(x, torch.zeros(2))
    assert out.shape == x.shape and (out == 0).all()


def test_published_architecture_has_the_published_number_of_weights():
    with torch.device("meta"):
        net = UNet(
            UNetConfig(
                image_size=64,
                channels=192,
                channel_mult=(1, 2, 3, 4),
                blocks=3,
                attention_sizes=(32, 16, 8),
                scale_shift=True,
                num_classes=1000,
            )
        )
    assert sum(p.numel() for p in net.parameters()) == 295_899_267


def test_another_form_of_the_net_shares_its_weights():
    model = tiny(ConsistencyModel)
    seen = []

    class Watched(torch.nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, *inputs):
            seen.append(len(inputs[0]))
            return self.net(*inputs)

    other = model.with_net(Watched(model.net))
    x = torch.randn(2, 3, *[model.config.image_size] * 2)
    assert torch.equal(other(x, 1.0), model(x, 1.0)) and seen == [2]
    assert {id(p) for p in other.parameters()} == {id(p) for p in model.parameters()}
    assert not isinstance(model.net, Watched)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_networks_in_half_precision_take_and_give_fp32(dtype):
    model = tiny(ConsistencyModel).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    x = torch.randn(2, 3, *[model.config.image_size] * 2)
    whole = model(x, 1.0)
    model.net.to(dtype)
    half = model(x, 1.0)
    assert half.dtype == torch.float32 and model.dtype == dtype
    assert 0 < (half - whole).abs().max() < 0.05 * whole.std()
