import pytest
import torch
import torch.nn.functional as F

from cm_core.errors import ImageError, SettingError
from editing import (
    colorize,
    denoise,
    inpaint,
    interpolate,
    stream_inpaint,
    stream_stroke,
    stroke,
    super_resolve,
)
from editing.operators import Grey, PatchMean, repeat_pixels
from editing.tasks import (
    CALM_SAMPLES_PER_STEP,
    SAMPLES_PER_STEP,
    estimate_sigma,
    spaced,
)
from editing.walks import slerp
from tests.gaussian import consistency

SIDE = 16
MASK = torch.zeros(1, 1, SIDE, SIDE)
MASK[..., 5:11, 3:9] = 1


def picture(seed=0, batch=1):
    g = torch.Generator().manual_seed(seed)
    return torch.rand((batch, 3, SIDE, SIDE), generator=g) * 2 - 1


EDITS = {
    "inpaint": lambda m, x, **o: inpaint(m, x, MASK, **o),
    "colorize": colorize,
    "super_resolve": lambda m, x, **o: super_resolve(m, PatchMean(4).measure(x), **o),
    "stroke": stroke,
}


@pytest.mark.parametrize("name", EDITS)
def test_seeds_decide_alone_and_in_a_batch(model, name):
    edit, batch = EDITS[name], picture(batch=3)
    with torch.no_grad():
        together = edit(model, batch, seed=[5, 9, 2])
        for i, seed in enumerate((5, 9, 2)):
            alone = edit(model, batch[i : i + 1], seed=seed)
            assert torch.allclose(together[i : i + 1], alone, atol=1e-4)
        assert not torch.allclose(together[:1], edit(model, batch[:1], seed=6), atol=1e-2)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("steps", [1, 3])
def test_steps_and_their_samples_are_network_evaluations(name, steps):
    calls, seen = [], []

    class Counting:
        class config:
            image_size = SIDE

        def __call__(self, x, sigma, label=None):
            calls.append((sigma, label))
            return consistency(x, sigma)

    EDITS[name](Counting(), picture(), steps=steps, label=3, on_step=seen.append)
    assert len(seen) == steps and {c[1] for c in calls} == {3}
    levels = [s.sigma for s in seen]
    assert levels == sorted(levels)[::-1]
    drawn_anew = name.startswith(("stroke", "inpaint"))
    count = SAMPLES_PER_STEP if drawn_anew else CALM_SAMPLES_PER_STEP
    assert [c[0] for c in calls] == [level for level in levels for _ in range(count)]


@pytest.mark.parametrize("name", [*EDITS, "denoise"])
def test_pictures_go_to_where_the_model_is(name):
    """A model elsewhere, as on a GPU: all that it meets, and all that comes back, is there."""

    class Elsewhere:
        device = torch.device("meta")

        class config:
            image_size = SIDE

        def __call__(self, x, sigma, label=None):
            assert x.device == self.device
            return x / (1 + sigma)

    seen = []
    made = {**EDITS, "denoise": denoise}[name](Elsewhere(), picture(), on_step=seen.append)
    assert {made.device, *(x.device for s in seen for x in (s.x, s.x0))} == {Elsewhere.device}


@pytest.mark.parametrize("name", EDITS)
def test_no_sample_a_step_or_a_thousand_are_refused(model, name):
    for count in (0, 1000):
        with pytest.raises(SettingError, match="samples_per_step lies between 1 and 64"):
            EDITS[name](model, picture(), samples_per_step=count)
    with pytest.raises(SettingError, match="samples_per_step is a whole number"):
        EDITS[name](model, picture(), samples_per_step=1.5)


def test_inpaint_keeps_every_bit_outside(model):
    image = picture()
    made = inpaint(model, image, MASK)
    outside = (MASK == 0).expand_as(image)
    assert torch.equal(made[outside], image[outside])


def test_colorize_keeps_luma_and_ignores_the_old_colour(model):
    image = picture()
    made = colorize(model, image)
    assert (Grey().measure(made) - Grey().measure(image)).abs().max() < 1e-5
    luma = (image * torch.tensor([0.2989, 0.5870, 0.1140])[:, None, None] / 0.9999).sum(
        1, keepdim=True
    )
    assert torch.allclose(made, colorize(model, luma), atol=1e-4)


def test_colour_hints_are_kept_where_they_were_dabbed(model):
    grey, hints = torch.zeros(1, 1, SIDE, SIDE), torch.zeros(1, 4, SIDE, SIDE)
    hints[:, 0], hints[:, 3:] = 0.3, MASK
    made = colorize(model, grey, hints=hints)
    dabbed = made[(MASK == 1).expand_as(made)].reshape(3, -1)
    luma = 0.3 * 0.2989 / 0.9999
    wanted = torch.tensor([0.3 - luma, -luma, -luma])[:, None].expand_as(dabbed)
    assert torch.allclose(dabbed, wanted, atol=1e-5)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_super_resolve_keeps_patch_means(model, factor):
    small = PatchMean(factor).measure(picture())
    made = super_resolve(model, small)
    assert made.shape == (1, 3, SIDE, SIDE)
    assert (PatchMean(factor).measure(made) - small).abs().max() < 1e-6
    assert not torch.allclose(made, repeat_pixels(small, factor), atol=1e-2)


