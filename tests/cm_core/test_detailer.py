"""The detailer: its preconditioning, how far it sees, tiles, seeds and checkpoints."""

import json

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from cm_core import load_model
from cm_core.checkpoints import registry
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, DetailerConfig, bicubic
from cm_core.errors import CheckpointError, ImageError, SettingError
from cm_core.tiles import Window, windows

NET = DetailNetConfig(channels=8, channel_mult=(1, 2, 2), middle=1)
CONFIG = DetailerConfig("tiny", NET, sigma_data=0.1, augmentation=Augmentation(0.1, 1.0))
TILE = 56  # of 64 pixels a side: tiles in threes


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=seeded(seed)) * 2 - 1


@pytest.fixture(scope="module")
def detailer():
    """A detailer whose weights are all drawn."""
    made, g = Detailer(CONFIG).eval().requires_grad_(False), seeded()
    for weight in made.parameters():
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.3
        weight.add_(0.5 * scale * torch.randn(weight.shape, generator=g))
    return made


@pytest.fixture
def silent():
    """A new one, which adds nothing yet."""
    return Detailer(CONFIG).eval().requires_grad_(False)


def test_at_the_lowest_level_it_is_the_identity_to_the_last_bit(detailer):
    x, small = 3 * pictures(2, 3, 32, 32), pictures(2, 3, 8, 8, seed=1)
    assert torch.equal(detailer(x, 0.002, small=small), x)
    assert not torch.equal(detailer(x, 0.003, small=small), x)


def test_a_silent_network_leaves_the_likely_mean_of_a_gaussian_residual(silent):
    """D = s^2 / (s^2 + t^2) r, nearly (eps is small), as for data N(0, s^2) around the bicubic."""
    small, z = pictures(1, 3, 8, 8), torch.randn(1, 3, 32, 32, generator=seeded())
    for t in (0.05, 0.1, 1.0):
        found = silent(bicubic(small) + t * z, t, small=small) - bicubic(small)
        assert torch.allclose(found, t * z * 0.01 / (0.01 + (t - 0.002) ** 2), atol=1e-6)
    assert torch.allclose(silent.enlarge(small, faithful=True), bicubic(small).clamp(-1, 1))
    noisy = bicubic(small) + torch.randn(1, 3, 32, 32, generator=seeded(5)) / (1 + 9.98**2)
    assert torch.allclose(silent.enlarge(small, seed=5), noisy.clamp(-1, 1), atol=1e-6)


def test_a_faithful_one_sees_neither_noise_nor_its_level(detailer):
    small, faithful = pictures(2, 3, 8, 8), torch.tensor([True, False])
    a, b = (
        detailer(pictures(2, 3, 32, 32, seed=s), t, small=small, faithful=faithful)
        for s, t in ((1, 0.3), (2, 0.7))
    )
    assert torch.equal(a[0], b[0]) and not torch.allclose(a[1], b[1], atol=0.01)
    made = detailer.enlarge(small, seed=9, faithful=True)
    assert torch.allclose(made[0], a[0].clamp(-1, 1), atol=1e-6)


def test_it_is_told_what_is_wrong_with_the_small_picture(detailer):
    small = pictures(1, 3, 8, 8)
    clean, noisy, blurred = (
        detailer.enlarge(small, augmentation=a) for a in ((0, 0), (0.1, 0), (0, 1.0))
    )
    assert min((clean - noisy).abs().max(), (clean - blurred).abs().max()) > 1e-3
    assert torch.equal(clean, detailer.enlarge(small))
    with pytest.raises(SettingError, match=r"The blur lies between 0 and 1, not 1.5."):
        detailer.enlarge(small, augmentation=(0, 1.5))


