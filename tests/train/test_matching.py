"""Distribution matching: what is drawn from what, and what it is to come nearer to."""

import dataclasses
import math

import pytest
import torch
import torch.nn.functional as F

from cm_core import losses
from tests.train.test_loop import same
from train import loop
from train.config import DMDConfig

# Labels of two styles and three groups: told both, and one of them, the other or both left open.
APART = (0.5, 1, 1, 1, 1)  # of means, then maps
TOLD, OPEN = (0, 6), (3, 8, 11)


def test_the_matched_model_waits_for_the_denoiser_of_its_pictures(config_of):
    """Of steps 0, 1, 2, 3 the first is the denoiser's alone, and of the others every second."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(alone=8, every=2))
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


def watched(model):
    """The model as a function that keeps what it is given: (function, [(x, t), ...])."""
    given = []

    def watch(x, t, **inputs):
        given.append((x, t))
        return model(x, t, **inputs)

    watch.config = model.config
    return watch, given


def test_further_steps_are_matched_on_what_the_model_draws(config_of):
    """Of 8 pictures 4 are drawn from pure noise around the mean of the set, 2 from the model's own,
    in range as a sampler hands them on, and 2 from true pictures."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(pure=0.5, own=0.5))
    run = loop.Run(config, None, torch.device("cpu"))
    torch.nn.init.normal_(run.model.eval().net.out_conv.weight)
    batch = run.draw(0, 8)
    watch, given = watched(run.model)
    torch.manual_seed(0)
    run.objective.match(watch, batch, moves=False)
    torch.manual_seed(0)
    starts = run.objective.starts(batch.level)
    assert (starts[:4] == 80).all() and (starts[4:] < 80).all()
    own = run.objective.own(run.model, batch.part(4, 6), starts[4:6])
    assert own.abs().max() == 1
    mean = run.source.floats().mean((0, 2, 3))
    assert torch.allclose(torch.tensor(run.model.config.mean), mean, atol=1e-4)
    middle = torch.tensor(run.model.config.mean)[:, None, None].expand(4, 3, 16, 16)
    x0 = torch.cat([middle, own, batch.x0[6:]])
    x, t = given[-1]
    assert torch.equal(t, starts)
    assert torch.equal(x, losses.add_noise(x0, batch.noise, starts))


def four_steps(seed: int) -> bool:
    torch.manual_seed(seed)
    return int(torch.randint(1, 5, ())) == 4


def test_own_pictures_have_come_down_by_one_to_four_steps(config_of):
    """Levels fall from 80 by equal ratios that would end at t: each step has the last one's picture
    and new noise, the first one the mean."""
    run = loop.Run(config_of("dmd"), None, torch.device("cpu"))
    torch.nn.init.normal_(run.model.eval().net.out_conv.weight)
    batch, t, counts = run.draw(0, 2), torch.tensor([5.0, 0.5]), set()
    for seed in range(12):
        watch, given = watched(run.model)
        torch.manual_seed(seed)
        own = run.objective.own(watch, batch, t)
        torch.manual_seed(seed)
        steps = int(torch.randint(1, 5, ()))
        assert steps == len(given)
        x0 = torch.tensor(run.model.config.mean)[:, None, None].expand(2, 3, 16, 16)
        for step, (x, level) in enumerate(given):
            assert torch.allclose(level, 80 * (t / 80) ** (step / steps))
            assert torch.equal(x, losses.add_noise(x0, torch.randn(2, 3, 16, 16), level))
            with torch.no_grad():
                x0 = run.model(x, level, batch.label, batch.augment).clamp(-1, 1)
        assert torch.equal(own, x0) and not own.requires_grad
        counts.add(steps)
    assert counts == {1, 2, 3, 4}
    run.objective.shares = lambda like: torch.full_like(like, 0.5)
    watch, given = watched(run.model)
    torch.manual_seed(next(s for s in range(99) if four_steps(s)))
    run.objective.own(watch, batch, t)
    (first, top), (second, level) = given[:2]
    with torch.no_grad():
        x0 = run.model(first, top, batch.label, batch.augment).clamp(-1, 1)
    assert float(((second - x0) / level[:, None, None, None]).std()) == pytest.approx(0.5, rel=0.1)


