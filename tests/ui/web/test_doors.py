"""Every door of the running page, tried with files that no visitor sent."""

import json
import os
import re
import shutil
import sys
from itertools import count
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio.utils import get_upload_folder
from PIL import Image

from ui.components.export.export import FILE_URL, folder
from ui.service.examples import example
from ui.service.pictures import NOT_HERE, data_url, open_picture

# Inputs that hold a word, a number or what the server itself keeps; a file may come by all others.
PLAIN = ["state", "number", "slider", "checkbox", "checkboxgroup", "radio", "dropdown", "textbox"]
SEND = {"tab": "Paint", "url": data_url(Image.new("RGB", (4, 4))), "seed": 0, "end": 0, "index": 0}
META = {"meta": {"_type": "gradio.FileData"}}
OWN = re.compile(r'/tmp\w+/|"at": \d+')  # what differs between two answers with a new picture
SHAPES = {
    "bare": lambda path: {"path": path},
    "mistyped": lambda path: {"path": path, "meta": {"_type": "gradio.Video"}},
    "typed": lambda path: {"path": path, **META},
    "streamed": lambda path: {"path": path, "is_stream": True, "url": f"file://{path}", **META},
    "by url": lambda path: {"path": f"file://{path}", "url": f"file://{path}"},
    "by address": lambda path: {key: FILE_URL + path for key in ("url", "file", "frame")},
    "in a list": lambda path: [{"url": FILE_URL + path, "path": path, "seed": 0}],
}
opened, watching, sessions = [], [], count()


def watch(event, args):
    """What this process opens while `watching`; a hook cannot be taken away again."""
    if watching and event == "open":
        opened.append(str(args[0]))


sys.addaudithook(watch)


class Visitor:
    """Talks to the page in plain HTTP, as anyone may."""

    def __init__(self, url):
        self.web = httpx.Client(base_url=f"{url}gradio_api/", timeout=60)
        config = httpx.get(f"{url}config", timeout=60).json()
        self.components = {one["id"]: one for one in config["components"]}
        self.endpoints = [one for one in config["dependencies"] if one["backend_fn"]]

    def doors(self, *kinds):
        """(endpoint, place) of every input that may hold a file, or of those of certain kinds."""
        for endpoint in self.endpoints:
            for place, one in enumerate(endpoint["inputs"]):
                kind = self.components[one]["type"]
                if kind in kinds or not (kinds or kind in PLAIN):
                    yield endpoint, place

    def ask(self, endpoint, place=None, value=None, **event):
        """What an endpoint answers to a value at a place and to an event: its error or its data."""
        inputs = [self.components[one] for one in endpoint["inputs"]]
        data = [one["props"].get("value") if one["type"] in PLAIN else None for one in inputs]
        if place is not None:
            data[place] = value
        body = {"fn_index": endpoint["id"], "data": data, "event_data": SEND | event}
        return said(self.output(endpoint, body))

    def output(self, endpoint, body):
        """The whole output of an endpoint."""
        session = f"visitor{next(sessions)}"
        body = body | {"session_hash": session}
        if not endpoint["queue"]:
            return self.web.post("run/predict", json=body).json()
        self.web.post("queue/join", json=body).raise_for_status()
        with self.web.stream("GET", "queue/data", params={"session_hash": session}) as lines:
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data: ") or "{}")
                if message.get("msg") == "process_completed":
                    return message["output"]

    def call(self, name, *data):
        """What /call/name answers, the way of the documentation."""
        asked = self.web.post(f"call/{name}", json={"data": data}).json()
        answer = self.web.get(f"call/{name}/{asked['event_id']}").text
        return said(json.loads(answer.rpartition("data: ")[2]))


def said(output):
    """The error in an answer, else its data as text, without the time that it took."""
    if isinstance(output, dict):
        output = output["error"] if "error" in output else output["data"]
    return output if isinstance(output, str) else re.sub(r"[\d.]+ m?s\b", "", json.dumps(output))


def name(endpoint, place=""):
    return f"{endpoint['api_name']} {place}"


@pytest.fixture(scope="module")
def visitor(url):
    return Visitor(url)


@pytest.fixture
def files(tmp_path):
    """Paths by what lies there: none may be opened, though the last five lead by the uploads."""
    example("Beach").save(tmp_path / "secret.png")
    inside = folder()
    for fifo in (tmp_path / "fifo", inside / "fifo"):
        os.mkfifo(fifo)
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    around = os.path.relpath(tmp_path / "secret.png", inside)
    yield {
        "secret": str(tmp_path / "secret.png"),
        "missing": str(tmp_path / "missing.png"),
        "fifo": str(tmp_path / "fifo"),
        "folder": str(tmp_path),
        "device": "/dev/zero",
        "null": "secret\0.png",
        "around": f"{inside}/{around}",
        "link": str(inside / "link.png"),
        "fifo inside": str(inside / "fifo"),
        "folder inside": str(inside),
        "missing inside": str(inside / "missing.png"),
    }
    for fifo in (tmp_path / "fifo", inside / "fifo"):  # a server that waits at one goes on
        os.close(os.open(fifo, os.O_RDWR | os.O_NONBLOCK))
    shutil.rmtree(inside)


