"""Streamed Hugging Face data sets, on small local ones; reported as skipped without the extra."""

import numpy as np
import pytest
import torch
from PIL import Image

from cm_core.errors import DataError
from train.config import DataConfig
from train.data import loading
from train.distributed import Processes

datasets = pytest.importorskip("datasets", reason="the optional package datasets is not installed")
NAMES = ["low", "middle", "high"]
COUNT = 24


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    """A data set of 24 plain pictures in two parquet files; the red of picture i is i."""
    datasets.disable_progress_bars()
    root = tmp_path_factory.mktemp("stream")
    features = datasets.Features(
        {
            "picture": datasets.Image(),
            "kind": datasets.ClassLabel(names=NAMES),
            "size": datasets.Value("int64"),
        }
    )
    for shard in range(2):
        numbers = range(shard * COUNT // 2, (shard + 1) * COUNT // 2)
        columns = {
            "picture": [Image.new("RGB", (20 + i, 30), (i, 50, 250)) for i in numbers],
            "kind": [i % 3 if i else -1 for i in numbers],  # picture 0 has no label
            "size": list(numbers),
        }
        part = datasets.Dataset.from_dict(columns, features=features)
        part.to_parquet(root / f"train-{shard:05}.parquet")
    return root


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No files outside of the test, and no waiting of the library at the end of an epoch."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "SLEEP_TIME_ON_THREADS_SHUTDOWN", 0, raising=False)


def stream_config(root, **settings):
    settings = {"image_column": "picture", "label_column": "kind", "shuffle": 4, **settings}
    return DataConfig(source="huggingface", file=str(root), size=8, **settings)


def numbers(x0):
    return ((x0[:, 0, 0, 0] + 1) * 127.5).round().long().tolist()


def test_an_epoch_of_a_stream_holds_every_picture_once_with_its_label(parquet):
    source, held = loading.load(stream_config(parquet))
    assert source.labels.axes == {"class": tuple(NAMES)} and len(held) == 0
    assert held.images.shape == (0, 3, 8, 8) and held.choices.shape == (0, 1)
    parts = [source.draw(8, torch.Generator()) for _ in range(3)]
    x0, choices = (torch.cat(part) for part in zip(*parts, strict=True))
    assert x0.shape == (COUNT, 3, 8, 8) and x0.dtype == torch.float32
    assert (x0 == x0[:, :, :1, :1]).all()
    seen = numbers(x0)
    assert sorted(seen) == list(range(COUNT)) and seen != sorted(seen)
    assert choices[:, 0].tolist() == [i % 3 if i else -1 for i in seen]
    again = numbers(source.draw(COUNT, torch.Generator())[0])
    assert sorted(again) == list(range(COUNT)) and again != seen


@pytest.mark.parametrize("processes", [2, 3])  # as many processes as files, and not
def test_processes_stream_disjoint_shards(parquet, processes):
    sources = [
        loading.load(stream_config(parquet), Processes(rank, processes))[0]
        for rank in range(processes)
    ]
    seen = [numbers(source.draw(COUNT // processes, torch.Generator())[0]) for source in sources]
    assert sorted(i for shard in seen for i in shard) == list(range(COUNT))
    looks = [source.subset(6) for source in sources]
    assert all(torch.equal(look, looks[0]) for look in looks)


def test_looking_at_a_stream_does_not_move_it(parquet):
    fresh, looked = (loading.load(stream_config(parquet))[0] for _ in range(2))
    assert len(looked.subset(1000)) == COUNT
    assert numbers(fresh.draw(9, torch.Generator())[0]) == numbers(
        looked.draw(9, torch.Generator())[0]
    )


def test_a_resumed_stream_starts_an_epoch_in_another_order(parquet):
    source = loading.load(stream_config(parquet))[0]
    first = numbers(source.draw(COUNT, torch.Generator())[0])
    resumed = loading.load(stream_config(parquet))[0]
    resumed.skip(4096)
    then = numbers(resumed.draw(COUNT, torch.Generator())[0])
    assert sorted(then) == sorted(first) and then != first


def test_batches_of_a_stream(parquet):
    config = stream_config(parquet, label_column="")
    source, _ = loading.load(config)
    x0, label = loading.batch(source, config, 6, torch.Generator().manual_seed(0))
    assert source.labels.count == 0 and x0.shape == (6, 3, 8, 8) and not label.any()
    config = stream_config(parquet, label_dropout=1.0)
    assert loading.load(config)[0].labels.count == 0
    config = stream_config(parquet, label_dropout=0.0)
    _, label = loading.batch(
        loading.load(config)[0], config, COUNT, torch.Generator().manual_seed(0)
    )
    assert label.bincount().tolist() == [7, 8, 8, 1]  # the last is "any", for picture 0


def test_a_folder_of_pictures_can_be_streamed_too(tmp_path):
    for i, name in enumerate(("x", "y", "x")):
        (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9, 3), i, np.uint8)).save(tmp_path / "set" / name / f"{i}.png")
    config = stream_config(tmp_path / "set", image_column="image", label_column="label")
    source, _ = loading.load(config)
    x0, choices = source.draw(3, torch.Generator())
    assert dict(zip(numbers(x0), choices[:, 0].tolist(), strict=True)) == {0: 0, 1: 1, 2: 0}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"split": "nope"}, r"cannot be streamed .*check its name and split"),
        ({"image_column": "image"}, "no column of pictures 'image': .* picture, kind, size"),
        ({"label_column": "size"}, "no class names in a column 'size'"),
        ({"label_column": "breed"}, "no class names in a column 'breed'"),
    ],
)
def test_bad_data_sets_are_refused(parquet, settings, sentence):
    with pytest.raises(DataError, match=sentence):
        loading.load(stream_config(parquet, **settings))


def test_a_missing_data_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be streamed"):
        loading.load(stream_config(tmp_path / "nowhere"))


def test_unlabelled_and_broken_pictures_are_refused(parquet, tmp_path):
    config = stream_config(parquet, label_any=False, label_dropout=0.0)
    with pytest.raises(DataError, match="unlabelled pictures: set label_any = true"):
        loading.load(config)[0].draw(COUNT, torch.Generator())
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "bad.png").write_bytes(b"no picture")
    config = stream_config(tmp_path / "set", image_column="image", label_column="")
    with pytest.raises(DataError, match="broke off"):
        loading.load(config)[0].draw(1, torch.Generator())


def test_a_process_without_a_share_is_told(parquet):
    source = loading.load(stream_config(parquet), Processes(30, 31))[0]
    with pytest.raises(DataError, match="too small to be divided"):
        source.draw(1, torch.Generator())