def test_pictures_of_a_label_are_scored_by_their_energy(config_of):
    """By the means of patches: nearer to the true picture than to another of the model's. A grain
    that the means do not see counts for nothing."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(energy=1.0))
    run = loop.Run(config, None, torch.device("cpu"))
    batch = run.draw(0, 3)
    batch = dataclasses.replace(batch, x0=torch.full_like(batch.x0, 0.5))
    grain = torch.ones(16, 16)
    grain[::2] = -1
    x0 = torch.stack([torch.full((16, 16), 0.1), torch.full((16, 16), 2.0), grain])
    x0 = x0[:, None].repeat(1, 3, 1, 1).requires_grad_()
    score = run.objective.energy(x0, batch, torch.zeros_like(x0))
    assert score.tolist() == pytest.approx([0.4 - 0.1, 1.5 - 2.0, 0.5], abs=1e-3)
    assert run.objective.near == pytest.approx((0.4 + 1.5 + 0.5) / 3, abs=1e-3)
    assert run.objective.away == pytest.approx((0.1 + 2.0) / 3, abs=1e-3)
    score[0].backward()
    assert (x0.grad[0] < 0).all() and (x0.grad[1:] == 0).all()


def test_what_a_picture_is_scored_against_is_drawn_anew(config_of):
    """From pure noise at the highest level, or by a further step at the same one, from other noise
    and other pictures of the model's own under the same labels."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(boost=0.5))
    run = loop.Run(config, None, torch.device("cpu"))
    torch.nn.init.normal_(run.model.eval().net.out_conv.weight)
    batch, t = run.draw(0, 4), torch.tensor([80.0, 80.0, 5.0, 0.5])
    watch, given = watched(run.model)
    other = run.objective.again(watch, batch, t, 2)
    x, level = given[-1]
    assert torch.equal(level, t) and not other.requires_grad
    assert torch.equal(other, run.model(x, t, **batch.inputs))
    mean = torch.tensor(run.model.config.mean)[:, None, None]
    assert float(((x[:2] - mean) / 80).std()) == pytest.approx(0.5, rel=0.1)
    assert ((x[:2] - mean) / 40 - batch.noise[:2]).flatten(1).std(1).min() > 1
    assert len(given) > 1 and len(given[0][0]) == 2 and (given[0][1] == 80).all()
    assert float(x[3].abs().max()) < 1 + 0.5 * 5  # a picture in range, and little noise


def test_draws_may_gather_around_the_middle_of_a_label_not_of_what_is_left_open(config_of):
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(energy=1.0, apart=0.5))
    run = loop.Run(config, None, torch.device("cpu"))
    batch = dataclasses.replace(run.draw(0, 5), label=torch.tensor([*TOLD, *OPEN]))
    assert run.objective.apart(batch).tolist() == [0.5, 0.5, 1, 1, 1]
    drawn, true, other = (torch.full((5, 3, 16, 16), value) for value in (0.0, 0.6, 0.2))
    score = run.objective.energy(drawn, dataclasses.replace(batch, x0=true), other)
    assert score.tolist() == pytest.approx([0.5, 0.5, 0.4, 0.4, 0.4], abs=1e-3)
    unlabelled = dataclasses.replace(batch, label=None)
    assert run.objective.apart(unlabelled).tolist() == [0.5] * 5