@pytest.fixture
def unopened(files):
    """Asserts that the server opened none of the files since."""
    forbidden = {os.path.realpath(path) for path in files.values() if "\0" not in path}
    opened.clear()
    watching.append(True)

    def check(door):
        assert not forbidden & {os.path.realpath(path) for path in opened}, door

    yield check
    watching.clear()


KINDS = ["secret", "missing", "fifo", "folder", "device", "null", "around", "link"]
TAKERS = {
    "stroke",
    "paint",
    "lights",
    "day",
    "guess",
    "panorama",
    "inpaint",
    "outpaint",
    "colorize",
    "super_resolve",
    "enlarge",
    "denoise",
    "export",
}
INSIDE = ["fifo inside", "folder inside", "missing inside"]


@pytest.mark.parametrize("kind", [*KINDS, *INSIDE])
def test_no_picture_input_opens_what_no_visitor_sent(visitor, files, unopened, kind):
    doors = list(visitor.doors("image"))
    assert {endpoint["api_name"] for endpoint, _ in doors} >= TAKERS
    for endpoint, place in doors:
        answer = visitor.ask(endpoint, place, {"path": files[kind]})
        assert answer == NOT_HERE, name(endpoint, place)
        unopened(name(endpoint, place))


@pytest.mark.parametrize("kind", [*KINDS, *INSIDE])
def test_no_address_opens_what_no_visitor_sent(visitor, files, unopened, kind):
    """By the results of the page, its variations, what is sent on, and what is saved."""
    address = FILE_URL + files[kind]
    ends = {one["api_name"]: one for one in visitor.endpoints}
    assert visitor.ask(ends["again"], 0, {"file": address}) == NOT_HERE
    assert visitor.ask(ends["take"], 0, [{"url": address, "seed": 0}]) == NOT_HERE
    assert visitor.ask(ends["send"], url=address) == NOT_HERE
    assert visitor.ask(ends["save"], url=address, kind="png1") == NOT_HERE
    unopened(kind)


def test_no_component_has_a_function_that_goes_round_the_queue(visitor):
    assert not any(one["props"].get("server_fns") for one in visitor.components.values())
    ask = {"component_id": 1, "fn_name": "x", "session_hash": "visitor", "data": None}
    assert visitor.web.post("component_server", json=ask).status_code == 404


@pytest.mark.parametrize("kind", ["secret", "missing", "fifo", "link", "fifo inside"])
def test_the_documented_way_opens_nothing_either(visitor, files, unopened, kind):
    bare = {"path": files[kind]}
    assert visitor.call("export", bare, "png1") == NOT_HERE
    assert visitor.call("inpaint", None, bare, 1, 0, "Any", "Any", "Any", None, 1) == NOT_HERE
    unopened(kind)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_of_a_payload_opens_a_file_or_tells_that_it_is_there(
    visitor, files, unopened, shape
):
    doors = list(visitor.doors())
    assert {"uploadbutton", "html", "image"} <= {
        visitor.components[endpoint["inputs"][place]]["type"] for endpoint, place in doors
    }
    for endpoint, place in doors:
        there, gone = (
            OWN.sub("", visitor.ask(endpoint, place, SHAPES[shape](files[kind])))
            for kind in ("secret", "missing")
        )
        assert there == gone and "secret" not in str(there), name(endpoint, place)
        unopened(name(endpoint, place))


@pytest.mark.parametrize("tab", ["Paint", "Interpolate", None])
def test_no_event_has_a_file_copied_to_where_it_can_be_fetched(visitor, files, tab):
    hostile = SHAPES["typed"](files["secret"])
    selects = [one for one in visitor.endpoints if "select" in dict(one["targets"]).values()]
    assert len(selects) > 2
    for endpoint in selects:
        answer = visitor.ask(endpoint, tab=tab or hostile, seed=hostile, index=0)
        assert not re.search(r"file=\S*/secret\.png", answer), name(endpoint)


@pytest.mark.parametrize("kind", ["link", "fifo inside"])
def test_what_takes_a_files_place_after_the_check_is_refused_too(files, monkeypatch, kind):
    monkeypatch.setattr(os.path, "realpath", lambda path, **_: os.path.abspath(path))
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    with pytest.raises(gr.Error) as error:
        open_picture(files[kind])
    assert error.value.message == NOT_HERE


def test_what_a_visitor_sent_is_opened_whatever_its_payload(visitor):
    here = folder() / "mine.png"
    picture = example("Beach")
    picture.save(here)
    for payload in ({"path": str(here)}, {"path": str(here), **META}):
        ends = {one["api_name"]: one for one in visitor.endpoints}
        answer = json.loads(visitor.ask(ends["export"], 0, payload))
        made = Image.open(answer[0]["path"])
        assert made.tobytes() == picture.tobytes()
        assert made.filename.startswith(os.path.realpath(get_upload_folder()))


def test_an_upload_is_turned_upright():
    picture, exif = Image.new("RGB", (30, 20)), Image.Exif()
    exif[274] = 6  # lies on its side
    file = folder() / "phone.jpg"
    picture.save(file, exif=exif)
    assert open_picture(file).size == (20, 30)
