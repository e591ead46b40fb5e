"""The presets at a glance: objective, network, length, and what a run should cost."""

from dataclasses import dataclass
from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from cm_core.fine import make_net
from cm_core.unet import UNetConfig
from train import config
from train.objectives import OBJECTIVES

# Useful arithmetic a second, to turn operations into hours: about what one core of a current server
# CPU reached with the 32x32 presets, and a tenth of what an H100 promises in bf16.
CPU_CORE = 60e9
GPU = 100e12


@cache
def measure(net: UNetConfig) -> tuple[int, float]:
    """(weights, operations of one evaluation of one picture), without labels."""
    with torch.device("meta"):
        unet = make_net(net)
        x, t = torch.zeros(1, 3, net.image_size, net.image_size), torch.zeros(1)
    with FlopCounterMode(display=False) as counter:
        unet(x, t)
    return sum(p.numel() for p in unet.parameters()), counter.get_total_flops()


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
    """One preset's line."""

    preset: str
    objective: str
    net: str
    gflop: str
    images: str
    batch: str
    core: str
    gpu: str


HEAD = Row("PRESET", "OBJECTIVE", "NET", "GFLOP", "IMAGES", "BATCH", "ONE CPU CORE", "ONE H100")


def describe(preset: str) -> Row:
    """The line of a preset."""
    run = config.load(preset)
    net = run.net
    weights, flops = measure(net)
    work = flops * OBJECTIVES[run.objective].passes * run.images
    cores, gpus = (duration(work / speed / 3600) for speed in (CPU_CORE, GPU))
    widths = ",".join(map(str, net.channel_mult))
    return Row(
        preset,
        run.objective,
        f"{net.image_size}px {net.channels}x[{widths}] {weights / 1e6:.1f} M",
        f"{flops / 1e9:,.1f}",
        count(run.images),
        str(run.batch),
        cores,
        gpus,
    )


def table() -> str:
    """All presets as aligned lines."""
    rows = [describe(path.stem) for path in sorted(config.PRESETS.glob("*.toml"))]
    cells = [list(vars(row).values()) for row in (HEAD, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
