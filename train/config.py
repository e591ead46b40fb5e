"""A training run as dataclasses, read from a TOML preset; unknown keys are refused by name."""

import dataclasses
import tomllib
import typing
from dataclasses import dataclass, field
from pathlib import Path

from cm_core.errors import ConfigError
from cm_core.unet import UNetConfig

PRESETS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class DataConfig:
    """Which pictures: a packed file, less some groups."""

    file: str = "data/emoji64.npz"
    size: int = 64  # pictures are averaged down to this side
    leave_out: tuple[str, ...] = ()
    flip: bool = True
    augment: float = 0.0  # chance of each colour or affine change, told to the network
    label_dropout: float = 0.1  # chance that each label axis is hidden


@dataclass(frozen=True)
class OptimConfig:
    """Adam or RAdam, with linear warm-up and a cosine decay over the last part of the run."""

    name: str = "adam"
    lr: float = 5e-4
    lr_end: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 500  # steps
    decay: float = 1.0  # share of the run, at its end, over which lr falls to lr_end


@dataclass(frozen=True)
class NoiseConfig:
    """Training noise levels: ln t ~ N(mean, std^2), clamped to [eps, 80]."""

    mean: float = -1.2
    std: float = 1.2


@dataclass(frozen=True)
class ECTConfig:
    """The stages of easy consistency tuning: d = q^-(stage + 1), each for a share of the run."""

    shares: tuple[float, ...] = (0.15, 0.2, 0.25, 0.4)
    c: float = 0.06
    q: float = 4.0

    def stage(self, progress: float) -> int:
        """Stage at a progress in [0, 1]."""
        done = 0.0
        for stage, share in enumerate(self.shares):
            done += share
            if progress < done:
                return stage
        return len(self.shares) - 1


@dataclass(frozen=True)
class RunConfig:
    """One run. `images` is its whole length; legs stop and resume inside it."""

    name: str
    objective: str  # "edm" or "ect"
    images: int
    batch: int
    init: str = ""  # checkpoint folder that ECT starts from
    sigma_data: float = 0.0  # 0: measured on the training pictures
    ema: tuple[float, ...] = ()  # decays a step
    ema_share: float = 0.0  # one more EMA whose half-life is this share of the images seen
    precision: str = "fp32"  # fp32, tf32 or bf16
    fine_precision: str = ""  # ECT: used instead once d < 1/16
    compile: bool = False
    seed: int = 0
    net: UNetConfig = field(default_factory=UNetConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    ect: ECTConfig = field(default_factory=ECTConfig)

    def __post_init__(self):
        if self.objective not in ("edm", "ect"):
            raise ConfigError(f"{self.name}: objective is edm or ect, not '{self.objective}'.")
        if not self.ema and not self.ema_share:
            raise ConfigError(f"{self.name}: give ema or ema_share, the weights that are sampled.")


def build(kind: type, values: dict, where: str):
    """A dataclass from a table, nested tables included; lists become tuples."""
    types = typing.get_type_hints(kind)
    fields = {f.name for f in dataclasses.fields(kind)}
    unknown = set(values) - fields
    if unknown:
        known = ", ".join(sorted(fields))
        raise ConfigError(f"{where} has no setting '{sorted(unknown)[0]}': it knows {known}.")
    made = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(types[name]):
            made[name] = build(types[name], value, f"{where} [{name}]")
        else:
            made[name] = tuple(value) if isinstance(value, list) else value
    try:
        return kind(**made)
    except TypeError as error:
        raise ConfigError(f"{where} is incomplete: {error}.") from None


def load(preset: str | Path) -> RunConfig:
    """A preset by name (of train/configs) or by path."""
    path = Path(preset)
    if not path.suffix:
        path = PRESETS / f"{preset}.toml"
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in PRESETS.glob("*.toml")))
        raise ConfigError(f"There is no preset '{preset}': choose {known}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    return build(RunConfig, values, path.name)