def test_what_a_discriminator_sees_counts_in_full(config_of):
    """Less apart there would have pictures smooth: only the means of patches gather."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(energy=1.0, apart=0.5))
    run = loop.Run(config, None, torch.device("cpu"))
    run.objective.seen = lambda x: [x, 10 * x]
    batch = dataclasses.replace(run.draw(0, 2), label=torch.tensor(TOLD))
    drawn, true, other = (torch.full((2, 3, 16, 16), value) for value in (0.0, 0.6, 0.2))
    score = run.objective.energy(drawn, dataclasses.replace(batch, x0=true), other)
    assert score.tolist() == pytest.approx([0.6 - 0.5 * 0.2 + 6 - 2] * 2, abs=1e-3)


def test_what_is_not_drawn_from_pure_noise_is_compared_below_its_level(config_of):
    dmd = DMDConfig(pure=0.5, mean=2.0, std=0.1)
    run = loop.Run(dataclasses.replace(config_of("dmd"), dmd=dmd), None, torch.device("cpu"))
    t = torch.full((4000,), 0.9)
    high, below = run.objective.levels(t).log().chunk(2)
    assert float(high.mean()) == pytest.approx(2, abs=0.02) and float(high.std()) < 0.12
    assert below.max() <= math.log(0.9)
    away = 1.5 * (2 / math.pi) ** 0.5  # of half a normal, its mean
    assert float(below.mean()) == pytest.approx(math.log(0.9) - away, abs=0.06)


def test_only_pictures_from_nothing_are_scored(config_of):
    """From pure noise and by further steps; those from true pictures have their own."""
    dmd = DMDConfig(pure=0.25, own=0.34, energy=1.0)
    run = loop.Run(dataclasses.replace(config_of("dmd"), dmd=dmd), None, torch.device("cpu"))
    objective, batch = run.objective, run.draw(0, 4)
    objective.energy = lambda x0, part, other: torch.full((len(other),), 10.0)
    objective.judge = lambda x0, t, batch, moves: torch.arange(4.0)
    assert objective.match(run.model, batch, moves=True)[0].tolist() == [10, 11, 2, 3]
    assert objective.match(run.model, batch, moves=False)[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("loss", ["palette", "weave"])
def test_looks_are_asked_of_all_drawn_pictures(config_of, monkeypatch, loss):
    """By their weight, where the model moves: colours against the batch's true pictures, and what
    repeats with the positions of its first map, two pixels apart here."""
    dmd = DMDConfig(pure=0.5, own=0.5, **{loss: 3.0})
    config = dataclasses.replace(config_of("dmd"), dmd=dmd)
    run = loop.Run(config, None, torch.device("cpu"))
    objective, batch, asked = run.objective, run.draw(0, 4), []
    objective.judge = lambda x0, t, batch, moves: torch.arange(4.0)

    def keep(x0, beside):
        asked.append((x0, beside))
        return torch.full((4,), 2.0)

    monkeypatch.setattr(losses, loss, keep)
    assert objective.match(run.model, batch, moves=False)[0].tolist() == [0, 1, 2, 3]
    assert objective.match(run.model, batch, moves=True)[0].tolist() == [6, 7, 8, 9]
    ((x0, beside),) = asked
    assert x0.shape == batch.x0.shape and x0.requires_grad
    assert beside is batch.x0 if loss == "palette" else beside == config.net.position


def test_pure_noise_is_as_strong_as_its_boost_says(config_of):
    """For drawn pictures, for the first of the model's own, and by the config that is saved."""
    config = dataclasses.replace(config_of("dmd"), dmd=DMDConfig(pure=0.5, own=0.5, boost=0.5))
    run = loop.Run(config, None, torch.device("cpu"))
    assert run.model.config.boost == 0.5
    batch, (watch, given) = run.draw(0, 4), watched(run.model)
    run.objective.match(watch, batch, moves=False)
    mean = torch.tensor(run.model.config.mean)[:, None, None]
    x, t = given[-1]
    assert torch.allclose(x[:2], mean + 0.5 * 80 * batch.noise[:2], atol=1e-4)
    assert torch.allclose(x[3], batch.x0[3] + t[3] * batch.noise[3], atol=1e-4)
    x, t = given[0]
    assert (t == 80).all() and float((x - mean).std()) == pytest.approx(40, rel=0.1)


def test_other_pictures_hold_less_of_the_noise_that_is_told(config_of):
    """From `least` of it to all, each another share; so do further steps of the model's own."""
    dmd = DMDConfig(pure=0.0, own=0.5, least=0.5)
    run = loop.Run(dataclasses.replace(config_of("dmd"), dmd=dmd), None, torch.device("cpu"))
    shares = run.objective.shares(torch.zeros(4000))
    assert float(shares.min()) >= 0.5 and float(shares.max()) <= 1
    assert float(shares.mean()) == pytest.approx(0.75, abs=0.01)
    run.objective.shares = lambda like: torch.linspace(0.5, 0.8, len(like))
    batch, (watch, given) = run.draw(0, 4), watched(run.model)
    run.objective.match(watch, batch, moves=False)
    x, t = given[-1]
    for i, share in ((2, 0.7), (3, 0.8)):
        assert torch.allclose(x[i], batch.x0[i] + share * t[i] * batch.noise[i], atol=1e-4)


def test_a_discriminator_lets_features_be_scored_beside_patches(config_of):
    """The same score in its maps, there with all of the distance of two draws; each map pulls about
    as much as the means of patches do."""
    config = dataclasses.replace(
        config_of("dmd-gan"), dmd=DMDConfig(pure=1.0, energy=1.0, apart=0.5)
    )
    run = loop.Run(config, None, torch.device("cpu"))
    batch, tell = run.draw(0, 4), run.objective.discriminator
    grey = torch.zeros_like(batch.x0)
    x0 = batch.x0.flip(0) * 0.5
    batch = dataclasses.replace(batch, label=torch.tensor(TOLD).repeat(2))
    score = run.objective.energy(x0, batch, grey)

    def parts(*pictures):
        views = [torch.stack([F.avg_pool2d(x, 8) for x in pictures])]
        maps = zip(*(tell.maps(x)[:-1] for x in pictures), strict=True)
        views += [
            0.002 * side * torch.stack(m) for side, m in zip((24, 12, 6, 3), maps, strict=True)
        ]
        return [losses.energy(*view, apart) for view, apart in zip(views, APART, strict=True)]

    assert torch.allclose(score, sum(parts(x0, batch.x0, grey)), atol=1e-5)
    x0, true, grey = (F.interpolate(x, scale_factor=4) for x in (x0, batch.x0, grey))
    x0.requires_grad_()
    pulls = [
        float(torch.autograd.grad(p.sum(), x0, retain_graph=True)[0].norm())
        for p in parts(x0, true, grey)
    ]
    assert max(pulls) < 3 * min(pulls)
