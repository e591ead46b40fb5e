"""Pictures from folders."""

import pytest
import torch
from PIL import Image

from cm_core.errors import DataError
from tests.train.data.plain import folder_config, numbers, plain, seeded
from train.data import loading
from train.distributed import Processes


def test_folders_are_classes(classes):
    train, held = loading.load(folder_config(classes))
    assert len(train) == 30 and len(held) == 0 and held.images.shape == (0, 3, 8, 8)
    assert train.labels.axes == {"class": ("birds", "cats", "dogs")}
    x0, choices = train.draw(50, seeded(0))
    assert x0.dtype == torch.float32 and x0.shape == (50, 3, 8, 8) and choices.shape == (50, 1)
    number = ((x0[:, 0, 0, 0] + 1) * 127.5).round().long()  # the red of picture i is i
    assert torch.equal(number % 3, choices[:, 0]) and len(number.unique()) > 15
    assert (x0 == x0[:, :, :1, :1]).all() and x0.abs().max() <= 1


def test_class_folders_can_be_trained_on_without_their_labels(classes):
    config = folder_config(classes, label_dropout=1.0, held_out=0.3)
    train, held = loading.load(config)
    assert train.labels.count == held.labels.count == 0 and len(train) + len(held) == 30
    x0, label = loading.batch(train, config, 4, seeded(0))
    assert x0.shape == (4, 3, 8, 8) and not label.any() and not held.label().any()


def test_draws_of_a_folder_depend_on_the_generator_alone(classes):
    config = folder_config(classes)
    first, second = loading.load(config)[0], loading.load(config, Processes(1, 2))[0]
    first.draw(7, seeded(9))
    first.skip(1000)
    batches = [loading.batch(source, config, 16, seeded(1)) for source in (first, second)]
    assert all(torch.equal(a, b) for a, b in zip(*batches, strict=True))
    assert not torch.equal(batches[0][0], loading.batch(first, config, 16, seeded(2))[0])
    assert torch.equal(first.subset(100)[:, 0, 0, 0].sort()[0], torch.arange(30) / 127.5 - 1)
    assert len(first.subset(5)) == 5


def test_a_flat_folder_has_no_labels(tmp_path):
    for i, suffix in enumerate(("png", "JPG", "jpeg", "webp", "bmp", "gif")):
        plain(tmp_path / f"{i}.{suffix}", "white")
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "._0.png").write_bytes(b"left by a file manager")
    plain(tmp_path / ".cache" / "small.png", "white")
    config = folder_config(tmp_path)
    train, _ = loading.load(config)
    assert len(train) == 6 and train.labels.count == 0
    x0, label = loading.batch(train, config, 12, seeded(0))
    assert (x0 > 0.97).all() and label.shape == (12,)


def test_the_held_out_fraction_is_disjoint_and_stays(tmp_path):
    for i in range(200):
        plain(tmp_path / f"{i % 2}" / f"{i}.png", (i, 0, 0), (8, 8))
    train, held = loading.load(folder_config(tmp_path, held_out=0.2))
    assert len(train) + len(held) == 200 and 25 <= len(held) <= 55
    kept = numbers(held)
    assert sorted([*kept, *(int(path[2:-4]) for path in train.paths)]) == list(range(200))
    assert [number % 2 for number in kept] == held.choices[:, 0].tolist()
    for i in range(200, 255):
        plain(tmp_path / "0" / f"{i}.png", (i, 0, 0), (8, 8))
    (tmp_path / train.paths[0]).unlink()
    more = loading.load(folder_config(tmp_path, held_out=0.2))[1]
    assert set(kept) == {number for number in numbers(more) if number < 200}
    larger = loading.load(folder_config(tmp_path, held_out=0.4))[1]
    assert set(numbers(more)) < set(numbers(larger))


def test_bad_folders_are_refused_in_one_sentence(tmp_path):
    with pytest.raises(DataError, match="not a folder"):
        loading.load(folder_config(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="holds no pictures"):
        loading.load(folder_config(tmp_path))
    plain(tmp_path / "a" / "1.png", "red")
    whole = (tmp_path / "a" / "1.png").read_bytes()
    (tmp_path / "a" / "broken.png").write_bytes(whole[: len(whole) // 2])
    train, _ = loading.load(folder_config(tmp_path))
    with pytest.raises(DataError, match=r"a/broken\.png cannot be read as a picture: mend it"):
        train.draw(16, seeded(0))
    plain(tmp_path / "loose.png", "red")
    with pytest.raises(DataError, match=r"holds loose\.png beside folders"):
        loading.load(folder_config(tmp_path))
    assert len(loading.load(folder_config(tmp_path, label_dropout=1.0))[0]) == 3


def test_whatever_a_decoder_raises_a_broken_picture_is_named(tmp_path, monkeypatch):
    plain(tmp_path / "1.png", "red")
    train, _ = loading.load(folder_config(tmp_path))

    def breaks(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(Image, "open", breaks)
    with pytest.raises(DataError, match=r"1\.png cannot be read as a picture"):
        train.draw(1, seeded(0))