@pytest.mark.parametrize("net", [NET, DetailNetConfig(8, (1, 2), 2, patch=1)])
def test_it_sees_as_far_as_it_says_and_no_further(net):
    """Where gradients come from, and a bound that is not much wider."""
    torch.manual_seed(0)
    made = Detailer(DetailerConfig("tiny", net))
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    side = 96
    x = torch.randn(1, 3, 4 * side, 4 * side, requires_grad=True)
    small = pictures(1, 3, side, side).requires_grad_()
    furthest = {"x": 0, "small": 0}
    for at in range(192, 192 + net.stride):
        out = made(x + bicubic(small), 0.5, small=small)[0, :, at, at].sum()
        by_x, by_small = torch.autograd.grad(out, (x, small))
        seen = by_x[0].abs().amax((0, 1)).nonzero()
        furthest["x"] = max(furthest["x"], at - int(seen.min()), int(seen.max()) - at)
        seen = by_small[0].abs().amax((0, 1)).nonzero()
        here = at // 4
        furthest["small"] = max(furthest["small"], here - int(seen.min()), int(seen.max()) - here)
    assert net.reach - net.stride <= furthest["x"] <= net.reach
    assert furthest["small"] <= made.config.margin <= net.reach / 4 + 4


@pytest.mark.parametrize(
    ("height", "width", "faithful"), [(61, 64, False), (33, 71, True), (5, 90, False)]
)
def test_tiles_are_the_whole(detailer, height, width, faithful):
    small = pictures(2, 3, height, width)
    whole = detailer.enlarge(small, seed=3, faithful=faithful, tile=100)
    assert whole.shape == (2, 3, 4 * height, 4 * width)
    tiled = detailer.enlarge(small, seed=3, faithful=faithful, tile=TILE)
    assert (tiled - whole).abs().max() < 1e-5


def test_a_constant_has_no_seam(detailer):
    """Whatever the network draws on it repeats by its stride, across the edges of tiles as well."""
    made = detailer.enlarge(torch.full((1, 3, 64, 64), 0.3), faithful=True, tile=TILE)
    stride, edge = CONFIG.net.stride, 4 * CONFIG.margin
    inside = made[..., edge:-edge, edge:-edge]
    assert float(inside.std()) > 1e-3  # or there is nothing to see
    assert (inside[..., stride:] - inside[..., :-stride]).abs().max() < 1e-5
    assert (inside[..., stride:, :] - inside[..., :-stride, :]).abs().max() < 1e-5


def test_a_ramp_stays_one_across_tiles(silent):
    ramp = torch.linspace(-0.9, 0.9, 64).expand(1, 3, 64, 64)
    made = silent.enlarge(ramp, faithful=True, tile=TILE)[..., 12:-12]
    steps = made[..., 1:] - made[..., :-1]
    assert torch.allclose(steps, torch.full_like(steps, 1.8 / 63 / 4), atol=1e-5)


def test_a_seed_is_one_picture_alone_in_a_batch_and_however_tiled(detailer):
    small = pictures(3, 3, 60, 11)
    batch = detailer.enlarge(small, seed=[7, 8, 7])
    for i, seed in enumerate((7, 8, 7)):
        alone = detailer.enlarge(small[i : i + 1], seed=seed, tile=TILE)
        assert (alone - batch[i : i + 1]).abs().max() < 1e-5
    assert torch.allclose(detailer.enlarge(small[:2], 7), batch[:2], atol=1e-6)
    by_generator = detailer.enlarge(small[:1], generator=seeded(7))
    assert torch.allclose(by_generator, batch[:1], atol=1e-6)
    assert (detailer.enlarge(small[:1], 8) - batch[:1]).abs().mean() > 1e-3


def test_less_noise_is_calmer(silent):
    small = torch.zeros(1, 3, 8, 8)
    full, half, none = (silent.enlarge(small, noise_scale=s) for s in (1.0, 0.5, 0.0))
    assert torch.allclose(half, full / 2) and float(none.abs().max()) == 0
    with pytest.raises(SettingError, match="noise_scale lies between 0 and 2"):
        silent.enlarge(small, noise_scale=-1)


def test_windows_keep_every_position_once_and_their_margin():
    assert windows(10, 10, 3, 2) == [Window(0, 10, 0, 10)]
    assert windows(20, 16, 3, 2) == [
        Window(0, 12, 0, 8), Window(4, 20, 8, 16), Window(12, 20, 16, 20)
    ]  # fmt: skip
    for length in range(18, 200, 2):
        made = windows(length, 16, 3, 2)
        assert [i for w in made for i in range(length)[w.kept()]] == list(range(length))
        for w in made:
            assert w.start % 2 == 0 and w.stop - w.start <= 16
            assert w.start in (0, w.first - 4) and w.stop in (length, w.last + 4)
            assert list(range(length))[w.read()][w.inside()] == list(range(length))[w.kept()]
    with pytest.raises(SettingError, match="A tile has to be larger than 10, not 9"):
        windows(20, 9, 3, 2)


