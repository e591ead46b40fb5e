"""The table of all presets: objective, network, length, and the expected time of a run."""

from dataclasses import dataclass
from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from cm_core.detail_net import FACTOR, TOLD, DetailNet, DetailNetConfig
from cm_core.detailer import Detailer
from cm_core.outer_level import make_net
from cm_core.unet import UNetConfig
from train import config
from train.config import RunConfig
from train.objectives import OBJECTIVES
from train.recipe import runs_of

# Operations a second, to turn operations into hours: about what one core of a current server CPU
# reaches with small networks, and a tenth of an H100's peak in bf16.
CPU_CORE = 60e9
GPU = 100e12


@cache
def measure(config: UNetConfig | DetailNetConfig, side: int) -> tuple[int, float]:
    """(number of weights, operations of an evaluation of one picture), both without labels."""
    with torch.device("meta"):
        inputs = [torch.zeros(1, 3, side, side), torch.zeros(1)]
        if isinstance(config, DetailNetConfig):
            net, small = DetailNet(config), side // FACTOR
            inputs += [torch.zeros(1, TOLD), torch.zeros(1, 3, small, small)]
        else:
            net = make_net(config)
    with FlopCounterMode(display=False) as counter:
        net(*inputs)
    return sum(p.numel() for p in net.parameters()), counter.get_total_flops()


def duration(hours: float) -> str:
    """Hours in the unit that reads best."""
    for unit, size in (("years", 8766), ("days", 24), ("h", 1)):
        if hours >= 2 * size:
            return f"{hours / size:,.0f} {unit}"
    return f"{60 * hours:,.0f} min" if hours > 1 / 60 else "< 1 min"


def count(images: int) -> str:
    """A number of images, in thousands or millions."""
    return f"{images / 1e6:,.0f} M" if images >= 1e6 else f"{images / 1e3:,.0f} k"


@dataclass(frozen=True)
class Row:
    """A run's line of the table."""

    preset: str
    objective: str
    net: str
    gflop: str
    images: str
    batch: str
    core: str
    gpu: str


HEAD = Row("PRESET", "OBJECTIVE", "NET", "GFLOP", "IMAGES", "BATCH", "ONE CPU CORE", "ONE H100")


def describe(name: str, run: RunConfig) -> Row:
    """The line of a run."""
    objective, net, side = OBJECTIVES[run.objective], run.net, run.data.side
    if objective.form is Detailer:
        net = run.detail.net
    weights, flops = measure(net, side)
    work = flops * objective.passes * run.images
    cores, gpus = (duration(work / speed / 3600) for speed in (CPU_CORE, GPU))
    widths = ",".join(map(str, net.channel_mult))
    return Row(
        name,
        run.objective,
        f"{side}px {net.channels}x[{widths}] {weights / 1e6:.1f} M",
        f"{flops / 1e9:,.1f}",
        count(run.images),
        str(run.batch),
        cores,
        gpus,
    )


def table() -> str:
    """All presets as aligned lines."""
    presets = sorted(config.PRESETS.rglob("*.toml"))
    rows = [describe(*run) for preset in presets for run in runs_of(preset).items()]
    cells = [list(vars(row).values()) for row in (HEAD, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
