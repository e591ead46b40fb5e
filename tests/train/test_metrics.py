import dataclasses
import json

import numpy as np
import pytest
import torch

from cm_core import load_model
from train import evaluate, loop, metrics


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


def test_sliced_wasserstein_of_scaled_noise_is_its_closed_form():
    """Between N(0, I) and N(0, s^2 I) every slice is |1 - s| E|z| apart on a level without blur."""
    near = metrics.sliced_wasserstein(pictures(0), pictures(1), levels=1)
    far = metrics.sliced_wasserstein(pictures(0), pictures(1, scale=1.5), levels=1)
    assert far == pytest.approx(0.5 * (2 / np.pi) ** 0.5, rel=0.03)
    assert near < 0.2 * far
    assert metrics.sliced_wasserstein(pictures(0), pictures(0)) == 0


def test_evaluation_writes_card_chart_and_noise_levels(
    tmp_path, run_config, ect_config, packed, monkeypatch
):
    monkeypatch.setattr(evaluate, "SWEEP", (0.5, 1.5))
    monkeypatch.setattr(evaluate, "TEACHER_LEVELS", (3,))
    monkeypatch.setattr(evaluate, "TRUTH_LEVELS", 4)
    loop.train(dataclasses.replace(run_config, images=8), tmp_path / "t", device="cpu")
    loop.train(dataclasses.replace(ect_config, images=8), tmp_path / "c", device="cpu")
    folder = tmp_path / "c" / "ema-0.9"
    (folder / "README.md").write_text(
        "# Squares\n\n<!-- evaluation -->\nold\n<!-- /evaluation -->\nend"
    )
    quality = tmp_path / "quality.json"
    teacher = load_model(tmp_path / "t" / "ema-0.9", "cpu")
    evaluate.evaluate(folder, teacher, str(packed), 8, quality, swept=True)
    sigmas = load_model(folder).config.sigmas
    assert sorted(sigmas) == [1, 2, 4, 8] and all(len(v) == n for n, v in sigmas.items())
    assert sigmas[2][0] == 80 and sigmas[2][1] in (0.5, 1.5)
    card = (folder / "README.md").read_text()
    assert card.startswith("# Squares") and card.endswith("-->\n\nend\n") and "old" not in card
    rows = json.loads(quality.read_text())["rows"]
    assert [r["evaluations"] for r in rows] == [1, 2, 4, 8, 5, 7]
    # The teacher at the truth's own number of levels is the truth itself.
    last = next(x for x in card.splitlines() if x.startswith("| teacher | 7 |"))
    assert last.split("|")[3].strip() == "0.0"
    assert "| enlarge x4 | bicubic |" in card
