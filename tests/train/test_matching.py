"""Distribution matching: what is drawn from what, and what it is to come nearer to."""

import dataclasses
import math

import pytest
import torch

from cm_core import losses
from tests.train.test_loop import same
from train import loop
from train.config import DMDConfig, GANConfig


def test_the_matched_model_waits_for_the_denoiser_of_its_pictures(config_of):
    """Of steps 0, 1, 2, 3 the first is the denoiser's alone, and of the others every second."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(fake_warmup=8, generator_every=2))
    run = loop.Run(config, None, torch.device("cpu"))
    learned = []
    for _ in range(4):
        before = [
            {k: v.clone() for k, v in net.state_dict().items()}
            for net in (run.model, run.objective.fake)
        ]
        run.step()
        after = [dict(net.state_dict()) for net in (run.model, run.objective.fake)]
        learned.append([not same(b, a) for b, a in zip(before, after, strict=True)])
    assert learned == [[False, True], [False, True], [True, True], [False, True]]
    assert run.objective.teacher.config.guidance == 1.5 and not run.objective.fake.guided(0)


def test_pictures_are_drawn_from_pure_noise_and_from_noised_ones(config_of):
    """Of 8 pictures 4 from noise alone at the highest level, 4 from true ones at lower levels."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(pure_noise_fraction=0.5))
    run = loop.Run(config, None, torch.device("cpu"))
    batch, given = run.draw(0, 8), []

    def watch(x, t, **inputs):
        given.append((x, t))
        return run.model(x, t, **inputs)

    torch.manual_seed(0)
    run.objective.match(watch, batch, moves=False)
    torch.manual_seed(0)
    starts = run.objective.starts(batch.level)
    assert (starts[:4] == 80).all() and (starts[4:] < 80).all()
    ((x, t),) = given
    assert torch.equal(t, starts) and torch.equal(x[:4], 80 * batch.noise[:4])
    assert torch.equal(x[4:], losses.add_noise(batch.x0, batch.noise, starts)[4:])


def test_what_is_not_drawn_from_pure_noise_is_compared_below_its_level(config_of):
    dmd = DMDConfig(pure_noise_fraction=0.5, mean=2.0, std=0.1)
    run = loop.Run(dataclasses.replace(config_of("dmd"), dmd=dmd), None, torch.device("cpu"))
    t = torch.full((4000,), 0.9)
    high, below = run.objective.levels(t).log().chunk(2)
    assert float(high.mean()) == pytest.approx(2, abs=0.02) and float(high.std()) < 0.12
    assert below.max() <= math.log(0.9)
    away = 1.5 * (2 / math.pi) ** 0.5  # of half a normal, its mean
    assert float(below.mean()) == pytest.approx(math.log(0.9) - away, abs=0.06)


def test_a_part_of_the_batch_stays_consistent(config_of):
    """Of 8 pictures 6 are matched; the others' loss is that of `ecd`, by its weight."""
    dmd = DMDConfig(fraction=0.75, consistency_weight=0.5, guidance=1.0)
    run = loop.Run(dataclasses.replace(config_of("dmd"), dmd=dmd), None, torch.device("cpu"))
    alone = loop.Run(config_of("ecd"), None, torch.device("cpu"))
    alone.model.load_state_dict(run.model.state_dict())
    for each in (run, alone):  # without dropout, which draws from the stream that matching draws
        each.model.eval()
    batch = run.draw(0, 8)
    loss, t = run.objective.loss(run.model, run.model, batch, 0)
    path, t_path = alone.objective.loss(alone.model, alone.model, batch.part(6, 8), 0)
    assert loss.shape == (8,) and torch.equal(t[6:], t_path)
    assert torch.allclose(loss[6:], 0.5 * path, rtol=1e-4)


def test_a_discriminator_pulls_by_its_weight(config_of):
    """What the model is moved by grows with it evenly; what the discriminator learns does not."""
    grads = []
    for weight in (0.0, 1.0, 2.0):
        config = dataclasses.replace(config_of("dmd-gan"), gan=GANConfig(weight))
        run = loop.Run(config, None, torch.device("cpu"))
        torch.nn.init.normal_(run.model.eval().net.out_conv.weight, std=0.01)
        torch.manual_seed(0)
        loss, _ = run.objective.match(run.model, run.draw(0, 4), moves=True)
        loss.mean().backward()
        code = run.objective.discriminator.heads[0].codes[0].weight
        grads.append((run.model.net.out_conv.weight.grad.clone(), code.grad.clone()))
    (still, first), (once, second), (twice, third) = grads
    assert (once - still).abs().max() > 1e-6
    assert torch.allclose(twice - still, 2 * (once - still), rtol=1e-3, atol=1e-7)
    assert torch.equal(first, second) and torch.equal(second, third)
