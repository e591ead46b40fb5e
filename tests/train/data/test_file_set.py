"""Sets with a dataset.json, and sets in a .zip."""

import json

import pytest
import torch

from cm_core.errors import DataError
from tests.train.data.plain import folder_config, numbers, packed, plain, seeded
from train.data import loading


@pytest.fixture
def edm(tmp_path):
    """Karras et al.'s form of a data set: pictures in numbered folders, labels in dataset.json."""
    root = tmp_path / "edm"
    for i in range(30):
        plain(root / f"{i // 10:05}" / f"img{i:08}.png", (i, 0, 0), (8, 8))
    labels = [[f"{i // 10:05}/img{i:08}.png", i % 4] for i in range(30)]
    (root / "dataset.json").write_text(json.dumps({"labels": labels}))
    return root


@pytest.mark.parametrize("form", [lambda root: root, packed], ids=["folder", "zip"])
def test_edm_data_sets_are_read_with_their_labels(edm, form):
    config = folder_config(form(edm), held_out=0.2)
    train, held = loading.load(config)
    assert train.labels.axes == {"class": ("0", "1", "2", "3")}
    assert len(train) + len(held) == 30 and len(held) > 0
    x0, choices = train.draw(40, seeded(0))
    number = ((x0[:, 0, 0, 0] + 1) * 127.5).round().long()
    assert torch.equal(number % 4, choices[:, 0]) and len(number.unique()) > 10
    assert [n % 4 for n in numbers(held)] == held.choices[:, 0].tolist()
    whole = loading.load(folder_config(form(edm), label_dropout=1.0))[0]
    assert len(whole) == 30 and whole.labels.count == 0


def test_a_zip_is_the_folder_that_it_was_made_of(classes):
    kinds = [loading.load(folder_config(root, held_out=0.2)) for root in (classes, packed(classes))]
    (train, held), (train_zip, held_zip) = kinds
    assert train.paths == train_zip.paths and train.labels == train_zip.labels
    for a, b in zip(train.draw(20, seeded(3)), train_zip.draw(20, seeded(3)), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(held.images, held_zip.images)


def test_labels_may_be_none_or_rows_with_one_1(edm):
    (edm / "dataset.json").write_text('{"labels": null}')
    assert loading.load(folder_config(edm))[0].labels.count == 0
    rows = [
        [f"{i // 10:05}/img{i:08}.png", [float(i % 3 == k) for k in range(3)]] for i in range(30)
    ]
    (edm / "dataset.json").write_text(json.dumps({"labels": rows}))
    train = loading.load(folder_config(edm))[0]
    assert train.choices[:, 0].tolist() == [i % 3 for i in range(30)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("{", "dataset.json cannot be read"),
        ("[]", "dataset.json cannot be read"),
        ('{"labels": 3}', "dataset.json cannot be read"),
        ('{"labels": [["00000/img00000000.png", -1]]}', "dataset.json cannot be read"),
        ('{"labels": [["00000/img00000000.png", 1.5]]}', "dataset.json cannot be read"),
        ('{"labels": [["00000/img00000000.png", [0.5, 0.5]]]}', "dataset.json cannot be read"),
        ('{"labels": [["00000/img00000000.png", 0]]}', "says no label of 00000/img00000001.png"),
    ],
)
def test_labels_that_do_not_fit_are_refused(edm, labels, message):
    (edm / "dataset.json").write_text(labels)
    for root in (edm, packed(edm)):
        with pytest.raises(DataError, match=message):
            loading.load(folder_config(root))


def test_damaged_archives_and_pictures_in_them_are_named(edm):
    path = packed(edm)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(DataError, match=r"edm\.zip is damaged or cut short"):
        loading.load(folder_config(path))
    path.write_bytes(whole.replace(b"IHDR", b"IHDX", 1))
    train, _ = loading.load(folder_config(path))
    with pytest.raises(DataError, match=r"edm\.zip/00000/img00000000\.png cannot be"):
        train.images(torch.tensor([0]))
