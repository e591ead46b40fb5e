import dataclasses
import itertools
import json
import sys

import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.checkpoint import save_checkpoint
from cm_core.errors import DataError, SettingError
from cm_core.labels import Labels
from cm_core.model import ModelConfig
from cm_core.unet import UNetConfig
from tests.train.coloured import write_coloured
from train import data, edits, evaluate, features, fidelity, judge
from train.__main__ import main
from train.config import DataConfig


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return write_coloured(tmp_path_factory.mktemp("data") / "shapes.npz")


def config(name, axes=None):
    labels = Labels({"style": ("Flat", "Shaded"), "group": ("Red", "Green")} | (axes or {}))
    net = UNetConfig(
        image_size=16, channels=8, channel_mult=(1,), blocks=1, attention_sizes=(), patch=2,
        num_classes=labels.count,
    )  # fmt: skip
    return ModelConfig(name, net, labels=labels)


@pytest.fixture
def folder(tmp_path):
    """A consistency model of the red and green shapes, untrained, with a card."""
    torch.manual_seed(0)
    made = tmp_path / "model"
    card = "# Shapes\n\n<!-- evaluation -->\nold\n<!-- /evaluation -->\nend\n"
    save_checkpoint(ConsistencyModel(config("shapes")), made, card=card)
    return made


@pytest.fixture
def teacher():
    torch.manual_seed(1)
    return Denoiser(config("shapes-teacher")).eval().requires_grad_(False)


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    for module, name, value in (
        (evaluate, "TEACHER_LEVELS", (3,)),
        (evaluate, "TRUTH_LEVELS", 4),
        (evaluate, "SWEEP", (0.5, 1.5)),
        (features, "STEPS", 3),
        (features, "FOLDER", tmp_path / "cache"),
    ):
        monkeypatch.setattr(module, name, value)


def rows_of(card, first):
    """The table of a card whose header begins with a name, as dictionaries of strings."""
    lines = card.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    table = [line.strip("| ").split(" | ") for line in lines[start:]]
    end = next((i for i, cells in enumerate(table) if len(cells) < 2), len(table))
    return [dict(zip(table[0], cells, strict=True)) for cells in table[2:end]]


def test_the_command_writes_card_chart_and_noise_levels(
    folder, teacher, packed, tmp_path, monkeypatch
):
    quality = tmp_path / "quality.json"
    save_checkpoint(teacher, tmp_path / "teacher")
    command = ["train", "evaluate", folder, "--teacher", tmp_path / "teacher", "--data", packed]
    command += ["--count", 12, "--quality", quality]
    monkeypatch.setattr(sys, "argv", [*map(str, command), "--sweep"])
    assert main() == 0
    sigmas = load_model(folder, "cpu").config.sigmas
    assert sorted(sigmas) == [1, 2, 4, 8] and all(len(v) == n for n, v in sigmas.items())
    assert sigmas[2][0] == 80 and sigmas[2][1] in (0.5, 1.5)
    card = (folder / "README.md").read_text()
    assert card.startswith("# Shapes") and card.endswith("-->\n\nend\n") and "old" not in card
    assert "12 samples from seeds 0 to 11" in card and "not measured" in card
    rows = rows_of(card, "model")
    assert [r["evaluations"] for r in rows] == ["1", "2", "4", "8", "5", "7", "–", "–"]
    # The teacher at the truth's own number of levels is the truth itself.
    assert rows[5]["rmse"] == "0" and rows[5]["psnr"] == "–"
    assert float(rows[0]["rmse"]) > 0.01
    # True pictures are nearer to held-out ones than an untrained model's, in every measure.
    for measure, sign in (("KID-own", 1), ("FD-own", 1), ("swd", 1), ("recall", -1)):
        assert sign * (float(rows[0][measure]) - float(rows[6][measure])) > 0, measure
    chart = json.loads(quality.read_text())
    assert "KID-own" in chart["metric"] and "FID" not in chart["metric"]
    assert [r["evaluations"] for r in chart["rows"]] == [1, 2, 4, 8, 5, 7]
    assert chart["rows"][0]["value"] == pytest.approx(float(rows[0]["KID-own"]), rel=1e-3)
    assert [r["task"] for r in rows_of(card, "task")][:2] == ["enlarge x4", "colourise"]

    monkeypatch.setattr(sys, "argv", [*map(str, command)])
    assert main() == 0
    assert (folder / "README.md").read_text() == card
    assert json.loads(quality.read_text()) == chart


