"""What every benchmark shares: the machine, timing side by side, its limit, and how it is told."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

PACKAGES = ("torch", "onnxruntime", "diffusers", "gradio")
UNITS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
Row = dict[str, str | int | float | None]


def machine(threads: int) -> dict[str, Any]:
    """What the figures hang on: processor, its units, threads, versions."""
    about = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    lines = dict(
        (part.strip() for part in line.split(":", 1)) for line in about.splitlines() if ":" in line
    )
    flags = lines.get("flags", "").split()
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {
        "processor": lines.get("model name", platform.processor()),
        "cores": os.cpu_count(),
        "units": [unit for unit in UNITS if unit in flags],
        "threads": threads,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "versions": versions,
    }


def side_by_side(ways: Mapping[str, Callable[[], object]], rounds: int = 9) -> dict[str, float]:
    """Median seconds of each way, in turns, so that whatever slows the machine slows all alike."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def matrix_product(size: int = 2048) -> tuple[Callable[[], object], float]:
    """(A large product of matrices, its GFLOP): what the processor does at its best, in fp32."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    return lambda: a @ b, 2 * size**3 / 1e9


def gflop(run: Callable[[], object]) -> float:
    """What a call of PyTorch's costs, in GFLOP: two for each multiplication and addition."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() / 1e9


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([shown(row[head]) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: str | float | None) -> str:
    """A value in three digits, or in whole numbers from 1000 on; a dash for what does not apply."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def measured(name: str, about: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """What was measured, on which machine, and the table."""
    on = f"{about['processor']}, {about['threads']} of {about['cores']} cores"
    return f"{name}: {', '.join([on, *about['units']])}\n\n{table(rows)}"


def tell(name: str, rows: Sequence[Row], threads: int, out: str | None) -> None:
    """Print the table; with a folder `out`, write it there as NAME.json too."""
    about = machine(threads)
    print(measured(name, about, rows))
    if out:
        file = Path(out) / f"{name.lower()}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"name": name, "machine": about, "rows": rows}, indent=2) + "\n")
