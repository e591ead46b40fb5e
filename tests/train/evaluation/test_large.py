"""Pictures four times as large as a model's: by a detailer that has learned nothing yet."""

import dataclasses
import json

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from cm_core import ConsistencyModel
from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, DetailerConfig, bicubic
from editing import generate, stroke
from editing.detail import finished, with_means
from editing.image import to_pil
from editing.operators import PatchMean
from tests.train.evaluation import fakes
from tests.train.evaluation.test_table import TINY, config
from train.evaluation import large, metrics, table
from train.evaluation.bench import faithfulness
from train.evaluation.blind import blind
from train.evaluation.scenes import held_out


@pytest.fixture(scope="module")
def detailer():
    torch.manual_seed(0)
    net = DetailNetConfig(channels=8, channel_mult=(1,), middle=1)
    return Detailer(DetailerConfig("tiny", net, augmentation=Augmentation(0.1, 1.0))).eval()


@pytest.fixture
def model():
    torch.manual_seed(0)
    return ConsistencyModel(config("toy")).eval()


@pytest.fixture
def bench():
    return large.prepare(TINY, 16, fakes.renderer(), fakes.Means())


def test_scenes_are_four_times_as_large_as_the_model(bench):
    assert bench.scenes.pictures.shape == (20, 3, 64, 64) and len(bench.reference) == 40


def test_rows_of_finished_paintings(model, detailer, bench):
    renders, painting, plain, one, two = large.rows(model, detailer, bench, 0)
    assert [r["what"] for r in (renders, painting, plain)] == [
        "renders", "painting", "ours, bicubic",
    ]  # fmt: skip
    assert (one["what"], one["evaluations"], two["evaluations"]) == ("ours, detailer", 1, 2)
    assert painting["RMSE"] == 0 and renders["RMSE"] == pytest.approx(
        faithfulness(bench.scenes.floats(), bench.scenes.painted())
    )
    assert renders["KID-lite2"] < 3 * renders["error"] < painting["KID-lite2"]
    assert len(large.rows(model, detailer, bench, 1)) == 3  # the rest hangs on no noise


def test_rows_of_enlarged_renders(detailer, bench):
    plain, faithful, lively = large.enlarged(detailer, bench, 10, 0)
    x0 = bench.scenes.first(10).floats()
    small = F.avg_pool2d(x0, 4)
    smooth = bicubic(small).clamp(-1, 1)
    assert plain["PSNR"] == pytest.approx(metrics.psnr(smooth, x0))
    # With its last layer at zero a detailer answers bicubic, with the means of the small picture.
    kept = with_means(PatchMean(4), small, smooth)
    assert faithful["PSNR"] == pytest.approx(metrics.psnr(kept, x0), abs=0.01)
    assert lively["what"] == "lively"


def test_goals_of_enlarging_compare_with_bicubic():
    rows = [
        {"what": "bicubic", "PSNR": 25.0, "KID-lite2": 0.3},
        {"what": "faithful", "PSNR": 25.6, "KID-lite2": 0.2},
        {"what": "lively", "PSNR": 23.5, "KID-lite2": 0.09},
    ]
    found = large.goals(rows)
    assert [round(g["found"], 6) for g in found] == [0.3, 1.5, -0.6]
    assert [g["met"] for g in found] == ["yes", "no", "yes"]


def test_a_detailer_adds_its_tables(model, detailer, bench):
    sizes = dataclasses.replace(TINY, seeds=2, edits=20)
    tables = table.measured_large(model, detailer, bench, sizes)
    assert set(tables) == {"large", "enlarged", "goals of enlarging"} <= set(table.TITLES)
    row = next(r for r in tables["large"] if r["what"] == "ours, detailer")
    assert row["spread"] > 0
    text = table.described(tables, sizes, 0.5)
    assert all(f"**{table.TITLES[name]}**" in text for name in tables)


def same(picture, x):
    return picture.tobytes() == to_pil(x).tobytes()


def test_blind_pictures_are_what_their_key_says(model, detailer, tmp_path):
    """At the defaults, of the reported half; the key tells the picture's side and the names."""
    renderer, out = fakes.renderer(), tmp_path / "blind"
    blind(model, detailer, out, 6, renderer)
    key = json.loads((out / "key.json").read_text())
    assert sorted(p.name for p in out.glob("*.png")) == sorted([*key["pictures"], *key["names"]])
    paintings = held_out(6, 64, renderer).painted().split(1)
    assert {*key["pictures"].values()} == {"left", "right"}
    for seed, (painting, (name, side)) in enumerate(
        zip(paintings, key["pictures"].items(), strict=True)
    ):
        pair = Image.open(out / name)
        halves = {"left": pair.crop((0, 0, 64, 64)), "right": pair.crop((80, 0, 144, 64))}
        made = stroke(
            model, F.avg_pool2d(painting, 4), model.config.strength, seed=seed, paper=True
        )
        assert same(halves.pop(side), finished(detailer, made, seed))
        assert same(halves.popitem()[1], painting)
    for seed, (name, (scene, light)) in enumerate(key["names"].items()):
        label = model.config.labels.index(scene=scene, light=light)
        made = generate(model, seed, 1, label=label)
        assert same(Image.open(out / name), finished(detailer, made, seed))
