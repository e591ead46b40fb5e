import http.server
import os
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from cm_core import load_model
from cm_core.checkpoints import download, registry
from cm_core.checkpoints.checkpoint import save_checkpoint
from cm_core.errors import CheckpointError
from tests.cm_core.checkpoints.twins import IMAGENET, openai_state, pipeline, twin
from tests.cm_core.test_model import tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty hub cache, and no network."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs")
    pipeline(twin(IMAGENET), num_train_timesteps=40).save_pretrained(folder)
    return folder


def put(cache, repo, folder, commit=COMMIT):
    """Lay a folder into the cache as huggingface_hub does; returns its snapshot."""
    home = cache / f"models--{repo.replace('/', '--')}"
    for path in folder.rglob("*.*"):
        name = path.relative_to(folder)
        blob = home / "blobs" / str(name).replace("/", "-")
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(path.read_bytes())
        link = home / "snapshots" / commit / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (home / "refs").mkdir(exist_ok=True)
    (home / "refs" / "main").write_text(commit)
    return home / "snapshots" / commit


def test_a_cached_pipeline_opens_offline(cache, theirs):
    put(cache, "some/diffusers-net", theirs)
    assert download.cached("some/diffusers-net") and not download.cached("some/other")
    model = load_model("some/diffusers-net", "cpu")
    assert model.config.name == "diffusers-net" and model.config.labels.count == 10
    wanted = load_model(theirs, "cpu").state_dict()
    assert all(torch.equal(model.state_dict()[k], v) for k, v in wanted.items())


def test_revisions_are_told_apart(cache, theirs):
    put(cache, "some/net", theirs)
    assert download.cached("some/net", COMMIT) and not download.cached("some/net", "f" * 40)
    load_model(f"some/net@{COMMIT}", "cpu")
    with pytest.raises(CheckpointError, match=r"some/net@f+ is neither .* HF_HUB_OFFLINE"):
        load_model(f"some/net@{'f' * 40}", "cpu")


def test_our_own_folder_and_a_bare_unet_open_from_the_hub(cache, theirs, tmp_path):
    save_checkpoint(tiny(), tmp_path / "own", card="# a card")
    put(cache, "me/tiny", tmp_path / "own")
    put(cache, "me/bare", theirs / "unet")
    assert load_model("me/tiny", "cpu").config == tiny().config
    assert load_model("me/bare", "cpu").config.unet.num_classes == 10


def test_a_published_model_opens_by_its_name(cache, theirs):
    entry = registry.PUBLIC["cd_imagenet64_l2"]
    assert not entry.on_disk
    put(cache, entry.repo, theirs, entry.revision)
    assert entry.on_disk
    model = load_model("cd_imagenet64_l2", "cpu")
    assert model.config.name == "cd_imagenet64_l2"
    assert model.config.sigmas == entry.sigmas


def test_a_damaged_file_leaves_the_cache(cache, theirs):
    snapshot = put(cache, "some/net", theirs)
    weights = snapshot / "unet" / "diffusion_pytorch_model.safetensors"
    blob = weights.resolve()
    blob.write_bytes(blob.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="came damaged"):
        load_model("some/net", "cpu")
    assert not blob.exists() and not download.cached("some/net")
    assert (snapshot / "unet" / "config.json").exists()


def test_a_half_downloaded_model_is_named(cache, theirs):
    snapshot = put(cache, "some/net", theirs)
    (snapshot / "unet" / "diffusion_pytorch_model.safetensors").resolve().unlink()
    with pytest.raises(CheckpointError, match="some/net is neither a folder nor whole"):
        load_model("some/net", "cpu")


