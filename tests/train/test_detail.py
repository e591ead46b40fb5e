"""Training a detailer, on textures that can be told from what is left of them when small."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cm_core import load_model
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, bicubic
from cm_core.errors import ConfigError, DataError
from tests.cm_core.test_model import tiny
from tests.train.test_loop import same, weights
from train import loop
from train.config import PRESETS, DataConfig, ECTConfig, NoiseConfig, OptimConfig, RunConfig
from train.data import loading
from train.data.crops import Crops
from train.detail.build import residual_std
from train.detail.condition import blurred, degraded
from train.detail.settings import DetailConfig
from train.landscapes import store
from train.landscapes.workers import Renderer
from train.objectives.base import Batch
from train.objectives.detail import Detailing
from train.recipe import load_recipe

SIDE, CROP = 32, 16


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def render(seed, size):
    """Stripes on a ground whose colour says which way they run; means of 4x4 show no stripes."""
    rng = np.random.default_rng(seed)
    across = rng.random() < 0.5
    ground = np.array([0.3, 0.5, 0.7] if across else [0.7, 0.5, 0.3])
    at = np.arange(size) + rng.integers(4)
    stripes = 0.25 * np.where(at // 2 % 2, 1, -1)
    stripes = stripes[None, :] if across else stripes[:, None]
    picture = np.broadcast_to(stripes, (size, size))[..., None] + ground
    picture = (255 * picture).round().astype(np.uint8)
    return SimpleNamespace(picture=picture, scene="plain", light="any")


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "textures"
    renderer = Renderer(render, ("plain",), ("any",), "textures")
    store.build(folder, SIDE, 40, 1, held_out=8, renderer=renderer)
    return folder


@pytest.fixture(scope="module")
def config(textures):
    return RunConfig(
        name="toy-detail",
        objective="detail",
        images=1600,
        batch=16,
        ema=(0.8,),
        data=DataConfig(str(textures), size=SIDE, crop=CROP, label_dropout=1.0, flip=False),
        detail=DetailConfig(DetailNetConfig(16, (1, 2), 1), noise=0.02, blur=0.5),
        optim=OptimConfig("muon", 1e-2, 1e-4, warmup=5, decay=0.5),
        noise=NoiseConfig(0.0, 1.2),
        ect=ECTConfig((1.0,), weight="inverse"),
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory, config):
    out = tmp_path_factory.mktemp("detail")
    loop.train(config, out, device="cpu")
    return out


def test_a_short_run_learns_the_textures(trained, config):
    """Held-out stripes: their direction is known by the colour, where they begin is not."""
    x0 = loading.load(config.data)[1].floats()
    small = F.avg_pool2d(x0, 4)
    detailer = load_model(trained / "ema-0.8")
    assert isinstance(detailer, Detailer) and (trained / "grid.png").exists()
    made = detailer.enlarge(small)
    around, true = ((x - bicubic(small)) for x in (made, x0))
    assert 0.6 < float(around.std() / true.std()) < 1.3
    drawn, wanted = steps(made), steps(x0)
    assert torch.equal(drawn.argmax(1), wanted.argmax(1))  # they run the right way
    assert drawn.max(1).values.mean() > 0.7 * wanted.max(1).values.mean()
    assert drawn.max(1).values.mean() > 2 * drawn.min(1).values.mean()


def steps(x):
    """(B, 2) mean absolute differences of neighbours, across and down."""
    found = (x.diff(dim=3), x.diff(dim=2))
    return torch.stack([d.abs().flatten(1).mean(1) for d in found], 1)


def test_a_resumed_run_equals_the_unbroken_one(tmp_path, config):
    config = dataclasses.replace(config, images=128)
    loop.train(config, tmp_path / "whole", device="cpu")
    run = loop.Run(config, None, torch.device("cpu"))
    for _ in range(4):
        run.step()
    run.save(tmp_path / "broken", shards=False)
    torch.manual_seed(12345)
    loop.train(config, tmp_path / "rest", resume=tmp_path / "broken", device="cpu")
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "rest"))


def test_the_model_is_as_its_settings_say(config, trained):
    about = load_model(trained / "ema-0.8").config
    assert about.net == config.detail.net and about.augmentation == Augmentation(0.02, 0.5)
    # Stripes of 0.25 of a range of 2 in [-1, 1], which bicubic knows nothing of.
    assert about.sigma_data == pytest.approx(0.5, abs=0.02)
    assert about.sigma_max == pytest.approx(10 * about.sigma_data, abs=1e-3)


def test_a_run_starts_from_a_detailer_and_nothing_else(config, trained, tmp_path):
    start = trained / "ema-0.8"
    run = loop.Run(dataclasses.replace(config, init=str(start)), None, torch.device("cpu"))
    before = load_model(start)
    assert run.model.config.sigma_data == before.config.sigma_data
    assert same(dict(run.model.state_dict()), dict(before.state_dict()))
    save_checkpoint(tiny(), tmp_path)
    with pytest.raises(ConfigError, match="is no detailer"):
        loop.Run(dataclasses.replace(config, init=str(tmp_path)), None, torch.device("cpu"))
    uneven = dataclasses.replace(config, data=dataclasses.replace(config.data, crop=18))
    with pytest.raises(ConfigError, match="sides of whole 4 pixels, not 18"):
        loop.Run(uneven, None, torch.device("cpu"))


def test_crops_are_squares_of_the_pictures(config):
    whole, held_out = loading.load(dataclasses.replace(config.data, crop=0))
    pictures = whole.subset(40)
    crops, _ = loading.load(config.data)
    assert isinstance(crops, Crops) and len(crops) == len(whole) == 40 and len(held_out) == 8
    x, _ = crops.draw(30, seeded(4))
    g = seeded(4)
    index = torch.randint(40, (30,), generator=g)
    corners = torch.randint(SIDE - CROP + 1, (30, 2), generator=g)
    for found, i, (top, left) in zip(x, index, corners, strict=True):
        assert torch.equal(found, pictures[i, :, top : top + CROP, left : left + CROP])
    assert set(corners[:, 0].tolist()) >= {0, SIDE - CROP}  # all places, both edges too
    assert torch.equal(crops.subset(5)[0], pictures[0, :, 8:24, 8:24])
    with pytest.raises(DataError, match="of side 32 is at most that, not 40"):
        loading.load(dataclasses.replace(config.data, crop=40))


def test_a_blur_is_a_gaussian_of_each_picture_s_own_std():
    x = torch.zeros(2, 3, 15, 15)
    x[:, :, 7, 7] = 1
    made = blurred(x, torch.tensor([0.5, 1.0]))
    for found, std in zip(made, (0.5, 1.0), strict=True):
        line = torch.exp(-(torch.arange(-3.0, 4) ** 2) / (2 * std**2))
        line = line / line.sum()
        assert torch.allclose(found[1, 4:11, 4:11], line[:, None] * line, atol=1e-6)
    flat = torch.full((1, 3, 6, 6), 0.4)
    assert torch.allclose(blurred(flat, torch.ones(1)), flat)


def test_conditions_are_degraded_by_as_much_as_they_say():
    torch.manual_seed(0)
    x0 = torch.zeros(2000, 3, 32, 32)
    settings = DetailConfig(noise=0.2, blur=1.0, clean=0.25, faithful=0.125)
    made = degraded(x0, settings)
    noise, blur = made.augmentation.unbind(1)
    clean = (noise == 0) & (blur == 0)
    assert float(clean.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(made.faithful.float().mean()) == pytest.approx(0.125, abs=0.03)
    assert float(noise.max()) == pytest.approx(0.2, abs=0.01) and float(blur.max()) <= 1
    assert float(noise[~clean].mean()) == pytest.approx(0.2 / 3, abs=0.01)  # of u^2
    assert torch.equal(made.small[clean], torch.zeros_like(made.small[clean]))
    loud = noise > 0.1
    std = made.small[loud].flatten(1).std(1)
    assert torch.allclose(std / noise[loud], torch.ones_like(std), atol=0.25)
    x0 = torch.randn(4, 3, 32, 32)
    alone = degraded(x0, dataclasses.replace(settings, clean=1.0))
    assert torch.allclose(alone.small, F.avg_pool2d(x0, 4), atol=1e-6)


def test_sigma_data_is_the_std_of_what_bicubic_leaves(config):
    source, _ = loading.load(config.data)
    clean = dataclasses.replace(config.detail, clean=1.0)
    x0 = source.subset(256)
    found = residual_std(source, clean, seed=0)
    assert found == pytest.approx(float((x0 - bicubic(F.avg_pool2d(x0, 4))).std()), abs=1e-6)
    noisy = DetailConfig(noise=1.0, blur=0.0, clean=0.0)
    assert residual_std(source, noisy, seed=0) > found + 0.05


def test_the_faithful_part_of_a_batch_learns_the_picture_itself(config):
    """Of it the loss is the pseudo-Huber distance of the noiseless estimate to x0, weighted."""
    run = loop.Run(config, None, torch.device("cpu"))
    objective, model = run.objective, run.model
    with torch.no_grad():
        torch.nn.init.normal_(model.net.out_conv.weight, std=0.1)
    g = seeded(2)
    batch = Batch(*run.draw(0, 64).__dict__.values())
    torch.manual_seed(3)
    loss, t = objective.loss(model, model, batch, run.progress)
    torch.manual_seed(3)
    condition = degraded(batch.x0, config.detail)
    faithful = condition.faithful
    assert isinstance(objective, Detailing) and 0 < faithful.sum() < 64
    sigma_max, sigma_data = model.config.sigma_max, model.config.sigma_data
    assert torch.equal(t[faithful], torch.full_like(t[faithful], sigma_max))
    with torch.no_grad():
        x = torch.randn(64, 3, CROP, CROP, generator=g)  # ignored
        mean = model(x, 1.0, **vars(condition))
    c = config.ect.c
    far = ((mean - batch.x0).square().flatten(1).sum(1) + c**2).sqrt() - c
    assert torch.allclose(
        loss[faithful], far[faithful] * (1 / sigma_max + 1 / sigma_data), rtol=1e-4
    )


@pytest.mark.parametrize("budget", ["cpu", "gpu"])
def test_the_recipe_that_ships(tmp_path, budget):
    recipe = load_recipe("landscape-detail", tmp_path, budget)
    (run,) = (stage.config for stage in recipe.stages)
    assert (run.name, run.objective) == ("landscape-detail", "detail")
    assert (run.data.source, run.data.size, run.data.label_dropout) == ("landscapes", 256, 1.0)
    assert 64 <= run.data.crop <= 128 and run.data.crop % run.detail.net.stride == 0
    assert recipe.renders >= 6_000
    if budget == "cpu":
        assert run.detail.net == DetailNetConfig()
    # One in forty at least at sigma_max, from which an evaluation starts.
    highest = math.log(run.detail.sigma_max * 0.12)
    assert (highest - run.noise.mean) / run.noise.std < 2
    first = next(PRESETS.rglob("landscape-detail.toml")).read_text().splitlines()[1]
    assert first == "#   python -m train reproduce landscape-detail"