def test_enlarging_starts_from_a_bicubic_enlargement():
    """A model that changes nothing leaves it, up to the noise and with the means put right."""
    whole = picture()
    small = PatchMean(4).measure(whole)
    made = super_resolve(lambda x, sigma, label: x, small, sigmas=[0.003], size=SIDE)
    smooth = F.interpolate(small, scale_factor=4, mode="bicubic").clamp(-1, 1)
    assert (made - PatchMean(4).merge(small, smooth)).abs().max() < 0.02


def test_a_hint_spreads_its_colour_as_far_as_the_luma_leaves_room():
    """A model that changes nothing leaves what it starts from: red on grey, white on white."""
    image = torch.zeros(1, 3, SIDE, SIDE)
    image[..., SIDE // 2 :] = 1
    hints = torch.zeros(1, 4, SIDE, SIDE)
    hints[:, :, 4:6, 2:4] = torch.tensor([0.5, -0.2, -0.2, 1.0])[:, None, None]
    made = colorize(lambda x, sigma, label: x, image, hints=hints, sigmas=[0.003])
    red = made[:, 0] - made[:, 1]
    assert (red[..., : SIDE // 2] - 0.7).abs().max() < 0.03
    assert red[..., SIDE // 2 :].abs().max() < 0.03


def test_stroke_with_a_mask_keeps_the_rest(model):
    image = picture()
    made = stroke(model, image, mask=MASK)
    outside = (MASK == 0).expand_as(image)
    assert torch.equal(made[outside], image[outside])


def test_strength_sets_the_first_noise_level():
    class Sized:
        class config:
            image_size = SIDE

        def __call__(self, x, sigma, label=None):
            return consistency(x, sigma)

    firsts = [next(stream_stroke(Sized(), picture(), s)).sigma for s in (0.0, 0.5, 1.0)]
    assert firsts == sorted(firsts) and firsts[1] == pytest.approx((firsts[0] * firsts[2]) ** 0.5)
    both = [[step.sigma for step in stream_stroke(Sized(), picture(), s, 2)] for s in (0.0, 1.0)]
    assert both == [pytest.approx([0.4, 0.2]), pytest.approx([4.0, 0.4])]
    # A weak noise leaves the painting, a strong one leaves nothing of it.
    drift = [(stroke(Sized(), picture(), s, steps=1) - picture()).abs().mean() for s in (0, 1)]
    assert drift[0] < drift[1]


def test_denoise_is_one_evaluation_of_f():
    x = 0.3 * torch.randn(1, 3, SIDE, SIDE)
    assert torch.allclose(denoise(consistency, x, 0.4), consistency(x, 0.4).clamp(-1, 1))


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_noise_level_is_estimated(sigma):
    g = torch.Generator().manual_seed(0)
    flat = torch.full((1, 3, 64, 64), 0.4)
    flat[..., 20:40, 10:50] = -0.7
    noisy = flat + sigma * torch.randn(flat.shape, generator=g)
    assert estimate_sigma(noisy) == pytest.approx(sigma, rel=0.06)


def test_interpolation_ends_at_the_two_seeds(model):
    frames = interpolate(model, 4, 8, frames=5)
    assert frames.shape == (5, 3, SIDE, SIDE)
    for seed, frame in ((4, frames[:1]), (8, frames[-1:])):
        noise = torch.randn((1, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            alone = model(80 * noise, 80.0).clamp(-1, 1)
        assert torch.allclose(frame, alone, atol=1e-4)


def test_slerp_keeps_length_and_meets_in_the_middle():
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert torch.allclose(slerp(a, b, 0.5), torch.full((2,), 0.5**0.5))
    assert slerp(a, b, 0.3).norm().item() == pytest.approx(1)
    assert torch.equal(slerp(a, a, 0.3), a)


def test_streams_and_results_agree(model):
    *_, step = stream_inpaint(model, picture(), MASK, steps=3, seed=1)
    assert torch.equal(step.x0, inpaint(model, picture(), MASK, steps=3, seed=1))


def test_a_generator_stands_in_for_a_seed(model):
    g = torch.Generator().manual_seed(11)
    assert torch.equal(colorize(model, picture(), generator=g), colorize(model, picture(), seed=11))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ImageError, lambda m: inpaint(m, picture(), torch.zeros(1, 1, SIDE, SIDE))),
        (ImageError, lambda m: inpaint(m, picture(), torch.ones(1, 1, 4, 4))),
        (ImageError, lambda m: inpaint(m, picture()[..., :8], MASK)),
        (ImageError, lambda m: inpaint(m, 100 * picture(), MASK)),
        (ImageError, lambda m: stroke(m, picture() * float("nan"))),
        (ImageError, lambda m: stroke(m, picture()[0])),
        (ImageError, lambda m: stroke(m, (picture() * 99).to(torch.uint8))),
        (SettingError, lambda m: stroke(m, picture(), strength=1.5)),
        (SettingError, lambda m: stroke(m, picture(), steps=0)),
        (SettingError, lambda m: stroke(m, picture(), label=99)),
        (SettingError, lambda m: stroke(m, picture(), seed=[1, 2])),
        (SettingError, lambda m: super_resolve(m, picture())),
        (SettingError, lambda m: super_resolve(m, picture()[..., :5, :5])),
        (SettingError, lambda m: denoise(m, picture(), sigma=-1)),
        (SettingError, lambda m: interpolate(m, 0, 1, frames=1)),
    ],
)
def test_bad_input_gets_one_sentence(model, error, call):
    with pytest.raises(error) as caught:
        call(model)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence


def test_spacing_is_even_in_log():
    assert spaced(8.0, 2.0, 3) == pytest.approx([8, 4, 2])
    assert spaced(8.0, 2.0, 1) == [8.0]
