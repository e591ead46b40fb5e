import numpy as np
import pytest
import torch

from train.evaluation import metrics


def pictures(seed, count=64, scale=1.0):
    return scale * torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def test_psnr_and_rmse_by_hand():
    a, b = torch.zeros(2, 3, 8, 8), torch.full((2, 3, 8, 8), 0.2)
    assert metrics.rmse(a, b) == pytest.approx(0.2)
    assert metrics.psnr(a, b) == pytest.approx(20.0, abs=1e-4)
    hole = torch.zeros(1, 1, 8, 8)
    hole[..., :2, :] = 1
    b[..., 2:, :] = 0.9
    assert metrics.psnr(a, b, hole) == pytest.approx(20.0, abs=1e-4)


def test_ssim_matches_scikit_image_by_its_definition():
    from scipy.ndimage import gaussian_filter

    a, b = pictures(0, 1).clamp(-1, 1), pictures(1, 1).clamp(-1, 1)
    b = 0.7 * a + 0.3 * b
    values = []
    for x, y in zip(a[0].double().numpy(), b[0].double().numpy(), strict=True):

        def blur(z):
            return gaussian_filter(z, 1.5, truncate=3.5, mode="constant")[5:-5, 5:-5]

        mx, my = blur(x), blur(y)
        vx, vy, cov = blur(x * x) - mx**2, blur(y * y) - my**2, blur(x * y) - mx * my
        top = (2 * mx * my + 0.0004) * (2 * cov + 0.0036)
        values.append(top / ((mx**2 + my**2 + 0.0004) * (vx + vy + 0.0036)))
    assert metrics.ssim(a, b) == pytest.approx(np.mean(values), abs=1e-4)
    assert metrics.ssim(a, a) == pytest.approx(1)


def features(seed, count, width=4):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=g, dtype=torch.float64)


def test_precision_and_recall_of_points_on_a_line():
    """k = 1: each point's ball reaches to its neighbour."""
    real = torch.tensor([[0.0], [1.0], [10.0], [11.0]])
    made = torch.tensor([[0.5], [1.9], [5.0], [30.0]])
    # Real radii of 1 cover 0.5 and 1.9. Made radii 1.4, 1.4, 3.1, 25: the last covers 10, 11.
    assert metrics.precision_recall(made, real, k=1) == (0.5, 1.0)
    assert metrics.precision_recall(real, made, k=1) == (1.0, 0.5)


def test_dropped_modes_cost_recall_and_outliers_precision():
    def two_modes(seed):
        return torch.cat([features(seed, 60), features(seed + 1, 60) + 40])

    real = two_modes(0)
    precision, recall = metrics.precision_recall(two_modes(2), real)
    assert precision > 0.85 and recall > 0.85
    dropped = metrics.precision_recall(features(4, 120), real)
    assert dropped[0] > 0.85 and dropped[1] == pytest.approx(0.5, abs=0.06)
    strays = torch.cat([two_modes(6)[::2], features(8, 60) * 10 - 100])
    strayed = metrics.precision_recall(strays, real)
    assert strayed[0] == pytest.approx(0.5, abs=0.06) and strayed[1] > 0.75
    assert metrics.precision_recall(real, real) == (1.0, 1.0)


def test_memorisation_falls_with_copies_of_the_training_set():
    train, held_out = features(0, 400), features(1, 200)
    ratio, copies = metrics.memorisation(features(2, 200), train, held_out)
    assert ratio == pytest.approx(1, abs=0.15) and copies == pytest.approx(0.05, abs=0.05)
    ratio, copies = metrics.memorisation(train[:200] + 1e-4, train, held_out)
    assert ratio < 0.001 and copies == 1
    # A quarter of copies hardly moves the median, but shows as copies.
    some = torch.cat([train[:50], features(3, 150)])
    ratio, copies = metrics.memorisation(some, train, held_out)
    assert ratio > 0.6 and copies == pytest.approx(0.25 + 0.75 * 0.05, abs=0.05)
    # Other pictures, farther from the training set than held-out ones, are no copies.
    ratio, copies = metrics.memorisation(features(4, 200) + 5, train, held_out)
    assert ratio > 2 and copies == 0
