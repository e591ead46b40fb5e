"""Downloads of checkpoints, from the Hugging Face hub or of single files by URL.

huggingface_hub is imported when it is needed. It shows the progress bar and follows HF_HUB_OFFLINE
and HF_HUB_CACHE.
"""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from cm_core.checkpoints.checkpoint import read_config, read_json
from cm_core.checkpoints.read_diffusers import EXTRA, WEIGHTS, scheduler_settings, unet_from_config
from cm_core.errors import CheckpointError

COMMIT = re.compile(r"[0-9a-f]{40}")
NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@[\w./-]+)?")


def is_hub_name(source: str) -> bool:
    """Whether a source has the form "org/name" or "org/name@revision"."""
    return NAME.fullmatch(source) is not None


def fetch(repo: str, revision: str | None = None) -> Path:
    """The cached folder of a checkpoint; missing files are downloaded.

    Only the files of one model are fetched: ours, a pipeline's or a bare UNet2DModel's. Raises
    CheckpointError; a file is in the cache whole or not at all.
    """
    pinned = revision is not None and COMMIT.fullmatch(revision)
    if pinned and cached(repo, revision):  # what cannot change is not asked about
        return _collect(repo, revision, local=True)
    return _collect(repo, revision, local=False)


def cached(repo: str, revision: str | None = None) -> bool:
    """Whether `fetch` would need no network."""
    try:
        return _collect(repo, revision, local=True).is_dir()
    except CheckpointError:
        return False


def _collect(repo: str, revision: str | None, local: bool) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    weights = None
    missing: Exception | None = None

    def first(*names: str) -> Path | None:
        """The first of these files that exists."""
        nonlocal missing, local
        for name in names:
            try:
                return Path(hf_hub_download(repo, name, revision=revision, local_files_only=local))
            except EntryNotFoundError as error:
                missing = error
                # No network: what is in the cache must do, without waiting for each file in turn.
                local = local or isinstance(error, LocalEntryNotFoundError)
        return None

    try:
        index = first("model_index.json")
        part = "unet/" if index else ""
        config = first(f"{part}config.json")
        if config and _is_ours(config):
            weights = first("model.safetensors")
        elif config and (not index or first("scheduler/scheduler_config.json")):
            scheduler_settings(config.parent.parent if index else config.parent)
            first(EXTRA)
            weights = first(*(f"{part}{name}" for name in WEIGHTS))
    except CheckpointError:
        raise
    except Exception as error:  # requests', httpx's, the system's: no common base
        raise CheckpointError(_why(repo, revision, error)) from None
    start = index or config
    if not weights or not start:
        raise CheckpointError(_why(repo, revision, missing))
    return start.parent


def _is_ours(config: Path) -> bool:
    """Whether a config.json is ours. Raises CheckpointError for one that cannot be used."""
    values = read_json(config)
    if "_class_name" in values:
        unet_from_config(values, config)
        return False
    read_config(config.parent)
    return True


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _why(repo: str, revision: str | None, error: Exception | None) -> str:
    """One sentence for a failed download."""
    from huggingface_hub import constants, errors

    model = f"{repo}@{revision}" if revision else repo
    if any(isinstance(e, OSError) and e.errno == errno.ENOSPC for e in _causes(error)):
        return f"The disk of {constants.HF_HUB_CACHE} is full: make room and load {model} again."
    if isinstance(error, errors.GatedRepoError):
        return (
            f"{model} asks for consent on the hub: give it there and log in with 'hf auth login'."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{repo} is neither a folder here nor a public model of the hub: check the name."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{repo} has no revision '{revision}' on the hub: check it."
    if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        if constants.HF_HUB_OFFLINE:
            return f"{model} is neither a folder nor whole in the cache, and HF_HUB_OFFLINE is set."
        return (
            f"{model} is neither a folder nor whole in the cache, and the hub cannot be reached: "
            "check the network."
        )
    if isinstance(error, errors.EntryNotFoundError):
        return f"{model} holds no model that opens here: neither ours nor a diffusers UNet2DModel."
    return (
        f"{model} could not be fetched ({type(error).__name__}): check the network and try again."
    )


def discard(folder: Path) -> None:
    """Delete a model's weights from the cache, so that they are fetched anew."""
    for path in (*folder.rglob("*.safetensors"), *folder.rglob("*.bin")):
        path.resolve().unlink(missing_ok=True)  # the file that the link stands for
        path.unlink(missing_ok=True)


def url_path(url: str) -> Path:
    """The cached file of a URL, in torch's hub folder."""
    return Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]


def fetch_url(url: str) -> Path:
    """The file of a URL, downloaded whole or not at all. Raises CheckpointError."""
    path = url_path(url)
    if path.exists():
        return path
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise CheckpointError(f"{path} is not on this disk, and HF_HUB_OFFLINE is set.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CheckpointError(f"The disk of {path} is full: make room and try again.") from None
        raise CheckpointError(f"{url} could not be fetched: check the network.") from None
    return path
