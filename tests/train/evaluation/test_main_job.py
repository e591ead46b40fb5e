import pytest
import torch

from cm_core.noise import generators, randn_like
from tests import gaussian
from tests.train.evaluation import fakes
from train.evaluation import bench, classifier, main_job, scenes, teacher


def test_faithfulness_is_the_difference_of_block_means():
    """Grain that sums to zero in each block costs nothing; a shift of one block of 64 costs
    its height over 8."""
    x = torch.zeros(2, 3, 64, 64)
    grain = torch.ones(64, 64)
    grain[::2] = -1
    assert bench.faithfulness(x + 0.5 * grain, x) == pytest.approx(0, abs=1e-6)
    shifted = x.clone()
    shifted[..., 8:16, 40:48] += 0.4
    assert bench.faithfulness(shifted, x) == pytest.approx(0.05)
    assert bench.faithfulness(x[..., :16, :16] + 0.2, x[..., :16, :16]) == pytest.approx(0.2)


def test_a_curve_is_exact_on_its_lines_and_silent_beyond_them():
    curve = [(0.0, 1.0), (0.1, 0.5), (0.3, 0.1)]
    for at, value in ((0.0, 1.0), (0.05, 0.75), (0.1, 0.5), (0.2, 0.3), (0.3, 0.1)):
        assert main_job.interpolated(curve, at) == pytest.approx(value)
    assert main_job.interpolated(curve, 0.31) is None
    assert main_job.interpolated([], 0.1) is None


def row(what, evaluations, strength, kid, rmse):
    names = ("what", "evaluations", "strength", "KID-lite2", "RMSE")
    return dict(zip(names, (what, evaluations, strength, kid, rmse), strict=True))


def test_rows_are_compared_at_the_same_faithfulness_and_goals_set_at_the_default_strength():
    table = main_job.compared([
        row("renders", 0, None, 0.0, 0.2),
        row("painting", 0, None, 1.0, 0.0),
        row("ours", 1, 0.5, 0.6, 0.05),
        row("ours", 2, 0.5, 0.19, 0.2),
        row("ours", 2, 0.8, 0.01, 0.4),
        row("teacher", 39, 0.8, 0.1, 0.3),
        row("teacher", 39, 0.2, 0.5, 0.1),
    ])  # fmt: skip
    assert [r["teacher's"] for r in table] == pytest.approx(
        [None, None, 0.75, 0.3, None, None, None]
    )
    assert table[2]["ratio"] == pytest.approx(0.8) and table[3]["ratio"] == pytest.approx(
        0.19 / 0.3
    )
    one, two, own = main_job.goals(table, 0.5)
    assert (one["at most"], two["at most"], own["at most"]) == (2.0, 1.5, 0.2)
    assert own["found"] == pytest.approx(0.19)
    assert [goal["met"] for goal in (one, two, own)] == ["yes"] * 3
    beyond, own = main_job.goals(table, 0.8)
    assert beyond["met"] == "beyond the teacher's curve" and own["found"] == pytest.approx(0.01)


def test_sdedit_lands_where_the_path_through_the_painting_and_its_noise_ends():
    """For N(0, s^2) the path through x at t is x sqrt(s^2 + u^2) / sqrt(s^2 + t^2)."""
    painting, sigma, calls = torch.rand(2, 3, 8, 8) - 0.5, 1.5, []

    def counted(x, t, label=None):
        calls.append(float(t))
        return gaussian.denoiser(x, t)

    made = teacher.sdedit(counted, painting, sigma, [4, 7])
    assert len(calls) == 39 and calls[0] == sigma and calls[-1] == pytest.approx(0.002)
    x = painting + sigma * randn_like(painting, generators([4, 7], 2))
    end = x * gaussian.S / (gaussian.S**2 + sigma**2) ** 0.5
    assert torch.allclose(made, end, rtol=0.01, atol=1e-3)  # what Heun errs by in 20 levels
    assert torch.allclose(teacher.sdedit(counted, painting, 1e-2, [4, 7]), painting, atol=0.05)


def test_a_blur_keeps_means_and_takes_grain():
    x = torch.full((1, 3, 32, 32), 0.3)
    assert torch.allclose(main_job.blurred(x), x, atol=1e-6)
    grain = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    # White noise under a Gaussian of s pixels keeps 1 / (4 pi s^2) of its variance.
    kept = main_job.blurred(grain)[..., 8:-8, 8:-8].var()
    assert float(kept) == pytest.approx(1 / (4 * torch.pi * 4), rel=0.3)


def test_a_classifier_knows_colour_coded_scenes_it_has_not_seen(monkeypatch):
    look, renderer = fakes.Means(), fakes.renderer()
    known, unseen = scenes.trained_on(200, 16, renderer), scenes.held_out(100, 16, renderer)
    monkeypatch.setattr(classifier, "STEPS", 300)
    trained = classifier.train_classifier(look.features(known.pictures), known, (3, 2))
    right = trained.accuracy(look.features(unseen.pictures), unseen)
    assert min(right.values()) > 0.95
    # Dark skies over what was drawn by day: the light is classified wrongly, the scene is not.
    darker = unseen.pictures.clone()
    darker[..., :8, :] = darker[..., :8, :] // 8
    right = trained.accuracy(look.features(darker), unseen)
    night = float((unseen.light == 1).float().mean())
    assert right["light named"] < night + 0.15 and right["scene named"] > 0.7
