"""Families of subjects: read, never told in training, and a part of what their subjects share."""

import dataclasses

import numpy as np
import pytest
import torch

from cm_core import load_model
from cm_core.checkpoint import save_checkpoint
from cm_core.labels import Labels
from tests.train.test_refine import COARSE, fruit, model_of
from train import data, loop
from train.config import DataConfig
from train.families import SHARE, with_families
from train.refine import refine

NAMES = ("Pear", "Apple", "Plum", "Pome", "Fig")  # Fig: a subject without a picture
LABELS = Labels({"style": ("Flat", "Shaded"), "group": NAMES})
FAMILIES = torch.tensor([3, 3, 2, 3, 4])


def fruits():
    """Two apples for each pear, and the family of both."""
    pictures = fruit(LABELS, [0, 1, 2])
    pick = torch.tensor([0, 1, 1, 2, 3, 4, 4, 5])
    images, choices = pictures.images[pick], pictures.choices[pick]
    concepts = tuple("abcdefgh")
    return data.Pictures(images, choices, concepts, LABELS, FAMILIES)


@pytest.fixture
def set_of_families(packed, tmp_path):
    """The coloured pictures, blue and green ones of a family."""
    with np.load(packed) as arrays:
        arrays = dict(arrays)
    arrays["groups"] = np.array(["Red", "Green", "Blue", "Cold"])
    arrays["families"] = np.array([0, 3, 3, 3], np.uint16)
    np.savez(tmp_path / "families.npz", **arrays)
    return tmp_path / "families.npz"


def test_a_family_lies_between_the_open_label_and_the_mean_of_its_subjects():
    model = model_of(LABELS)
    before = dict(model.state_dict())
    before["net.prototypes.pictures"] = torch.randn_like(before["net.prototypes.pictures"])
    after = with_families(before, fruits())
    for name in ("net.label.weight", "net.prototypes.pictures"):
        rows = before[name]
        for style in ("Flat", "Shaded", None):
            of = {n: LABELS.index(style=style, group=n) for n in (*NAMES, None)}
            common = (rows[of["Pear"]] + 2 * rows[of["Apple"]]) / 3
            torch.testing.assert_close(
                after[name][of["Pome"]], torch.lerp(rows[of[None]], common, SHARE)
            )
            for other in ("Pear", "Apple", "Plum", "Fig", None):
                assert torch.equal(after[name][of[other]], rows[of[other]])
    told = ("net.label.weight", "net.prototypes.pictures")
    assert all(torch.equal(after[k], v) for k, v in before.items() if k not in told)


def test_subjects_count_by_the_pictures_of_each_style_or_by_all_where_it_has_none():
    pictures = fruits()
    for kept, shares in (
        ([0, 1, 2, 3, 4, 7], {"Flat": [1 / 3, 2 / 3], "Shaded": [1, 0], None: [1 / 2, 1 / 2]}),
        ([0, 1, 2, 3, 7], {"Flat": [1 / 3, 2 / 3], "Shaded": [1 / 3, 2 / 3]}),
    ):
        images, choices = pictures.images[kept], pictures.choices[kept]
        part = dataclasses.replace(pictures, images=images, choices=choices)
        rows = model_of(LABELS).state_dict()["net.label.weight"]
        after = with_families({"net.label.weight": rows}, part)["net.label.weight"]
        for style, (pear, apple) in shares.items():
            of = {n: rows[LABELS.index(style=style, group=n)] for n in ("Pear", "Apple", None)}
            made = torch.lerp(of[None], pear * of["Pear"] + apple * of["Apple"], SHARE)
            torch.testing.assert_close(after[LABELS.index(style=style, group="Pome")], made)


