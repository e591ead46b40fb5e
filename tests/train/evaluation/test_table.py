"""Whole evaluations of toy models on scenes that take no time to draw."""

import dataclasses
import json
import sys

import pytest
import torch
from PIL import Image

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.errors import SettingError
from cm_core.labels import Labels
from cm_core.model import ModelConfig
from cm_core.unet import UNetConfig
from tests.train.evaluation import fakes
from train import evaluation_commands
from train.__main__ import main
from train.evaluation import bench, choose, classifier, scenes, sheet, suits, table
from train.evaluation.bench import Sizes
from train.evaluation.teacher import Teacher

TINY = Sizes(
    count=20, reference=40, known=40, edits=20, seeds=1, steps=(1, 2), strengths=(0.2, 0.6),
    teacher_strengths=(0.2,), sample_steps=(1,), teacher_levels=(2, 3),
)  # fmt: skip


def config(name, axes=None):
    labels = Labels(axes or {"scene": fakes.SCENES, "light": fakes.LIGHTS})
    net = UNetConfig(
        image_size=16, channels=8, channel_mult=(1,), blocks=1, attention_sizes=(), patch=2,
        num_classes=labels.count,
    )  # fmt: skip
    return ModelConfig(name, net, labels=labels)


@pytest.fixture
def folder(tmp_path):
    """A consistency model, untrained, with a card, and its teacher beside it."""
    torch.manual_seed(0)
    save_checkpoint(ConsistencyModel(config("toy")), tmp_path / "toy", card="# Toy\n")
    save_checkpoint(Denoiser(config("toy-teacher")), tmp_path / "toy-teacher")
    return tmp_path / "toy"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for module, name, value in (
        (table, "QUICK", TINY),
        (evaluation_commands, "detailer_of", lambda name: None),  # toys are enlarged in test_large
        (table, "landscapes", fakes.renderer),
        (table, "Lite2Features", lambda: Put(fakes.Means())),
        (sheet, "landscapes", fakes.renderer),
        (classifier, "STEPS", 20),
        (choose, "SECOND", (0.5, 1.5)),
        (choose, "STRENGTHS", (0.3, 0.7)),
    ):
        monkeypatch.setattr(module, name, value)


class Put:
    """Features that are put on a device."""

    def __init__(self, features):
        self.features = features

    def to(self, device):
        return self.features


def command(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["train", *map(str, words)])
    return main()


def test_the_command_writes_every_row_into_card_and_chart(folder, tmp_path, monkeypatch):
    quality = tmp_path / "quality.json"
    assert (
        command(monkeypatch, "evaluate", folder, "--quick", "--seeds", 2, "--quality", quality) == 0
    )
    chart = json.loads(quality.read_text())
    assert "KID-lite2" in chart["metric"] and "FID" not in chart["metric"]
    points = [(r["model"], r["evaluations"]) for r in chart["rows"]]
    assert points == [("consistency", 1), ("teacher", 3), ("teacher", 5)]
    tables = chart["tables"]

    def rows(name):
        return [(r["what"], r.get("evaluations"), r.get("strength")) for r in tables[name]]

    ours = [("ours", n, s) for n in (1, 2) for s in (0.2, 0.5, 0.6)]  # 0.5: the default
    assert rows("main job") == [
        ("renders", 0, None), ("painting", 0, None), ("painting, blurred", 0, None), *ours,
        ("ours, told scene and light", 1, 0.5), ("teacher", 39, 0.2),
    ]  # fmt: skip
    assert [r[:2] for r in rows("from nothing")] == [
        ("renders", None), ("ours", 1), ("teacher", 3), ("teacher", 5),
    ]  # fmt: skip
    assert [r[0] for r in rows("edits")] == [
        "enlarge x4", "enlarge x2", "hole of 6 pixels", "colour", "colour, 16 hints",
        "noise of 0.25", "noise of 0.5", "noise of 1",
    ]  # fmt: skip
    assert len(tables["goals"]) == 3

    renders, painting, blurred, *_, teacher = tables["main job"]
    assert painting["RMSE"] == 0 and renders["RMSE"] > 0
    assert renders["KID-lite2"] < 3 * renders["error"] and blurred["KID-lite2"] > painting["error"]
    one = tables["main job"][3]
    assert one["spread"] > 0 and one["ms"] > 0 and renders["spread"] is None
    assert tables["from nothing"][1]["KID-lite2"] > tables["from nothing"][0]["KID-lite2"]
    assert tables["from nothing"][3]["to teacher"] is None  # it is the teacher's best itself
    assert tables["from nothing"][2]["to teacher"] > 0
    small = tables["edits"][1]
    assert small["its PSNR"] > tables["edits"][0]["its PSNR"]  # twice the size is easier than four

    card = (folder / "README.md").read_text()
    assert card.startswith("# Toy\n") and "KID-lite2" in card
    for name in tables:
        assert f"**{table.TITLES[name]}**" in card
    line = next(x for x in card.splitlines() if x.startswith("| teacher | 39 | 0.2"))
    assert f"| {teacher['KID-lite2']:.4g} |" in line


