"""What comes back has what went in: size, mode, colour profile, what else the file held."""

import re
import time

import gradio as gr
import numpy as np
import pytest
import torch
from gradio_client import handle_file
from PIL import Image, ImageCms

from tests.ui.conftest import SIZE
from ui.components.export.export import FILE_URL, reference, stored, written
from ui.components.result.result import Result
from ui.page import build_page
from ui.service.engine import Engine, Readout, spoken
from ui.service.examples import example
from ui.service.pictures import data_url, from_data_url
from ui.service.progress import EditProgress, last
from ui.service.settings import EditSettings

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MODES = {"RGB": example("Coast"), "L": example("Coast").convert("L")}


@pytest.fixture(params=MODES)
def photo(request, tmp_path):
    """A picture of no model's size, with a profile, its camera's name and a resolution."""
    picture, exif = MODES[request.param].resize((90, 60)), Image.Exif()
    exif[0x0110] = "Camera"
    picture.save(tmp_path / "photo.png", icc_profile=PROFILE, exif=exif, dpi=(300, 300))
    return picture, handle_file(tmp_path / "photo.png")


def test_every_task_gives_back_the_pictures_own_size_and_what_its_file_held(
    client, photo, tmp_path
):
    picture, file = photo
    mask = Image.new("L", picture.size)  # of 0 and 1, as labelling tools save it
    mask.paste(1, (20, 10, 50, 40))
    mask.save(tmp_path / "mask.png")
    calls = {
        "stroke": {},
        "inpaint": {"mask": handle_file(tmp_path / "mask.png"), "steps": 1},
        "colorize": {"steps": 1},
        "denoise": {"sigma": 0.2},
    }
    for name, more in calls.items():
        answer = client.predict(file, **more, api_name=f"/{name}")
        made = Image.open(answer[0] if name == "denoise" else answer)
        assert made.size == picture.size, name
        assert made.info["icc_profile"] == PROFILE, name
        assert made.getexif()[0x0110] == "Camera", name
        assert made.info["dpi"] == pytest.approx((300, 300), abs=0.1), name
        if name in ("inpaint", "denoise"):
            assert made.mode == picture.mode, name
        if name == "inpaint":
            outside = np.asarray(mask) == 0
            assert np.array_equal(np.asarray(made)[outside], np.asarray(picture)[outside])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("name", ["enlarge", "super_resolve"])
def test_an_enlarged_picture_keeps_what_its_file_held(engine, detailer, name, mode):
    """Its shape, its mode, its transparency, and the rest."""
    picture, exif = example("Coast").resize((15, 10)).convert(mode), Image.Exif()
    exif[0x0110] = "Camera"
    if "A" in mode:
        picture.paste(0, (0, 0, 5, 10))
    picture.info |= {"icc_profile": PROFILE, "exif": exif.tobytes(), "dpi": (300, 300)}
    page = build_page(Engine("finished", engine.model, detailer=detailer))
    [call] = [one.fn for one in page.fns.values() if one.api_name == name]
    given = [4, 0, False] if name == "enlarge" else [2, 1, 0, *["Any"] * 3, "finished", 1]
    made = Image.open(call(picture, *given))
    assert made.size == ((60, 40) if name == "enlarge" else (32, 22))
    assert made.mode == mode and made.info["icc_profile"] == PROFILE
    assert made.getexif()[0x0110] == "Camera"
    assert made.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    if "A" in mode:
        alpha = np.asarray(made.getchannel("A"))
        assert alpha[:, : made.width // 4].max() == 0 and alpha[:, made.width // 2 :].min() == 255


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_picture_goes_to_the_browser_and_back_as_it_is(mode):
    picture = example("Coast").resize((30, 20)).convert(mode)
    picture.info["icc_profile"] = PROFILE
    shown = Result("r").postprocess(picture)["url"]
    for back in (reference(data_url(picture)), reference(stored(picture)), reference(shown)):
        assert (back.mode, back.tobytes()) == (mode, picture.tobytes())
        assert back.info["icc_profile"] == PROFILE


def test_an_export_keeps_the_profile_at_every_size():
    picture = example("Coast").resize((30, 20))
    picture.info["icc_profile"] = PROFILE
    for kind in ("png1", "png4"):
        assert Image.open(written(picture, kind)).info["icc_profile"] == PROFILE


def test_a_painting_larger_than_the_model_finishes_keeps_its_size(tasks):
    painting = example("Beach").resize((3 * SIZE, 2 * SIZE))
    assert last(tasks.stroke(painting)).picture.size == painting.size
    lights = dict(tasks.lights(painting))
    assert {one.picture.size for one in lights.values()} == {painting.size}


def test_the_readout_tells_what_somebody_waited_and_the_networks_share_of_it():
    readout = Readout(8, 240, "CPU, 1 thread", begun=time.perf_counter() - 3)
    told = re.fullmatch(r"8 evaluations · (3\.\d) s, network 240 ms · CPU, 1 thread", str(readout))
    assert told
    assert [spoken(ms) for ms in (61.4, 999, 1540)] == ["61 ms", "999 ms", "1.5 s"]


def test_the_wait_counts_from_the_start_of_an_edit(tasks):
    edit = tasks.generate(EditSettings(2))
    next(edit)
    time.sleep(1)
    second = last(edit).readout
    assert time.perf_counter() - second.begun >= 1 > second.milliseconds / 1000


def test_a_large_result_lies_in_a_file_and_a_foreign_file_is_refused(tmp_path):
    picture = Image.effect_noise((1500, 40), 90).convert("RGB")
    sent = Result("r").postprocess(picture)
    assert from_data_url(sent["url"]).width == 1024
    assert reference(sent["file"]).tobytes() == picture.tobytes()
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    with pytest.raises(gr.Error, match="not one of the page's own"):
        reference(FILE_URL + str(tmp_path / "secret.png"))


def test_what_the_browser_may_not_send_back_lies_in_a_file():
    """Pictures too heavy for a data URL, grown ones above what may be uploaded; a step of such a
    picture is a view only, and says so."""
    pixels = torch.randint(0, 256, (700, 700, 3), dtype=torch.uint8)
    heavy = Image.fromarray(pixels.numpy())
    sent = Result("r").postprocess(heavy)
    assert sent["url"].startswith("data:image/png") and not sent["reduced"]
    assert reference(sent["file"]).tobytes() == heavy.tobytes()
    step = Result("r").postprocess(EditProgress(heavy, None, done=False))
    assert step["reduced"] and step["file"] is None
    light = Result("r").postprocess(EditProgress(Image.new("RGB", (64, 64)), None, done=False))
    assert not light["reduced"] and light["file"] is None
    grown = Image.new("RGB", (5000, 3000), "white")
    assert reference(Result("r").postprocess(grown)["file"]).size == grown.size