def test_student_and_teacher_share_noise_and_labels(folder, teacher, monkeypatch):
    """Each set is drawn once; the truth's is both the reference and the last row."""
    model, drawn = load_model(folder, "cpu"), []

    class Stub:
        def label(self, model, count):
            return torch.arange(count)

        def measures(self, made, label):
            assert label.tolist() == [0, 1, 2, 3, 4]
            return {"steps": float(made.mean())}

    def draw(model, count, steps, label, seed=0):
        drawn.append((model.kind, steps, label.tolist(), seed))
        return torch.full((count, 3, 2, 2), steps * 1.0)

    monkeypatch.setattr(evaluate, "draw", draw)
    rows, _ = evaluate.sample_rows(model, teacher, Stub(), 5, inception=False)
    kinds = [("denoiser", 4)] + [("consistency", n) for n in (1, 2, 4, 8)] + [("denoiser", 3)]
    assert drawn == [(*kind, [0, 1, 2, 3, 4], 0) for kind in kinds]
    assert [(r["evaluations"], r["steps"], r["rmse"]) for r in rows] == [
        (1, 1, 3), (2, 2, 2), (4, 4, 0), (8, 8, 4), (5, 3, 1), (7, 4, 0),
    ]  # fmt: skip


def test_the_sweep_keeps_the_best_level_on_the_half_that_is_not_reported(
    folder, packed, monkeypatch
):
    """With KID-own standing in for known curves, their minima are what is found."""
    model = load_model(folder, "cpu")
    model.config = dataclasses.replace(model.config, sigmas={2: (80.0, 0.9)})  # not to be used
    judged, samples = judge.judge_of(model, str(packed)), evaluate.samples
    levels, boosts, features_made = [], [], []

    def sampled(model, size, steps, seed, label):
        assert seed == evaluate.SWEEP_SEED and len(label) == size == 4
        levels.append(model.config.sigmas[steps])
        boosts.append(model.config.boost)
        return samples(model, size, steps, seed, label)

    def kid(made, target):
        assert len(target) == len(judged.choosing)
        features_made.append(made)
        if len(levels[-1]) == 1:
            return (boosts[-1] - 1.2) ** 2
        return (levels[-1][1] - {2: 0.5, 4: 1.5, 8: 0.5}[len(levels[-1])]) ** 2

    monkeypatch.setattr(evaluate, "samples", sampled)
    monkeypatch.setattr(judge.metrics, "kid", kid)
    config = evaluate.sweep(model, judged, 4)
    found = config.sigmas
    assert boosts == [1.0, 1.25, 1.5] + [config.boost] * (len(boosts) - 3) and config.boost == 1.25
    assert found[1] == (80.0,)
    assert [found[n][1] for n in (2, 4, 8)] == pytest.approx([0.5, 1.5, 0.5])
    assert found[4] == pytest.approx(
        [80, *(1.5 * (0.3 / 1.5) ** (i / 2) for i in range(3))], abs=1e-3
    )
    assert [found[n][-1] for n in (4, 8)] == pytest.approx([0.3, 0.3])
    for one, other in itertools.pairwise(features_made):
        assert not torch.allclose(one, other, atol=1e-3)  # the levels did make a difference
    assert model.config.sigmas == {2: (80.0, 0.9)} and model.config.boost == 1
    model.config = dataclasses.replace(model.config, boost=0.6)
    assert evaluate.sweep(model, judged, 4).boost == 0.6  # trained with, and further from the best


def test_halves_share_no_concept_and_lose_no_picture(packed):
    _, held_out = data.load(DataConfig(file=str(packed), size=16))
    choosing, real = judge.halves(held_out)
    assert not set(choosing.concepts) & set(real.concepts)
    assert len(choosing) + len(real) == len(held_out) and len(choosing) == 12
    where = [i for i, c in enumerate(held_out.concepts) if c == real.concepts[0]]
    assert torch.equal(real.images[: len(where)], held_out.images[where])
    few = dataclasses.replace(held_out, concepts=("one",) * len(held_out))
    with pytest.raises(DataError, match="Too few"):
        judge.halves(few)


def test_groups_the_model_never_saw_are_left_out(folder, packed):
    model = load_model(folder, "cpu")
    train, held_out = judge.data_of(model, str(packed))
    assert train.labels == model.config.labels
    assert (len(train), len(held_out)) == (40, 16)
    judged = judge.judge_of(model, str(packed))
    label = judged.label(model, 5000)
    counts = label.bincount(minlength=model.config.labels.count) / 5000
    wanted = train.label().bincount(minlength=len(counts)) / len(train)
    assert torch.allclose(counts, wanted, atol=0.03)  # as frequent as in training; never hidden


def test_named_is_the_share_called_what_its_label_asks_for(folder, packed, monkeypatch):
    """Of four pictures, one of any group: red is called red, one green green, the other red."""
    judged = judge.judge_of(load_model(folder, "cpu"), str(packed))
    asked = (
        {"style": "Flat", "group": "Red"},
        {"group": "Green"},
        {"group": "Green"},
        {"style": 1},
    )
    label = torch.tensor([judged.train.labels.index(**choice) for choice in asked])
    called = torch.tensor([[0, 0], [0, 1], [0, 0], [0, 0]])
    monkeypatch.setattr(judge.features, "called", lambda net, x: called)
    made = torch.zeros(4, 3, 16, 16)
    assert judged.named(made, label) == pytest.approx(2 / 3)
    assert judged.named(made, None) is None and judged.named(made, label[3:].expand(4)) is None
    monkeypatch.setattr(judge.features, "called", lambda net, x: judged.choosing.choices)
    known, unseen = judged.floor(4)
    assert known["named"] is None and unseen["named"] == 1


