import io
import re
import sys
import threading
import time
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cm_core.errors import ImageError, SettingError
from editing import output
from editing.output import animation, enlarge_picture, file_content, save, strip, to_svg


def flat(colour="red", side=32):
    """A disc on white."""
    picture = Image.new("RGB", (8 * side, 8 * side), "white")
    ImageDraw.Draw(picture).ellipse((side, side, 7 * side, 7 * side), fill=colour)
    return picture.resize((side, side), Image.Resampling.BOX)


def frames(count=5):
    return [Image.new("RGB", (6, 4), (40 * i, 255 - 40 * i, 7)) for i in range(count)]


@pytest.mark.parametrize("scale", [1, 4, 8])
def test_enlarging_keeps_flat_colour_and_nearest_keeps_pixels(scale):
    picture = flat()
    large = enlarge_picture(picture, scale)
    assert large.size == (32 * scale, 32 * scale)
    assert large.getpixel((16 * scale, 16 * scale)) == (255, 0, 0)
    square = np.array(enlarge_picture(picture, scale, smooth=False))
    assert (square[::scale, ::scale] == np.array(picture)).all()
    assert (square[scale - 1 :: scale, scale - 1 :: scale] == np.array(picture)).all()


def test_svg_holds_the_shapes_and_the_size():
    pytest.importorskip("vtracer")
    root = ElementTree.fromstring(to_svg(flat(), scale=2))
    assert root.attrib["width"] == root.attrib["height"] == "64"
    assert root.attrib["viewBox"] == "0 0 512 512"
    fills = {p.attrib["fill"].upper() for p in root.iter("{http://www.w3.org/2000/svg}path")}
    near = [f for f in fills if int(f[1:3], 16) > 240 and int(f[3:5], 16) < 16]
    assert near and len(fills) <= 16


def test_svg_paper_is_white():
    pytest.importorskip("vtracer")
    off = np.random.default_rng(0).integers(-6, 7, (32, 32, 3)) + np.array(flat()).astype(int)
    svg = to_svg(Image.fromarray(off.clip(0, 255).astype(np.uint8)))
    fills = [(int(c[:2], 16), int(c[2:4], 16)) for c in re.findall(r'fill="#(\w{6})"', svg)]
    assert (255, 255) in fills and not any(240 <= green < 255 for _, green in fills)


def test_a_large_picture_is_traced_small_and_shown_at_its_own_size():
    pytest.importorskip("vtracer")
    root = ElementTree.fromstring(to_svg(flat().resize((1024, 512))))
    assert (root.get("width"), root.get("height")) == ("1024", "512")
    assert root.get("viewBox") == "0 0 512 256"


def test_a_picture_that_takes_too_long_to_trace_is_refused_and_holds_nobody_up(monkeypatch):
    pytest.importorskip("vtracer")
    monkeypatch.setattr(output, "TRACE_SECONDS", 0.5)
    noise = Image.effect_noise((500, 500), 100).convert("RGB")
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.01):
            ticks.append(time.monotonic())

    beside = threading.Thread(target=tick)
    beside.start()
    with pytest.raises(ImageError, match="too fine detail"):
        to_svg(noise)
    done.set()
    beside.join()
    assert max(b - a for a, b in pairwise(ticks)) < 0.4


def test_svg_without_vtracer_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "vtracer", None)
    with pytest.raises(ImageError, match="pip install vtracer"):
        save(flat(), tmp_path / "out.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
def test_animations_hold_every_frame(kind):
    there = Image.open(io.BytesIO(animation(frames(), 2, kind=kind)))
    assert there.size == (12, 8) and there.n_frames == 5
    back = Image.open(io.BytesIO(animation(frames(), back=True, kind=kind)))
    assert back.n_frames == 8
    for at, frame in enumerate((*frames(), *frames()[-2:0:-1])):
        back.seek(at)
        off = np.array(back.convert("RGB")).astype(int) - np.array(frame)
        assert abs(off).max() <= (0 if kind == "WEBP" else 8)


def test_strip_holds_frames_in_rows():
    sheet = strip(frames(), columns=3)
    assert sheet.size == (18, 8) and sheet.getpixel((6, 4)) == frames()[4].getpixel((0, 0))
    assert strip(frames()).size == (30, 4)


def test_pictures_survive_the_file(tmp_path):
    picture = flat()
    for ending in (".png", ".webp", ".bmp"):
        save(picture, tmp_path / f"out{ending}")
        made = Image.open(tmp_path / f"out{ending}").convert("RGB")
        assert (np.array(made) == np.array(picture)).all()
        assert (tmp_path / f"out{ending}").read_bytes() == file_content(picture, ending)
    clear = Image.new("RGBA", (3, 3), (0, 0, 0, 0))
    save(clear, tmp_path / "clear.jpg")
    assert min(Image.open(tmp_path / "clear.jpg").getpixel((1, 1))) > 250
    assert len(list(tmp_path.iterdir())) == 4  # and no half of a file beside them


def test_bad_places_and_kinds_are_refused(tmp_path):
    for name in ("out", "out.exe", "gone/out.png"):
        with pytest.raises(ImageError):
            save(flat(), tmp_path / name)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match="could not be written"):
        save(flat(), tmp_path / "folder.png")
    for scale in (0, -1, 10**4):
        with pytest.raises(SettingError):
            save(flat(), tmp_path / "out.png", scale)
    with pytest.raises(SettingError):
        save([], tmp_path / "out.webp")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]
