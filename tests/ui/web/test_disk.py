"""What lies on the server's disk: bounded in sum and in age."""

import os

import gradio as gr
import httpx
import pytest
from PIL import Image

from ui.components.export.export import stored, written
from ui.components.thumbs import image_picker
from ui.service.pictures import MAX_UPLOAD_BYTES, TOO_LARGE
from ui.web import disk
from ui.web.disk import FULL, MOST_BYTES, OLDEST, SPARED, own_folder, sweep
from ui.web.guard import MAX_BODY_BYTES

NOW = 1_000_000_000.0


@pytest.fixture
def lay(tmp_path):
    """Lay down a file of a size and an age, in a folder of its own."""

    def write(name, size=1, age=0.0):
        path = tmp_path / name / "picture.png"
        path.parent.mkdir()
        with open(path, "wb") as file:
            file.truncate(size)
        for one in (path, path.parent):
            os.utime(one, (NOW - age, NOW - age))
        return path

    return write


def test_what_is_too_old_goes_and_then_its_folder(lay, tmp_path):
    old, young = lay("old", age=OLDEST + 1), lay("young")
    assert sweep(tmp_path, now=NOW)
    assert not old.exists() and young.exists()
    os.utime(old.parent, (NOW, NOW))
    sweep(tmp_path, now=NOW + SPARED + 1)
    assert not old.parent.exists() and young.exists()


def test_the_oldest_go_first_where_there_is_too_much(lay, tmp_path):
    third = MOST_BYTES // 3
    paths = [lay(f"{i}", third, age=SPARED + i) for i in range(1, 5)]
    assert sweep(tmp_path, now=NOW)
    assert [path.exists() for path in paths] == [True, True, True, False]
    assert sweep(tmp_path, room=third, now=NOW)
    assert [path.exists() for path in paths] == [True, True, False, False]


def test_what_somebody_may_work_with_stays_and_more_is_refused(lay, tmp_path):
    new = lay("new", MOST_BYTES, age=SPARED - 1)
    assert sweep(tmp_path, now=NOW) and not sweep(tmp_path, room=1, now=NOW)
    assert new.exists()


def test_a_link_is_removed_and_not_followed(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "kept").write_text("kept")
    (folder / "link").symlink_to(outside)
    os.utime(folder / "link", (0, 0), follow_symlinks=False)
    sweep(folder, now=NOW)
    assert (outside / "kept").exists() and not (folder / "link").is_symlink()


def test_a_folder_that_vanishes_stops_no_sweep(lay, tmp_path, monkeypatch):
    old, gone, scandir = lay("old", age=OLDEST + 1), lay("gone"), os.scandir

    def meanwhile(folder):
        if str(folder) == str(gone.parent):
            gone.unlink()
            gone.parent.rmdir()
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", meanwhile)
    assert sweep(tmp_path, now=NOW)
    assert not old.exists() and not gone.exists()


def test_an_upload_is_refused_where_there_is_no_room(url, monkeypatch):
    def send(**kwargs):
        return httpx.post(f"{url}gradio_api/upload", timeout=60, **kwargs)

    file = {"files": ("a.png", b"x" * 1000)}
    assert send(files=file).status_code == 200
    monkeypatch.setattr(disk, "MOST_BYTES", 100)
    answer = send(files=file)
    assert (answer.status_code, answer.text) == (507, FULL)
    answer = send(content=b"x" * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.text) == (413, TOO_LARGE)
    assert send(content=iter([b"x"])).status_code == 411


def test_the_largest_upload_is_the_same_for_server_browser_and_reader(url):
    page = f'const MAX_UPLOAD_BYTES = {MAX_UPLOAD_BYTES}, TOO_LARGE = "{TOO_LARGE}";\n'
    assert MAX_UPLOAD_BYTES == 20_000_000 and TOO_LARGE.startswith("At most 20 MB can be sent")
    assert image_picker.JS.startswith(page)
    answers = [
        httpx.post(f"{url}gradio_api/upload", timeout=60, files={"files": ("a.png", b"x" * size)})
        for size in (MAX_UPLOAD_BYTES, MAX_UPLOAD_BYTES + 1)
    ]
    assert [answer.status_code for answer in answers] == [200, 413]


@pytest.mark.parametrize("write", [stored, lambda picture: written(picture, "png8")])
def test_no_result_is_written_where_there_is_no_room(monkeypatch, write):
    assert "onestroke" in write(Image.new("RGB", (9, 9)))
    monkeypatch.setattr(disk, "MOST_BYTES", 10)
    with pytest.raises(gr.Error) as error:
        write(Image.new("RGB", (9, 9)))
    assert error.value.message == FULL


def test_files_lie_in_a_folder_of_this_program(url):
    assert own_folder().name != "gradio" or "GRADIO_TEMP_DIR" in os.environ