def test_samples_of_a_seed_do_not_depend_on_the_batch(folder, monkeypatch):
    model, label = load_model(folder, "cpu"), torch.tensor([0, 1, 3, 4, 0])
    whole = evaluate.draw(model, 5, 2, label)
    monkeypatch.setattr(evaluate, "BATCH", 2)
    parts = evaluate.draw(model, 5, 2, label)
    assert torch.allclose(whole, parts, atol=1e-5) and whole.abs().max() <= 1
    assert not torch.allclose(whole, evaluate.draw(model, 5, 2, label, seed=1), atol=1e-3)


def test_what_cannot_be_compared_is_refused(folder, teacher, packed):
    def attempt(teacher=teacher, count=8):
        evaluate.evaluate(folder, teacher, str(packed), count, None, False)

    with pytest.raises(SettingError, match="must be a denoiser"):
        attempt(load_model(folder, "cpu"))
    with pytest.raises(SettingError, match="other labels"):
        attempt(Denoiser(config("other", {"group": ("Red", "Blue")})))
    moved = teacher.with_net(teacher.net)
    moved.config = dataclasses.replace(moved.config, mean=(0.1, 0.2, 0.3))
    with pytest.raises(SettingError, match="another mean"):
        attempt(moved)
    with pytest.raises(SettingError, match="at least 4"):
        attempt(count=3)
    strange = ConsistencyModel(config("strange", {"group": ("Red", "Purple")}))
    with pytest.raises(DataError, match="other labels"):
        judge.data_of(strange, str(packed))


def test_inception_measures_join_the_card_or_say_why_not(
    folder, teacher, packed, monkeypatch, capsys
):
    asked = []

    def measured(made, real):
        asked.append((len(made), len(real), real.dtype))
        return {"FID": 12.5, "IS": 2.0, "precision": 0.5, "recall": 0.25}

    monkeypatch.setattr(evaluate, "inception_measures", measured)
    evaluate.evaluate(folder, teacher, str(packed), 8, None, False, inception=True)
    card = (folder / "README.md").read_text()
    assert "| consistency | 1 | 12.5 | 2 | 0.5 | 0.25 |" in card and "not measured" not in card
    assert asked == [(8, 40, torch.uint8)] * 6

    monkeypatch.setattr(evaluate, "inception_measures", fidelity.inception_measures)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    evaluate.evaluate(folder, teacher, str(packed), 8, None, False, inception=True)
    assert capsys.readouterr().err.count("pip install torch-fidelity") == 1
    card = (folder / "README.md").read_text()
    assert "not measured" in card and "| 12.5 | 2 |" not in card


def test_plain_fills_leave_the_known_pixels_alone(monkeypatch):
    pytest.importorskip("cv2")
    x0 = torch.full((2, 3, 16, 16), -1.0)
    x0[1] = 1.0
    hole = torch.zeros(1, 1, 16, 16)
    hole[..., 4:8, 4:12] = 1
    spoilt = torch.where(hole > 0, 0.3, x0)
    filled, name = edits.plain_fill(spoilt, hole)
    assert name == "Telea fill" and torch.allclose(filled, x0, atol=0.02)
    monkeypatch.setitem(sys.modules, "cv2", None)
    filled, name = edits.plain_fill(spoilt, hole)
    assert name == "mean of the rest" and torch.allclose(filled, x0, atol=1e-5)


def test_hints_are_sixteen_dabs_and_their_plain_use_recovers_a_flat_colour():
    x0 = torch.tensor([0.5, -0.2, 0.1])[None, :, None, None].expand(1, 3, 32, 32).contiguous()
    hints, plain = edits.dabs(x0)
    assert hints.shape == (1, 4, 32, 32) and hints[:, 3].sum() == 16 * 2 * 2
    assert hints[0, 3, 3:5, 3:5].all() and torch.equal(hints[:, :3], x0)
    assert torch.allclose(plain, x0, atol=1e-5)


def test_edit_rows_measure_what_was_made(folder, packed, monkeypatch):
    """With edits that return the truth, or what they were given, figures are known."""
    model = load_model(folder, "cpu")
    _, held_out = judge.data_of(model, str(packed))
    x0 = held_out.floats()
    monkeypatch.setattr(edits, "super_resolve", lambda model, small, **options: x0)
    monkeypatch.setattr(edits, "colorize", lambda model, given, **options: x0 + 0.2)
    rows = edits.edit_rows(model, held_out)
    assert rows[0]["pictures"] == 16
    assert rows[0]["psnr"] > 90 and rows[0]["ssim"] == pytest.approx(1)
    assert rows[0]["its psnr"] < 40
    assert rows[1]["psnr"] == pytest.approx(20, abs=1e-3)
