"""Sets of landscapes on disk, drawn by a renderer that makes noise."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cm_core.errors import DataError
from tests.train.landscapes import pretended
from train.landscapes import part, store, workers
from train.landscapes.part import CHUNK
from train.snapshot import LOCK

SIZE, COUNT, HELD = 8, 3 * CHUNK + 40, CHUNK + 3
ROOT = Path(__file__).parents[3]


def build(folder, count=COUNT, jobs=1, held_out=HELD, draw=pretended.render, **settings):
    settings = {"size": SIZE, "renderer": pretended.renderer(draw)} | settings
    return store.build(folder, count=count, jobs=jobs, held_out=held_out, **settings)


def contents(folder):
    """A set's files; a process that was ended leaves an empty lock beside them."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LOCK}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A set drawn by one worker in one go."""
    folder = tmp_path_factory.mktemp("sets") / "whole"
    build(folder)
    return folder


def start(folder):
    """A slow build in a process group of its own, once its first chunks are on disk."""
    code = (
        # Whoever is started in the background would ignore Ctrl+C.
        "import signal as s; s.signal(s.SIGINT, s.default_int_handler);"
        "import sys; from tests.train.landscapes import pretended as p; import train.__main__ as m;"
        "from train.landscapes import store; store.our_renderer = lambda: p.renderer(p.slow);"
        f"sys.argv = 'train data landscapes --size {SIZE} --count {COUNT} --held-out {HELD} "
        f"--jobs 2 --out {folder}'.split(); sys.exit(m.main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE
    )
    done = folder / "done.npy"
    until(lambda: process.poll() is not None or (done.exists() and np.load(done).any()))
    assert process.poll() is None, process.stderr.read().decode()
    return process


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def gone(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_every_picture_and_label_is_that_of_its_seed(whole):
    made = store.open_store(whole)
    assert made.axes == {"scene": pretended.SCENES, "light": pretended.LIGHTS}
    held_out = range(store.HELD_OUT, store.HELD_OUT + HELD)
    for seeds, images, labels in (
        (range(COUNT), made.images, made.labels),
        (held_out, made.held_out_images, made.held_out_labels),
    ):
        assert isinstance(images, np.memmap) and len(images) == len(labels) == len(seeds)
        for seed, image, label in zip(seeds, images, labels, strict=True):
            assert np.array_equal(image, pretended.render(seed, SIZE).picture)
            assert label.tolist() == [seed % 3, seed % 2]


@pytest.mark.parametrize("jobs", [2, 3])
def test_a_set_is_the_same_to_the_byte_however_many_draw_it(whole, tmp_path, jobs):
    build(tmp_path / "set", jobs=jobs)
    assert contents(tmp_path / "set") == contents(whole)


def test_a_killed_build_goes_on_to_the_same_bytes(whole, tmp_path):
    folder = tmp_path / "set"
    process = start(folder)
    process.kill()
    process.wait()
    done = np.load(folder / "done.npy")
    assert 0 < done.sum() < COUNT
    until(lambda: gone(process.pid), 10)  # workers do not outlive it
    with pytest.raises(DataError, match=rf"{COUNT + HELD - done.sum()} pictures are missing: go"):
        store.open_store(folder)
    # What was being written when it ended may hold anything.
    images = np.load(folder / "images.npy", mmap_mode="r+")
    images[np.flatnonzero(done.repeat(CHUNK)[:COUNT] == 0)] = 7
    images.flush()
    build(folder)
    assert contents(folder) == contents(whole)


def test_ctrl_c_ends_a_build_at_once_without_a_word_from_its_workers(whole, tmp_path):
    folder = tmp_path / "set"
    process = start(folder)
    pressed = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate(timeout=20)[1].decode()
    assert process.returncode == 130 and time.monotonic() - pressed < 10
    assert "unfinished: the same command goes on" in told and "Traceback" not in told
    until(lambda: gone(process.pid), 10)
    assert 0 < np.load(folder / "done.npy").sum() < COUNT
    build(folder)
    assert contents(folder) == contents(whole)


def test_a_set_grows_without_drawing_anything_again(whole, tmp_path, monkeypatch):
    folder = tmp_path / "set"
    build(folder, count=CHUNK + 30, held_out=5)
    asked = []

    def noting(pool, task, renderer, part, span):
        asked.extend(part.first + i for i in span)
        return submit(pool, task, renderer, part, span)

    submit = workers.submit
    monkeypatch.setattr(workers, "submit", noting)
    build(folder)
    held_out = range(store.HELD_OUT + 5, store.HELD_OUT + HELD)
    assert sorted(asked) == [*range(CHUNK + 30, COUNT), *held_out]
    assert contents(folder) == contents(whole)
    asked.clear()
    about = build(folder, count=10, held_out=0)  # fewer: what is there stays
    assert (about["count"], about["held_out"]) == (COUNT, HELD) and not asked
    assert contents(folder) == contents(whole)


def test_an_unfinished_set_may_be_made_do_with(tmp_path):
    folder = tmp_path / "set"
    with pytest.raises(DataError, match="A worker process died"):
        build(folder, count=10 * CHUNK, draw=pretended.deadly, held_out=0)
    assert np.load(folder / "done.npy").tolist() == [CHUNK, CHUNK] + [0] * 8
    about = build(folder, count=CHUNK + 1, draw=pretended.deadly, held_out=0)
    assert about["count"] == 2 * CHUNK
    build(tmp_path / "whole", count=2 * CHUNK, held_out=0)
    assert contents(folder) == contents(tmp_path / "whole")


def test_files_that_were_lost_are_not_believed_to_be_there(whole, tmp_path):
    folder = tmp_path / "set"
    build(folder)
    os.truncate(folder / "images.npy", 1000)
    (folder / "held_out_labels.npy").unlink()
    with pytest.raises(DataError, match=f"{COUNT + HELD} pictures are missing"):
        store.open_store(folder)
    build(folder)
    assert contents(folder) == contents(whole)


def test_a_resize_that_was_broken_off_loses_and_invents_nothing(whole, tmp_path, monkeypatch):
    """Cut short after `done`, before the pictures: what is believed done is still there."""
    folder = tmp_path / "set"
    build(folder)

    def ended(*_):
        raise KeyboardInterrupt

    for count in (COUNT + 500, COUNT):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(part, "set_shape", ended)
            build(folder, count=count)
    build(folder)
    assert contents(folder) == contents(whole)


def test_held_out_seeds_are_none_that_training_may_use(tmp_path):
    with pytest.raises(DataError, match="held-out ones above"):
        build(tmp_path / "set", count=11, first=store.HELD_OUT - 10)
    build(tmp_path / "set", count=10, first=store.HELD_OUT - 10, held_out=2)
    made = store.open_store(tmp_path / "set")
    last, first = (pretended.render(store.HELD_OUT + i, SIZE).picture for i in (-1, 0))
    assert np.array_equal(made.images[-1], last)
    assert np.array_equal(made.held_out_images[0], first)


def test_sets_of_another_kind_are_refused_and_replaced_by_force(tmp_path):
    folder = tmp_path / "set"
    build(folder, count=3, held_out=0)
    (folder / "notes.txt").write_text("mine")
    before = contents(folder)
    for settings, sentence in (
        ({"size": 4}, "holds pictures of side 8, not 4"),
        ({"first": 5}, "begins at seed 0, not 5"),
        (
            {"renderer": pretended.renderer(version="2")},
            "was drawn by another version of the renderer",
        ),
    ):
        with pytest.raises(DataError, match=rf"set {sentence}: choose another folder, or --force"):
            build(folder, count=3, **settings)
        assert contents(folder) == before
    build(folder, count=2, size=4, held_out=0, force=True)
    assert store.open_store(folder).images.shape == (2, 4, 4, 3)
    assert (folder / "notes.txt").read_text() == "mine"
    about = json.loads((folder / "about.json").read_text())
    for text, sentence in (("{", "cannot be read"), (json.dumps(about | {"format": 0}), "format")):
        (folder / "about.json").write_text(text)
        with pytest.raises(DataError, match=sentence):
            build(folder, count=2)
    (folder / "about.json").unlink()
    with pytest.raises(DataError, match="pictures of another kind"):
        build(folder, count=2)
    with pytest.raises(DataError, match="holds no landscapes: build it"):
        store.open_store(folder)


def test_what_cannot_be_built_is_refused_in_a_sentence(tmp_path, monkeypatch):
    for settings in ({"count": 0}, {"size": 0}, {"jobs": 0}):
        with pytest.raises(DataError, match=f"{next(iter(settings))} has to be 1 or more, not 0"):
            build(tmp_path / "set", **settings)
    assert not (tmp_path / "set").exists()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="cannot be"):
        build(tmp_path / "file")
    with pytest.raises(DataError, match=r"cannot be written: "):
        build(Path("/proc/set"))
    with monkeypatch.context() as patch, pytest.raises(DataError, match=r"needs 0\.0 GB more"):
        patch.setattr(store.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        build(tmp_path / "set")

    # As on a full disk; pictures so large that no pipe would hold a chunk of them.
    with pytest.raises(DataError, match="cannot be written: File too large"):
        build(tmp_path / "set", size=64, jobs=2, draw=pretended.stinted)
    assert np.load(tmp_path / "set" / "done.npy").tolist()[1] == 0
