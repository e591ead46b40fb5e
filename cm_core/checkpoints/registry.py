"""Checkpoints by name, and `load_model`, which opens any of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import torch

from cm_core.checkpoints import download
from cm_core.checkpoints.checkpoint import TrainedModel, load_checkpoint, read_config
from cm_core.checkpoints.graph import run_by_graph
from cm_core.checkpoints.read_diffusers import is_diffusers, load_diffusers
from cm_core.checkpoints.read_openai import load_openai
from cm_core.checkpoints.weights import DamagedError
from cm_core.detailer import Detailer
from cm_core.errors import CheckpointError
from cm_core.model import ConsistencyModel, Denoiser, Preconditioned
from cm_core.schedule import SIGMA_MAX, karras_sigmas

ASSETS = Path(__file__).resolve().parents[2] / "assets"
BUNDLED = {name: ASSETS / name for name in ("landscape64", "landscape64-teacher")}
DEFAULT = next(iter(BUNDLED))
DETAILERS = {"landscape-detail": ASSETS / "landscape-detail"}  # which draw nothing themselves
BUNDLED_LICENCE = "Apache 2.0"
MEGABYTE = 10**6
MANY = 50_000_000  # weights from which half precision is worth its rounding


@dataclass(frozen=True)
class Public:
    """A published checkpoint of Song et al. 2023; weights are fp32 files under the MIT licence."""

    name: str
    image_size: int
    scales: int | None  # N, the levels of the grid it was trained on
    middle: int | None  # index on that grid of the published second step, 0 being the noisiest
    revision: str | None  # on the hub; None: published as a .pt only

    @property
    def kind(self) -> str:
        return "denoiser" if self.name.startswith("edm_") else "consistency"

    @property
    def repo(self) -> str:
        return f"openai/diffusers-{self.name}"

    @property
    def url(self) -> str:
        suffix = "_ema" if self.kind == "denoiser" else ""
        return f"https://openaipublic.blob.core.windows.net/consistency/{self.name}{suffix}.pt"

    @property
    def title(self) -> str:
        """E.g. "ImageNet 64, distilled (LPIPS)"."""
        method, data, *metric = self.name.split("_")
        made = {"cd": "distilled", "ct": "trained alone", "edm": "diffusion teacher"}[method]
        return f"{TITLES[data]}, {made}" + (f" ({metric[0].upper()})" if metric else "")

    @property
    def megabytes(self) -> int:
        """Size of the download."""
        return round(WEIGHTS[self.image_size] * 4 / MEGABYTE)

    @property
    def sigmas(self) -> dict[int, tuple[float, ...]]:
        """Recommended noise levels by number of steps."""
        made: dict[int, tuple[float, ...]] = {1: (SIGMA_MAX,)} if self.kind == "consistency" else {}
        if self.scales and self.middle:
            made[2] = (SIGMA_MAX, float(karras_sigmas(self.scales)[self.middle]))
        return made

    @property
    def on_disk(self) -> bool:
        if self.revision is None:
            return download.url_path(self.url).exists()
        return download.cached(self.repo, self.revision)


TITLES = {"imagenet64": "ImageNet 64", "bedroom256": "LSUN bedroom 256", "cat256": "LSUN cat 256"}
WEIGHTS = {64: 295_899_267, 256: 526_304_771}  # numbers in a network, by its side
# fmt: off
ROWS = (
    # name                 side     N  middle  revision
    ("cd_imagenet64_l2",      64,   40,    22,  "5f462e4403fc37b72ec6004e806c71805db22387"),
    ("cd_imagenet64_lpips",   64,   40,    22,  "7a788ca5ebfbbfa12496b513f6ee2b574f3d1945"),
    ("ct_imagenet64",         64,  201,   106,  "49a22186f1e0d8de438dfe0bd52418db9689a608"),
    ("cd_bedroom256_l2",     256,   40,    18,  "08c193c7bdcc5606d22dfd96c01a7c76c866e9f2"),
    ("cd_bedroom256_lpips",  256,   40,    17,  "563e73f9d0efe4841b9e303f1761de90dfad2d77"),
    ("ct_bedroom256",        256,  151,    67,  "650828026737f94cf89ddcbe09e3f7f957083c73"),
    ("cd_cat256_l2",         256,   40,  None,  "fe57a1816a4d7e0cf9fee4cca809ea4ff16d6732"),
    ("cd_cat256_lpips",      256,   40,  None,  "2b474f9ca5d893faa471ec6b96b2d003d0ad436a"),
    ("ct_cat256",            256,  151,    62,  "8e1d210831f08b09e7af9a54ea6a9f0573117f7d"),
    ("edm_imagenet64",        64, None,  None,  None),
    ("edm_bedroom256",       256, None,  None,  None),
    ("edm_cat256",           256, None,  None,  None),
)
# fmt: on
PUBLIC = {row[0]: Public(*row) for row in ROWS}


@dataclass(frozen=True)
class MenuEntry:
    """A model in a menu, before it is loaded."""

    name: str
    title: str
    kind: str  # "consistency" or "denoiser"
    image_size: int
    megabytes: int
    licence: str
    on_disk: bool  # else `load_model` downloads it


def menu(kind: str | None = "consistency") -> list[MenuEntry]:
    """Models for a menu, the bundled ones first; none is downloaded or loaded."""
    entries = []
    for name, folder in BUNDLED.items():
        path = folder / "model.safetensors"
        if path.exists():
            made, config = read_config(folder)
            title = "Landscapes, diffusion teacher" if made == "denoiser" else "Landscapes"
            size = round(path.stat().st_size / MEGABYTE)
            entries.append(
                MenuEntry(name, title, made, config.image_size, size, BUNDLED_LICENCE, True)
            )
    entries += [
        MenuEntry(p.name, p.title, p.kind, p.image_size, p.megabytes, "MIT", p.on_disk)
        for p in PUBLIC.values()
    ]
    return [entry for entry in entries if kind in (None, entry.kind)]


def public(name: str) -> Public | None:
    """The published checkpoint with the name of a file, folder or repository, or None."""
    return PUBLIC.get(name.removeprefix("diffusers-").removesuffix(".pt").removesuffix("_ema"))


Drawing = Literal[
    "landscape64", "cd_imagenet64_l2", "cd_imagenet64_lpips", "ct_imagenet64", "cd_bedroom256_l2",
    "cd_bedroom256_lpips", "ct_bedroom256", "cd_cat256_l2", "cd_cat256_lpips", "ct_cat256",
]  # fmt: skip
Teaching = Literal["landscape64-teacher", "edm_imagenet64", "edm_bedroom256", "edm_cat256"]
Enlarging = Literal["landscape-detail"]
Device = str | torch.device | None


@overload
def load_model(
    source: Drawing, device: Device = None, image_size: int | None = None, fast: bool = False
) -> ConsistencyModel: ...
@overload
def load_model(
    source: Teaching, device: Device = None, image_size: int | None = None, fast: bool = False
) -> Denoiser: ...
@overload
def load_model(
    source: Enlarging, device: Device = None, image_size: int | None = None, fast: bool = False
) -> Detailer: ...
@overload  # only the file says which of these it is
def load_model(
    source: str | Path, device: Device = None, image_size: int | None = None, fast: bool = False
) -> Any: ...
def load_model(
    source: str | Path,
    device: Device = None,
    image_size: int | None = None,
    fast: bool = False,
) -> TrainedModel:
    """A model by name, from a folder, a .pt or the hub, in eval mode; names may download.

    source: a registered name; a folder of ours or of diffusers; an OpenAI .pt; "org/name" or
    "org/name@revision" of the hub. device: a CUDA card where there is one, else the CPU; large
    networks are held there in half precision. image_size: of a .pt whose network does not end at
    8x8. fast: for sampling only, on a CPU, the network is run by the checkpoint's graph where it
    has one (cm_core.checkpoints.graph). Raises CheckpointError.
    """
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(device)
    model = fit_device(_open(source, device, image_size), device)
    folder = (BUNDLED | DETAILERS).get(str(source), Path(source))
    return run_by_graph(model, folder) if fast else model


def fit_device(model: TrainedModel, device: torch.device) -> TrainedModel:
    """The model in the fastest form for a device: on a GPU channels last, and fp16 if it is large;
    x0 and the preconditioning stay in fp32."""
    if device.type == "cuda":
        model.net.to(memory_format=torch.channels_last)
        if sum(p.numel() for p in model.parameters()) > MANY:
            model.net.half()
    return model


def _open(source: str | Path, device: torch.device, image_size: int | None) -> TrainedModel:
    name, path = str(source), (BUNDLED | DETAILERS).get(str(source), Path(source))
    entry = PUBLIC.get(name)
    if entry is not None:
        return _published(entry, device)
    if path.is_dir():
        return _folder(path, path.name, device)
    if path.is_file():
        if path.suffix in (".safetensors", ".json"):
            raise CheckpointError(f"{path} is part of a checkpoint: name its folder instead.")
        return _openai(path, device, image_size)
    if (
        isinstance(source, str)
        and download.is_hub_name(source)
        and path.suffix not in (".pt", ".pth")
    ):
        repo, _, revision = source.partition("@")
        return _hub(repo, revision or None, repo.split("/")[1], device)
    known = ", ".join([*BUNDLED, *DETAILERS, *PUBLIC])
    raise CheckpointError(
        f"There is no model '{source}': give a folder, a .pt, a name of the hub, or one of {known}."
    )


def _published(entry: Public, device: str | torch.device) -> TrainedModel:
    if entry.revision is not None:
        return _hub(entry.repo, entry.revision, entry.name, device)
    path = download.fetch_url(entry.url)
    try:
        return _openai(path, device)
    except DamagedError:
        path.unlink(missing_ok=True)
        raise CheckpointError(f"{path} came damaged and was removed: load it again.") from None


def _openai(
    path: Path, device: str | torch.device, image_size: int | None = None
) -> Preconditioned:
    known = public(path.name)
    if known is None:
        return load_openai(path, image_size=image_size, device=device)
    size = image_size or known.image_size
    return load_openai(path, known.kind, known.name, size, known.sigmas, device)


def _folder(folder: Path, name: str, device: str | torch.device) -> TrainedModel:
    if not is_diffusers(folder):
        return load_checkpoint(folder, device)
    known = public(name)
    if known is None:
        return load_diffusers(folder, name, device=device)
    return load_diffusers(folder, known.name, known.sigmas, device)


def _hub(repo: str, revision: str | None, name: str, device: str | torch.device) -> TrainedModel:
    folder = download.fetch(repo, revision)
    try:
        return _folder(folder, name, device)
    except DamagedError:
        download.discard(folder)
        raise CheckpointError(
            f"{repo} came damaged and was taken out of {folder}: load it again."
        ) from None
