"""Landscapes as a source of training batches, on a set of noise."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from cm_core.errors import DataError
from tests.train.landscapes import pretended, test_store
from tests.train.test_loop import same, weights
from train import __main__ as commands
from train import loop
from train.config import DataConfig, load
from train.data import loading
from train.data.rendered import load_landscapes, render
from train.landscapes import store, workers

COUNT, HELD, SIZE = 70, 9, 16


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "landscapes16"
    store.build(folder, SIZE, COUNT, 1, held_out=HELD, renderer=pretended.renderer())
    return folder


@pytest.fixture
def config(folder):
    return DataConfig(str(folder), source="landscapes", size=SIZE)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def rendered(seeds):
    """Pictures of seeds as training has them."""
    pictures = np.stack([pretended.render(seed, SIZE).picture for seed in seeds])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def test_draws_are_the_pictures_and_labels_that_the_indices_say(config):
    source, _ = loading.load(config)
    x0, choices = source.draw(50, seeded(3))
    index = torch.randint(COUNT, (50,), generator=seeded(3))
    assert torch.equal(x0, rendered(index.tolist())) and x0.is_contiguous()
    assert torch.equal(choices, torch.stack([index % 3, index % 2], 1))
    assert isinstance(source.to(torch.device("cpu")).pictures, np.memmap)


def test_labels_tell_scene_and_light_and_any(config):
    source, held_out = loading.load(dataclasses.replace(config, label_dropout=0.0, flip=False))
    assert source.labels.axes == {"scene": pretended.SCENES, "light": pretended.LIGHTS}
    assert source.labels == held_out.labels and source.labels.any
    _, label = loading.batch(source, DataConfig(label_dropout=0.0, flip=False), 6, seeded(3))
    index = torch.randint(COUNT, (6,), generator=seeded(3)).tolist()
    names = [{"scene": pretended.SCENES[i % 3], "light": pretended.LIGHTS[i % 2]} for i in index]
    assert label.tolist() == [source.labels.index(**name) for name in names]
    hidden, _ = loading.load(dataclasses.replace(config, label_dropout=1.0))
    assert hidden.labels.count == 0 and hidden.draw(4, seeded(0))[1].shape == (4, 0)


def test_what_is_held_out_is_in_memory_and_of_other_seeds(config):
    _, held_out = loading.load(config)
    seeds = range(store.HELD_OUT, store.HELD_OUT + HELD)
    assert torch.equal(held_out.floats(), rendered(seeds))
    assert held_out.choices.tolist() == [[seed % 3, seed % 2] for seed in seeds]


def test_the_set_is_measured_on_pictures_spread_over_it(config):
    source, _ = loading.load(config)
    assert torch.equal(source.subset(4), rendered([0, 23, 46, 69]))
    assert torch.equal(source.subset(1000), rendered(range(COUNT)))


def test_pictures_are_averaged_down(config):
    source, held_out = loading.load(dataclasses.replace(config, size=8))
    full = (rendered(range(COUNT)) + 1) * 127.5
    mean = full.unflatten(-1, (8, 2)).unflatten(-3, (8, 2)).mean((-1, -3))
    assert ((source.subset(COUNT) + 1) * 127.5 - mean).abs().max() <= 0.501
    assert held_out.images.shape == (HELD, 3, 8, 8)


def test_what_does_not_fit_is_refused(config, tmp_path):
    for changed, sentence in (
        ({"file": str(tmp_path)}, "holds no landscapes: build it with"),
        ({"size": 5}, "averaged down"),
    ):
        with pytest.raises(DataError, match=sentence):
            loading.load(dataclasses.replace(config, **changed))


def test_a_resumed_run_on_landscapes_equals_the_unbroken_one(tmp_path, monkeypatch, folder):
    """Thirty steps from the command line; broken off after fourteen, and gone on with."""
    text = (
        'name = "tiny"\nobjective = "edm"\nimages = 240\nbatch = 8\nema = [0.9]\n'
        "[net]\nimage_size = 16\nchannels = 16\nchannel_mult = [1, 2]\npatch = 2\n"
        "norm_channels = 4\nattention_sizes = [4]\n"
        f'[data]\nsource = "landscapes"\nfile = "{folder.as_posix()}"\nsize = 16\n'
        "[optim]\nwarmup = 2\n"
    )
    (tmp_path / "tiny.toml").write_text(text)

    def run(out, *more):
        words = ["train", "run", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / out), *more]
        monkeypatch.setattr("sys.argv", words)
        assert commands.main() == 0

    run("whole")
    assert weights(tmp_path / "whole")["images"] == 240
    half = loop.Run(load(tmp_path / "tiny.toml"), None, torch.device("cpu"))
    for _ in range(14):
        half.step()
    half.save(tmp_path / "broken", shards=False)
    run("rest", "--resume", str(tmp_path / "broken"))
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "rest"))


def test_of_two_who_draw_one_folder_the_second_waits_and_draws_nothing(
    tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "set"
    first = test_store.start(folder)
    monkeypatch.setattr(workers, "submit", None)
    monkeypatch.setattr(store, "our_renderer", pretended.renderer)
    size, count, held = test_store.SIZE, test_store.COUNT, test_store.HELD
    order = f"train data landscapes --size {size} --count {count} --held-out {held} --out {folder}"
    monkeypatch.setattr("sys.argv", order.split())
    assert commands.main() == 0
    assert first.wait(10) == 0
    said = capsys.readouterr()
    assert f"{count} pictures of side {size}" in said.out
    assert f"{folder} is being written by another process" in said.err
    assert len(store.open_store(folder).images) == count


DAMAGED = {
    "nothing": {"format": 1},
    "no renderer": {"renderer": ...},
    "a side in words": {"size": "16"},
    "less than none": {"count": -1},
    "labels in a list": {"labels": ["lake"]},
    "a label twice": {"labels": {"scene": ["lake", "lake"]}},
}


@pytest.mark.parametrize("said", DAMAGED.values(), ids=DAMAGED)
def test_a_set_whose_words_are_damaged_is_neither_read_nor_gone_on_with(tmp_path, folder, said):
    about = json.loads((folder / "about.json").read_text()) if "format" not in said else {}
    about = {name: value for name, value in (about | said).items() if value is not ...}
    (tmp_path / "about.json").write_text(json.dumps(about))
    for use in (
        lambda: load_landscapes(DataConfig(str(tmp_path), size=SIZE)),
        lambda: render(tmp_path, SIZE, COUNT, 1),
    ):
        with pytest.raises(DataError, match=r"about\.json is damaged: '\w+.*force"):
            use()


def test_pictures_that_are_damaged_are_named(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "set")
    with open(tmp_path / "set" / "images.npy", "r+b") as file:
        file.write(b"nothing")
    with pytest.raises(DataError, match=r"set is damaged: .*force"):
        load_landscapes(DataConfig(str(tmp_path / "set"), size=SIZE))
