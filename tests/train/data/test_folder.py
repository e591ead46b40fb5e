"""Pictures from folders, CIFAR-10 and streamed data sets, on small files made here."""

import hashlib
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from cm_core.errors import DataError
from train.config import DataConfig
from train.data import loading, reading
from train.data.reading import square


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def read(path, size):
    return reading.read(path, size, str(path))


def plain(path, colour, size=(24, 24)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def folder_config(root, **settings):
    return DataConfig(source="folder", file=str(root), size=8, **settings)


@pytest.fixture
def classes(tmp_path):
    """Thirty plain pictures of odd sizes in three classes, one class with folders of its own."""
    for i in range(30):
        name = ["birds", "cats/grey", "dogs"][i % 3]
        plain(tmp_path / name / f"{i:02}.png", (i, 100, 200), (20 + i, 45 - i))
    return tmp_path


def test_a_constant_picture_stays_constant_at_any_size():
    for width, height in [(8, 8), (7, 9), (16, 16), (33, 50), (640, 479), (3, 200)]:
        made = square(Image.new("RGB", (width, height), (10, 120, 240)), 8)
        assert made.shape == (3, 8, 8) and made.dtype == torch.uint8
        assert (made == torch.tensor([10, 120, 240])[:, None, None]).all(), (width, height)


def test_the_centred_square_survives_to_the_pixel():
    rng = np.random.default_rng(0)
    centre = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for before, after in [(0, 0), (5, 5), (5, 6)]:
        wide = np.pad(centre, ((0, 0), (before, after), (0, 0)))
        tall = np.pad(centre, ((before, after), (0, 0), (0, 0)))
        for pixels in (wide, tall):
            made = square(Image.fromarray(pixels), 8)
            assert np.array_equal(made.permute(1, 2, 0).numpy(), centre)


def test_large_pictures_are_halved_by_averaging():
    fine = np.zeros((32, 32, 3), np.uint8)
    fine[::2, ::2] = fine[1::2, 1::2] = 255  # a chessboard of single pixels: grey once averaged
    made = square(Image.fromarray(fine), 8)
    assert made.min() >= 127 and made.max() <= 128
    blocks = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    large = Image.fromarray(blocks.repeat(4, 0).repeat(4, 1))
    assert np.array_equal(square(large, 8).permute(1, 2, 0).numpy(), blocks)


def test_files_are_read_upright_on_white_and_in_eight_bits(tmp_path):
    halves = Image.new("RGB", (16, 16), "red")
    halves.paste("blue", (0, 8, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    halves.save(tmp_path / "turned.png", exif=exif)
    turned = read(tmp_path / "turned.png", 8)
    assert (turned[2, :, :4] == 255).all() and (turned[0, :, 4:] == 255).all()

    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 8, 4))
    clear.save(tmp_path / "clear.webp", lossless=True)
    clear.convert("P").save(
        tmp_path / "clear.gif", transparency=clear.convert("P").getpixel((0, 7))
    )
    for name in ("clear.webp", "clear.gif"):
        made = read(tmp_path / name, 8)
        assert (made[:, 4:] == 255).all() and (made[1, :4] == 0).all(), name

    Image.fromarray(np.full((8, 8), 128 * 256, np.uint16)).save(tmp_path / "deep.png")
    assert (read(tmp_path / "deep.png", 8) == 128).all()


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
    first, second = loading.load(config)[0], loading.load(config, rank=1, world=2)[0]
    first.draw(7, seeded(9))
    first.skip(1000)
    batches = [loading.batch(source, config, 16, seeded(1)) for source in (first, second)]
    assert all(torch.equal(a, b) for a, b in zip(*batches, strict=True))
    assert not torch.equal(batches[0][0], loading.batch(first, config, 16, seeded(2))[0])
    assert torch.equal(first.look(100)[:, 0, 0, 0].sort()[0], torch.arange(30) / 127.5 - 1)
    assert len(first.look(5)) == 5


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


def numbers(pictures):
    """The red of plain pictures in memory."""
    return pictures.images[:, 0, 0, 0].tolist()


def test_the_held_out_share_is_disjoint_and_stays(tmp_path):
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


@pytest.fixture
def edm(tmp_path):
    """Karras et al.'s form of a data set: pictures in numbered folders, labels in dataset.json."""
    root = tmp_path / "edm"
    for i in range(30):
        plain(root / f"{i // 10:05}" / f"img{i:08}.png", (i, 0, 0), (8, 8))
    labels = [[f"{i // 10:05}/img{i:08}.png", i % 4] for i in range(30)]
    (root / "dataset.json").write_text(json.dumps({"labels": labels}))
    return root


def packed(root):
    """The same set in a .zip."""
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.*")):
            archive.write(file, file.relative_to(root).as_posix())
    return path


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


def test_whatever_a_decoder_raises_a_broken_picture_is_named(tmp_path, monkeypatch):
    plain(tmp_path / "1.png", "red")
    train, _ = loading.load(folder_config(tmp_path))

    def breaks(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(Image, "open", breaks)
    with pytest.raises(DataError, match=r"1\.png cannot be read as a picture"):
        train.draw(1, seeded(0))


CIFAR_CLASSES = ["airplane", "automobile", "bird"]


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """A small CIFAR-10 in torchvision's layout, whose checksums torchvision is told to expect."""
    datasets = pytest.importorskip("torchvision.datasets")
    base = tmp_path / datasets.CIFAR10.base_folder
    base.mkdir()

    def write(name, content):
        blob = pickle.dumps(content)
        (base / name).write_bytes(blob)
        return hashlib.md5(blob).hexdigest()

    def part(name, first):
        pixels = np.zeros((10, 3, 32, 32), np.uint8)
        pixels[:, 0] = np.arange(first, first + 10)[:, None, None]
        pixels[:, 2, :16] = 255  # the upper half is blue
        labels = [(first + i) % 3 for i in range(10)]
        return [name, write(name, {"data": pixels.reshape(10, -1), "labels": labels})]

    train = [part(f"data_batch_{i}", 10 * i) for i in range(2)]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", train)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [part("test_batch", 100)])
    checksum = write("batches.meta", {"label_names": CIFAR_CLASSES})
    about = {"filename": "batches.meta", "key": "label_names", "md5": checksum}
    monkeypatch.setattr(datasets.CIFAR10, "meta", about)
    return tmp_path


def test_cifar10_is_read_as_torchvision_keeps_it(cifar):
    train, held = loading.load(DataConfig(source="cifar10", file=str(cifar), size=32))
    assert len(train) == 20 and len(held) == 10
    assert train.labels.axes == {"class": tuple(CIFAR_CLASSES)}
    assert torch.equal(train.images[:, 0, 5, 7].long(), torch.arange(20))
    assert (train.images[:, 2, :16] == 255).all() and (train.images[:, 2, 16:] == 0).all()
    assert torch.equal(train.choices[:, 0], torch.arange(20) % 3)
    assert held.images[3, 0, 0, 0] == 103 and held.choices[3] == 103 % 3
    assert torch.equal(train.look(3), train.floats())  # all that is in memory
    half, _ = loading.load(DataConfig(source="cifar10", file=str(cifar), size=16))
    assert half.images.shape == (20, 3, 16, 16)


def test_a_missing_or_damaged_cifar10_is_refused(cifar, tmp_path):
    config = DataConfig(source="cifar10", file=str(tmp_path / "nowhere"), size=32)
    with pytest.raises(DataError, match="no whole copy of CIFAR-10: set download = true"):
        loading.load(config)
    (cifar / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cut off")
    with pytest.raises(DataError, match="no whole copy"):
        loading.load(DataConfig(source="cifar10", file=str(cifar), size=32))


def test_a_download_without_a_network_is_refused(tmp_path, monkeypatch):
    datasets = pytest.importorskip("torchvision.datasets")
    unreachable = (tmp_path / "no-such-archive.tar.gz").as_uri()
    monkeypatch.setattr(datasets.CIFAR10, "url", unreachable)
    config = DataConfig(source="cifar10", file=str(tmp_path / "c"), size=32, download=True)
    with pytest.raises(DataError, match="check the network"):
        loading.load(config)