def test_the_environment_is_honoured_and_the_library_imported_late(cache, theirs, monkeypatch):
    put(cache, "some/net", theirs)
    for name in [n for n in sys.modules if n.split(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    load_model(theirs, "cpu")
    assert "huggingface_hub" not in sys.modules
    assert load_model("some/net", "cpu").config.name == "net"
    with pytest.raises(CheckpointError, match=r"openai/diffusers-cd_cat256_l2@fe57a18.*OFFLINE"):
        load_model("cd_cat256_l2", "cpu")


def test_what_looks_like_a_name_of_the_hub():
    for name in ("org/name", "openai/diffusers-cd_cat256_l2", "a/b@main", "a/b.c@refs/pr/1"):
        assert download.is_hub_name(name)
    for name in ("name", "/a/b", "./a", "a/b/c", "a/", "../a", "a b/c", "a/b@"):
        assert not download.is_hub_name(name)


class Server(http.server.BaseHTTPRequestHandler):
    """As much of the hub as a download needs; files are below `folder`."""

    folder = Path()
    cut = False
    log: list = []  # noqa: RUF012 - reset by the fixture

    def answer(self, body):
        org, name, _, revision, *path = self.path.lstrip("/").split("/")
        file = self.folder / "/".join(path)
        code = None
        if (org, name) != ("some", "net"):
            code = "RepoNotFound"
        elif revision not in ("main", COMMIT):
            code = "RevisionNotFound"
        elif not file.is_file():
            code = "EntryNotFound"
        data = b"" if code else file.read_bytes()
        self.send_response(404 if code else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("ETag", f'"{"-".join(path)}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.log.append("/".join(path))
            short = self.cut and path[-1].endswith(".safetensors")
            self.wfile.write(data[: len(data) // 2] if short else data)
            self.close_connection = True

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(cache, theirs, monkeypatch):
    """A hub on this machine with one model, some/net."""
    monkeypatch.setattr(Server, "folder", theirs)
    monkeypatch.setattr(Server, "log", [])
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listening.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between the library's retries
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    yield Server
    listening.shutdown()
    listening.server_close()


def test_a_download_fetches_one_model_once(server, cache, theirs):
    (theirs / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"not asked for")
    model = load_model("some/net", "cpu")
    assert model.config.unet.num_classes == 10
    wanted = ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"]
    assert server.log == [*wanted, "unet/diffusion_pytorch_model.safetensors"]
    load_model("some/net", "cpu")
    assert len(server.log) == 4 and download.cached("some/net", COMMIT)


def test_a_broken_download_leaves_nothing_of_its_own_and_all_of_others(server, cache, monkeypatch):
    monkeypatch.setattr(server, "cut", True)
    theirs = cache / "models--some--net" / "blobs" / "weights.1f3a.incomplete"
    begin = server.do_GET

    def meanwhile(self):
        """Another process begins its own download of the same model."""
        theirs.parent.mkdir(parents=True, exist_ok=True)
        theirs.write_bytes(b"half")
        begin(self)

    monkeypatch.setattr(server, "do_GET", meanwhile)
    with pytest.raises(CheckpointError, match="some/net could not be fetched"):
        load_model("some/net", "cpu")
    assert theirs.read_bytes() == b"half"
    theirs.unlink()
    kept = {p.name for p in (cache / "models--some--net" / "blobs").iterdir()}
    assert not any("incomplete" in name or "safetensors" in name for name in kept)
    monkeypatch.setattr(server, "cut", False)
    load_model("some/net", "cpu")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("some/nothing", "some/nothing is neither a folder here nor a public model"),
        ("some/net@v2", "some/net has no revision 'v2'"),
    ],
)
def test_unknown_names_on_the_hub(server, source, message):
    with pytest.raises(CheckpointError, match=message):
        load_model(source, "cpu")


def test_a_repository_of_something_else_is_refused_before_its_weights(
    server, tmp_path, monkeypatch
):
    monkeypatch.setattr(server, "folder", tmp_path / "files")
    (tmp_path / "files").mkdir()
    with pytest.raises(CheckpointError, match="holds no model that opens here"):
        load_model("some/net", "cpu")
    (tmp_path / "files" / "config.json").write_text('{"_class_name": "BertModel"}')
    (tmp_path / "files" / "model.safetensors").write_bytes(b"0" * 100)
    with pytest.raises(CheckpointError, match="BertModel"):
        load_model("some/net", "cpu")
    assert server.log == ["config.json"]


def test_no_network_and_a_full_disk_are_told(server, monkeypatch):
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}")
    with pytest.raises(CheckpointError, match="hub cannot be reached: check the network"):
        load_model("some/net", "cpu")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", full)
    with pytest.raises(CheckpointError, match=r"The disk of .* is full: make room"):
        load_model("some/net", "cpu")


def test_a_teacher_is_fetched_by_its_address(server, theirs, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    entry = registry.PUBLIC["edm_imagenet64"]
    port = constants.ENDPOINT
    monkeypatch.setattr(
        registry.Public,
        "url",
        property(lambda self: f"{port}/some/net/resolve/main/{self.name}_ema.pt"),
    )
    with pytest.raises(CheckpointError, match=r"edm_imagenet64_ema.pt could not be fetched"):
        load_model("edm_imagenet64", "cpu")
    assert not list(tmp_path.rglob("*.pt*")) and not entry.on_disk
    (theirs / "edm_imagenet64_ema.pt").write_bytes(b"cut")
    with pytest.raises(CheckpointError, match="came damaged and was removed"):
        load_model("edm_imagenet64", "cpu")
    assert not entry.on_disk
    torch.save(openai_state(twin(IMAGENET)), theirs / "edm_imagenet64_ema.pt")
    teacher = load_model("edm_imagenet64", "cpu")
    assert teacher.kind == "denoiser" and entry.on_disk
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    download.url_path(entry.url).unlink()
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE"):
        load_model("edm_imagenet64", "cpu")
