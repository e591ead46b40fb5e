"""A training run as dataclasses, read from a TOML preset; unknown keys are refused by name."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, Field

from cm_core import schema
from cm_core.errors import ConfigError, SettingError
from cm_core.schema import Fraction
from cm_core.unet import UNetConfig
from train.detail.settings import DetailConfig

PRESETS = Path(__file__).parent / "presets"
Entry = TypeVar("Entry")

Count = Annotated[int, Field(ge=0, le=10**12)]
AtLeastOne = Annotated[int, Field(ge=1, le=10**12)]
Weight = Annotated[float, Field(ge=0, le=10**6)]
Width = Annotated[float, Field(ge=0, le=100)]  # std of ln t, or c of a pseudo-Huber distance
Decay = Annotated[float, Field(ge=0, lt=1)]  # of an average, a step
Levels = Annotated[int, Field(ge=2, le=10**6)]
ObjectiveName = Literal[  # of train.objectives
    "edm", "pd", "cd", "ct", "ict", "ect", "ccd", "ccd-full", "cct", "scm", "ect-gan", "detail"
]
SourceName = Literal["landscapes", "folder", "cifar10", "huggingface"]  # of train.data.loading
Optimiser = Literal["adam", "radam", "muon"]  # of train.optimise
Solver = Literal["euler", "heun"]  # of cm_core.solvers
Distance = Literal["l1", "l2", "lpips"]  # of train.objectives.discrete
Weighting = Literal["uniform", "truncated-snr", "karras", "inverse", "between"]  # of cm_core.losses
Precision = Literal["fp32", "tf32", "bf16", "fp16"]


@dataclass(frozen=True)
class DataConfig:
    """The training pictures, their size, labels and augmentation."""

    file: str = "data/landscapes64"  # folder, or hub name
    source: SourceName = "landscapes"
    size: Annotated[int, Field(ge=1, le=4096)] = 64  # pictures are brought to this side
    crop: Count = 0  # side of the random crops that are trained on; 0: whole pictures
    # folder: fraction of the pictures kept from training
    held_out: Annotated[float, Field(ge=0, lt=1)] = 0.0
    split: str = "train"  # huggingface
    image_column: str = "image"  # huggingface
    label_column: str = ""  # huggingface: none means unconditional
    shuffle: AtLeastOne = 10_000  # huggingface: pictures in the shuffle buffer
    download: bool = False  # cifar10: fetch it where it is not there
    label_any: bool = True  # whether each label axis has an entry for "any"
    flip: bool = True  # half of the pictures are mirrored
    # Probability that all labels of a picture are hidden, and each of them; 1: none is used.
    label_dropout: Fraction = 0.1

    def __post_init__(self):
        if self.held_out and self.source != "folder":
            raise ConfigError("held_out is for source = folder: leave it out here.")

    @property
    def side(self) -> int:
        """Side in pixels of the squares that the network is trained on."""
        return self.crop or self.size

    @property
    def labelled(self) -> bool:
        """Whether labels are used: those that would always be hidden are dropped altogether."""
        return self.label_dropout < 1


@dataclass(frozen=True)
class OptimConfig:
    """Adam, RAdam or Muon, with linear warm-up and a cosine decay over the last part of the run."""

    name: Optimiser = "adam"
    lr: Annotated[float, Field(gt=0, le=10)] = 5e-4
    lr_end: Annotated[float, Field(ge=0, le=10)] = 0.0
    betas: tuple[Decay, Decay] = (0.9, 0.99)
    warmup: Count = 500  # steps
    # Fraction of the run, at its end, over which lr falls to lr_end.
    decay: Annotated[float, Field(gt=0, le=1)] = 1.0


@dataclass(frozen=True)
class NoiseConfig:
    """Training noise levels: ln t ~ N(mean, std^2), clamped to [eps, 80]."""

    mean: float = -1.2
    std: Width = 1.2


@dataclass(frozen=True)
class CDConfig:
    """Consistency distillation: N levels, the teacher's solver, the target's EMA decay."""

    levels: Levels = 18
    solver: Solver = "heun"
    mu: Fraction = 0.0
    distance: Distance = "l2"
    weight: Weighting = "uniform"


@dataclass(frozen=True)
class CTConfig:
    """Consistency training: N(k) grows from s0 to s1 and mu(k) from mu0, or both are fixed."""

    progressive: bool = True  # False: N = s1 + 1 and mu = mu0 throughout
    s0: Levels = 2
    s1: Levels = 150
    mu0: Annotated[float, Field(gt=0, le=1)] = 0.9
    openai_compatible: bool = False
    distance: Distance = "l2"
    weight: Weighting = "uniform"


@dataclass(frozen=True)
class ICTConfig:
    """Improved consistency training: N(k) doubles from s0 + 1 to s1 + 1 levels."""

    s0: AtLeastOne = 10
    s1: Levels = 1280
    c: Width = 0.0  # 0: 0.00054 sqrt(dimensions), the paper's

    def __post_init__(self):
        if self.s1 < self.s0:
            raise ConfigError(f"[ict] goes from s0 up to s1: not from {self.s0} to {self.s1}.")


@dataclass(frozen=True)
class ECTConfig:
    """The stages of easy consistency tuning: d = q^-(stage + 1), each for a fraction of the run."""

    fractions: Annotated[
        tuple[Fraction, ...],
        Field(min_length=1, validation_alias=AliasChoices("fractions", "shares")),
    ] = (0.15, 0.2, 0.25, 0.4)
    c: Annotated[float, Field(gt=0, le=100)] = 0.06  # at 0 equal outputs have no gradient
    q: Annotated[float, Field(gt=1, le=100)] = 4.0
    weight: Weighting = "karras"

    def __post_init__(self):
        if not math.isclose(sum(self.fractions), 1, abs_tol=1e-6):
            raise ConfigError(
                f"The fractions of [ect] add up to 1, not to {sum(self.fractions):g}."
            )


@dataclass(frozen=True)
class ContinuousConfig:
    """Continuous-time consistency distillation and training."""

    weight: Weighting = "uniform"


@dataclass(frozen=True)
class SCMConfig:
    """sCM: steps of the tangent's warm-up, and c of its normalisation."""

    warmup: Count = 10_000
    c: Annotated[float, Field(gt=0, le=100)] = 0.1