def test_without_an_open_label_a_family_is_the_mean_of_its_subjects():
    labels = Labels(LABELS.axes, any=False)
    rows = torch.randn(labels.count, 4)
    part = dataclasses.replace(fruits(), labels=labels)
    after = with_families({"net.label.weight": rows}, part)["net.label.weight"]
    of = {n: labels.index(style="Flat", group=n) for n in NAMES}
    mean = (rows[of["Pear"]] + 2 * rows[of["Apple"]]) / 3
    torch.testing.assert_close(after[of["Pome"]], mean)
    assert torch.equal(after[of["Plum"]], rows[of["Plum"]])


def test_weights_of_sets_without_families_stay_as_they_are():
    model = model_of(LABELS).state_dict()
    for source in (dataclasses.replace(fruits(), families=None), object()):
        after = with_families(model, source)
        assert all(torch.equal(after[name], weight) for name, weight in model.items())


def test_a_subject_answers_for_its_family_and_not_the_other_way_round():
    pictures = fruits()
    said = torch.tensor([[0, 0], [0, 2], [1, 3], [1, 0], [0, -1]])
    wanted = torch.tensor([[0, 3], [0, 3], [1, 0], [0, 0], [0, 3]])
    assert pictures.agree(said, wanted).tolist() == [
        [True, True],
        [True, False],
        [True, False],
        [False, True],
        [True, False],
    ]


def test_families_are_read_and_numbered_anew_where_groups_are_left_out(set_of_families):
    def read(*left_out):
        train, held = data.load(DataConfig(file=str(set_of_families), size=16, leave_out=left_out))
        names = train.labels.axes["group"]
        assert train.families.tolist() == held.families.tolist()
        assert train.labels.families == held.labels.families == tuple({"Cold"} & set(names))
        told = [{names[i] for i in part.choices[:, 1]} for part in (train, held)]
        return dict(zip(names, (names[f] for f in train.families), strict=True)), *told

    cold = {"Green": "Cold", "Blue": "Cold", "Cold": "Cold"}
    assert read("Red") == (cold, {"Green", "Blue"}, {"Cold"})
    cold.pop("Green")
    assert read("Green") == ({"Red": "Red"} | cold, {"Red", "Blue"}, {"Red", "Cold"})
    assert read("Cold") == ({"Red": "Red"}, {"Red"}, {"Red"})  # and with it all that is of it


def test_unlabelled_pictures_have_no_families(set_of_families):
    config = DataConfig(file=str(set_of_families), size=16, label_dropout=1.0)
    assert all(part.families is None for part in data.load(config))


def test_a_run_saves_its_averages_with_families_and_is_measured_with_them(
    tmp_path, config_of, set_of_families
):
    config = config_of("ect")
    source = dataclasses.replace(config.data, file=str(set_of_families))
    net = dataclasses.replace(config.net, prototypes=4)
    run = loop.Run(dataclasses.replace(config, data=source, net=net), None, torch.device("cpu"))
    run.step()
    told = with_families(run.emas[-1].weights, run.source)
    assert not torch.equal(told["net.label.weight"], run.emas[-1].weights["net.label.weight"])
    with run.averaged() as model:
        assert torch.equal(model.net.label.weight, told["net.label.weight"])
    run.save(tmp_path, shards=False)
    kept = load_model(tmp_path / run.emas[-1].name).state_dict()
    for name in ("net.label.weight", "net.prototypes.pictures"):
        torch.testing.assert_close(kept[name], told[name], rtol=1e-3, atol=1e-3)


def test_refining_gives_families_their_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("train.refine.data_of", lambda model, file: (COARSE, None))
    new = fruit(LABELS, [0, 1, 2])
    new = dataclasses.replace(new, families=FAMILIES)
    save_checkpoint(model_of(COARSE.labels), tmp_path / "start")
    refine(tmp_path / "start", "before.npz", new, tmp_path / "finer")
    weights = load_model(tmp_path / "finer", "cpu").state_dict()
    told = with_families(weights, new)
    for name in ("net.label.weight", "net.prototypes.pictures"):
        assert weights[name][LABELS.index(group="Pome")].any()
        torch.testing.assert_close(weights[name], told[name], rtol=2e-3, atol=2e-3)