def test_the_network_that_ships_is_small():
    made = Detailer(DetailerConfig("landscape-detail")).eval()
    with FlopCounterMode(display=False) as counter:
        made.enlarge(torch.zeros(1, 3, 64, 64))
    assert 5e9 < counter.get_total_flops() < 8e9
    assert sum(p.numel() for p in made.parameters()) < 4e6
    assert (made.config.net.reach, made.config.margin) == (83, 24)


def test_a_checkpoint_comes_back_whole(detailer, tmp_path, monkeypatch):
    save_checkpoint(detailer, tmp_path / "d", card="# a card", dtype=torch.float32)
    back = load_model(tmp_path / "d")
    assert isinstance(back, Detailer) and back.config == CONFIG and not back.training
    small = pictures(1, 3, 9, 12)
    assert torch.equal(back.enlarge(small, 4), detailer.enlarge(small, 4))
    monkeypatch.setitem(registry.DETAILERS, "landscape-detail", tmp_path / "d")
    named = load_model("landscape-detail", fast=True)
    assert torch.equal(named.enlarge(small, 4), detailer.enlarge(small, 4))


def changed(folder, change):
    path = folder / "config.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v["net"].update(channels=16), r"weight 'net.time.0.weight' is \(32, 8\)"),
        (lambda v: v["net"].update(middle=2), "lacks the weight 'net.middle.1.norm1.weight'"),
        (lambda v: v["net"].update(patch=3), "patch is 1, 2 or 4 pixels, not 3"),
        (lambda v: v["net"].update(attention=8), "'net.attention' is no setting"),
        (lambda v: v.pop("augmentation"), "does not describe a model: 'augmentation'"),
        (lambda v: v.update(kind="enlarger"), "unknown kind of model, 'enlarger'"),
        (lambda v: v.update(kind="consistency"), "does not describe a model: 'unet'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(silent, tmp_path, change, message):
    save_checkpoint(silent, tmp_path)
    changed(tmp_path, change)
    with pytest.raises(CheckpointError, match=message):
        load_model(tmp_path)


def test_it_is_no_model_that_draws(silent):
    assert not set(registry.DETAILERS) & {entry.name for entry in registry.menu(None)}
    with pytest.raises(SettingError, match="tiny is a detailer: it enlarges pictures"):
        _ = silent.config.image_size
    with pytest.raises(SettingError, match="it needs the small picture"):
        silent(torch.zeros(1, 3, 32, 32), 1.0)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (torch.zeros(3, 8, 8), r"has the shape \(B, 3, H, W\), not \(3, 8, 8\)"),
        (torch.zeros(1, 3, 8, 0), r"not \(1, 3, 8, 0\)"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "holds finite floats"),
        (torch.full((1, 3, 8, 8), torch.nan), "holds finite floats"),
        (torch.zeros(1).expand(1, 3, 3000, 2000), "of 2000x3000 would come out with more than 64"),
    ],
)
def test_what_is_no_picture_is_refused(silent, picture, message):
    with pytest.raises(ImageError, match=message):
        silent.enlarge(picture)


def test_the_smallest_pictures(detailer):
    for shape in ((1, 1), (1, 3), (2, 1)):
        small = pictures(1, 3, *shape)
        made = detailer.enlarge(small)
        assert made.shape[-2:] == (4 * shape[0], 4 * shape[1]) and made.isfinite().all()
        padded = F.pad(small, (0, -shape[1] % 2, 0, -shape[0] % 2), mode="replicate")
        told = detailer.enlarge(padded, faithful=True)[..., : 4 * shape[0], : 4 * shape[1]]
        assert torch.allclose(detailer.enlarge(small, faithful=True), told, atol=1e-6)