def test_the_teachers_pictures_are_made_once(folder, monkeypatch):
    first = table.evaluate(folder, f"{folder}-teacher", TINY)

    def refuse(*_):
        raise AssertionError("made anew")

    monkeypatch.setattr(Denoiser, "estimate", refuse)
    assert table.evaluate(folder, f"{folder}-teacher", TINY)["edits"] == first["edits"]


def test_what_is_chosen_is_chosen_on_the_other_half_and_stored(folder, monkeypatch):
    asked = []

    def recorded(count, size, renderer, half="reported", first=0, painted=True):
        asked.append(half)
        return scenes.held_out(count, size, renderer, half, first, painted)

    monkeypatch.setattr(bench, "held_out", recorded)
    levels = choose.chosen

    def checked(model, chosen_on):
        assert chosen_on.half == "choosing" and set(asked) == {"choosing"}
        return levels(model, chosen_on)

    monkeypatch.setattr(table, "chosen", checked)
    assert command(monkeypatch, "evaluate", folder, "--quick", "--choose") == 0
    assert set(asked) == {"choosing", "reported"}
    config = load_model(folder, "cpu").config
    assert sorted(config.sigmas) == [1, 2, 4, 8] and config.strength in (0.3, 0.7)
    assert all(len(sigmas) == n and sigmas[0] == 80 for n, sigmas in config.sigmas.items())
    assert config.sigmas[2][1] in (0.5, 1.5) and config.sigmas[8][-1] == 0.3


def test_the_most_faithful_strength_that_is_realistic_enough_is_the_default(monkeypatch):
    class Known:
        """A bench on which the painting's KID is 1 and that of strengths is known."""

        scenes = type("Painted", (), {"painted": staticmethod(lambda: "painting")})

        def __init__(self, kids):
            self.kids = kids | {"painting": 1.0}

        def realism(self, pictures):
            return {"KID-lite2": self.kids[pictures], "error": 0.05}

    monkeypatch.setattr(choose, "finish", lambda model, bench, steps, strength, seed: strength)
    monkeypatch.setattr(choose, "STRENGTHS", (0.3, 0.5, 0.7))
    assert choose.best_strength(None, Known({0.3: 0.4, 0.5: 0.19, 0.7: 0.05})) == 0.5
    assert choose.best_strength(None, Known({0.3: 0.9, 0.5: 0.4, 0.7: 0.6})) == 0.5
    assert choose.best_strength(None, Known({0.3: 0.9, 0.5: 0.44, 0.7: 0.4})) == 0.5


def test_means_and_spreads_of_repetitions():
    runs = [
        [{"what": "a", "evaluations": 1, "KID-lite2": 1.0, "ms": 7.0}],
        [{"what": "a", "evaluations": 1, "KID-lite2": 3.0, "ms": None}],
        [{"what": "a", "evaluations": 2, "KID-lite2": 5.0, "ms": None}],
    ]
    one, two = table.combined(runs)
    assert one == {"what": "a", "evaluations": 1, "KID-lite2": 2.0, "spread": 2**0.5, "ms": 7.0}
    assert two["spread"] is None and two["ms"] is None


def test_the_sheet_shows_paintings_and_renders_at_its_ends(folder, tmp_path, monkeypatch):
    out = tmp_path / "sheet.png"
    assert command(monkeypatch, "sheet", folder, "--out", out, "--count", 3) == 0
    page = Image.open(out)
    assert page.size == (9 * sheet.SHOWN, sheet.HEAD + 3 * sheet.SHOWN)
    seed, at = 10**9 + 3, sheet.HEAD + sheet.SHOWN + 4  # the second scene of the reported half
    assert page.getpixel((4, at)) == tuple(fakes.crude(seed, 16)[0, 0].tolist())
    assert page.getpixel((8 * sheet.SHOWN + 4, at)) == tuple(
        fakes.render(seed, 16).picture[0, 0].tolist()
    )


def test_what_cannot_be_compared_is_refused(folder, tmp_path):
    model, renderer = load_model(folder, "cpu"), fakes.renderer()
    teacher = Teacher(Denoiser(config("other", {"scene": ("sea",), "light": ("day",)})), "")
    with pytest.raises(SettingError, match="other labels"):
        table.check(model, teacher, TINY, renderer)
    teacher = Teacher(load_model(f"{folder}-teacher", "cpu"), "")
    with pytest.raises(SettingError, match="at least 20, not 12"):
        table.check(model, teacher, dataclasses.replace(TINY, count=12, edits=12), renderer)
    other = dataclasses.replace(renderer, lights=("day", "dusk"))
    with pytest.raises(SettingError, match="not those that are rendered"):
        table.check(model, teacher, TINY, other)
    with pytest.raises(SettingError, match="must be a consistency"):
        table.check(teacher.model, teacher, TINY, renderer)
    with pytest.raises(SettingError, match="must be a denoiser"):
        table.evaluate(folder, str(folder), TINY)
    assert suits(model.config.labels) and not suits(Labels({"style": ("Flat",)}))