@dataclass(frozen=True)
class PDConfig:
    """Progressive distillation: the teacher's levels, and how many equal stages halve them."""

    levels: Levels = 64
    stages: Annotated[int, Field(ge=1, le=20)] = 6
    weight: Weighting = "truncated-snr"


@dataclass(frozen=True)
class GANConfig:
    """The discriminator of adversarial consistency tuning."""

    weight: Weight = 1.5  # of its gradient; that of ECT's loss has 1
    sigma_min: Annotated[float, Field(ge=0)] = (
        0.25  # lowest noise level of the estimates that it sees
    )
    warmup: Count = 3_200  # images during which the model does not learn from it


@dataclass(frozen=True)
class RunConfig:
    """One run, of `images` training pictures in all, in one call of the command or several."""

    __pydantic_config__ = schema.STRICT

    name: schema.Name
    objective: ObjectiveName
    images: AtLeastOne
    batch: Annotated[int, Field(ge=1, le=10**6)]
    micro_batch: Count = 0  # pictures of a backward pass; 0: the batch over the processes
    init: str = ""  # checkpoint folder whose weights the run starts from
    teacher: str = ""  # checkpoint folder of the model that is distilled
    # 0: measured on the training pictures.
    sigma_data: Annotated[float, Field(ge=0, le=1000)] = 0.0
    c_noise: Literal["quarter_log", "openai", "angle"] = (
        "quarter_log"  # the network's time input, of cm_core.precondition
    )
    ema: tuple[Decay, ...] = ()  # decays a step
    # One more EMA, whose half-life is this fraction of the images seen.
    ema_halflife: Annotated[
        Fraction, Field(validation_alias=AliasChoices("ema_halflife", "ema_share"))
    ] = 0.0
    precision: Precision = "fp32"  # tf32 and bf16 are fp32 on a CPU without them
    # Used instead where an objective's two noise levels are very close; "": the same.
    fine_precision: Literal[Precision, ""] = ""
    compile: bool = False
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    net: UNetConfig = field(default_factory=UNetConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    cd: CDConfig = field(default_factory=CDConfig)
    ct: CTConfig = field(default_factory=CTConfig)
    ict: ICTConfig = field(default_factory=ICTConfig)
    ect: ECTConfig = field(default_factory=ECTConfig)
    continuous: ContinuousConfig = field(default_factory=ContinuousConfig)
    scm: SCMConfig = field(default_factory=SCMConfig)
    pd: PDConfig = field(default_factory=PDConfig)
    gan: GANConfig = field(default_factory=GANConfig)
    detail: DetailConfig = field(default_factory=DetailConfig)

    def __post_init__(self):
        if not self.ema and not self.ema_halflife:
            raise ConfigError(
                f"{self.name}: give ema or ema_halflife, the weights that are sampled."
            )
        if self.micro_batch and self.batch % self.micro_batch:
            raise ConfigError(
                f"{self.name}: micro_batch {self.micro_batch} does not divide the batch of "
                f"{self.batch}."
            )

    @property
    def averages(self) -> tuple[tuple[float, float], ...]:
        """(decay, half-life) of each EMA; the last one's weights are sampled and passed on."""
        fixed = tuple((decay, 0.0) for decay in self.ema)
        return (*fixed, (0.0, self.ema_halflife)) if self.ema_halflife else fixed


def build(values: dict, where: str) -> RunConfig:
    """A run from a preset's values. Raises ConfigError, with `where`, for the first wrong one."""
    try:
        return schema.parse(RunConfig, values)
    except SettingError as error:
        raise ConfigError(f"{where} cannot work: {str(error).removesuffix('.')}.") from None


def choice(table: Mapping[str, Entry], name: str, what: str) -> Entry:
    """The entry of a table by its name. Raises ConfigError that lists the names."""
    if name not in table:
        raise ConfigError(f"There is no {what} '{name}': choose {', '.join(table)}.")
    return table[name]


def read(preset: str | Path) -> tuple[str, dict]:
    """(file name, values) of a preset, by name (of train/presets) or by path."""
    presets = {path.stem: path for path in sorted(PRESETS.rglob("*.toml"))}
    path = Path(preset)
    if not path.suffix or not path.is_file():
        path = choice(presets, str(preset), "preset")
    try:
        return path.name, tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None


def load(preset: str | Path, **changes) -> RunConfig:
    """A preset of one run by name (of train/presets) or by path, with some settings changed."""
    name, values = read(preset)
    if "stage" in values:
        raise ConfigError(f"{name} is a recipe of several runs: `python -m train reproduce` it.")
    return build(values | changes, name)
