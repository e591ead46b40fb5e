"""Requests that the page never makes: what nobody needs is shut, what cannot be read is told."""

import httpx
import pytest

from tests.ui.web.test_doors import Visitor
from ui.web.guard import MISREAD
from ui.web.readers import UNKNOWN

SHUT = [
    "component_server",
    "deep_link?session_hash=visitor",
    "process_recording",
    "vibe-edit",
    "vibe-code",
    "stream/one",
    "proxy=http://example.org/",
    "file=https://example.org/a.png",  # which the server would fetch for whoever asks
    "file/http://example.org/a.png",
    "run-history/records",
    "api/predict",
    "queues",
    "../monitoring",
    "../monitoring/summary",
]
BODIES = [
    "{not json",
    "null",
    "[]",
    '"x"',
    "{}",
    '{"data": null}',
    '{"data": [], "fn_index": 9999, "session_hash": "s"}',
    '{"data": [], "fn_index": "x", "session_hash": "s"}',
    '{"data": [], "fn_index": 0, "session_hash": 5}',
    '{"data": [], "fn_index": 0, "session_hash": "s", "trigger_id": "x"}',
    '{"nothing": 1}',
]


@pytest.fixture
def web(url):
    with httpx.Client(base_url=f"{url}gradio_api/", timeout=60) as client:
        yield client


@pytest.mark.parametrize("path", SHUT)
def test_what_nobody_needs_is_shut(web, path):
    for answer in (web.get(path), web.post(path, files={"video": ("a.mp4", b"x" * 1000)})):
        assert (answer.status_code, answer.text) == (404, "There is nothing here.")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    "path",
    ["run/predict", "run/x", "queue/join", "call/x", "call/v2/paint", "call/v2/x", "cancel"],
)
def test_a_request_that_cannot_be_read_is_told_in_a_sentence(web, capfd, path, body):
    """And the connection goes on: a second request by it is answered, too."""
    for _ in range(2):
        answer = web.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 404) and "Internal" not in answer.text
        assert answer.text == MISREAD or answer.json()["detail"].endswith(".")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("files", [{"files": ("", b"x")}, {"other": "x"}])
def test_an_upload_without_a_file_is_told_too(web, files):
    answer = web.post("upload", files=files) if "files" in files else web.post("upload", data=files)
    assert answer.status_code == 400 and "Internal" not in answer.text


def test_the_answers_of_a_call_that_is_not_known_are_told_not_to_be_there(web, capfd):
    for path in ("call/generate/none", "call/v2/generate/none"):
        answer = web.get(path)
        assert (answer.status_code, answer.text) == (404, UNKNOWN)
    told = web.get("queue/data", params={"session_hash": "none"})  # for the page, as a stream
    assert '"session_not_found":true' in told.text.replace(" ", "")
    assert "Traceback" not in capfd.readouterr().err


def test_a_call_is_answered_whenever_it_is_read(url):
    """Also where others have asked and were answered since."""
    first, second = Visitor(url), Visitor(url)
    data = [1, 0, "Any", "Any", "Any", "tiny"]
    asked = first.web.post("call/generate", json={"data": data}).json()
    for _ in range(3):
        second.call("generate", 1, 1, "Any", "Any", "Any", "tiny")
    answer = first.web.get(f"call/generate/{asked['event_id']}").text
    assert answer.startswith("event: ") and "event: complete" in answer
