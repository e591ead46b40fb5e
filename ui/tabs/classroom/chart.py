"""Quality against cost as SVG, on logarithmic axes: every point with its spread and its picture."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

QUALITY = Path(__file__).parents[3] / "assets" / "quality.json"
MISSING = '<p class="note">Not measured yet: this checkpoint came without its table of quality.</p>'
WIDTH, HEIGHT, LEFT, RIGHT, TOP, LOW = 640, 300, 56, 20, 24, 44
PICTURE = 96  # side of a point's picture, in units of the drawing
SERIES = {"consistency": "Consistency model", "teacher": "Diffusion teacher"}
Point = tuple[str, int]  # a model of SERIES, and how many evaluations


def measured(file: Path = QUALITY) -> dict[str, Any] | None:
    """What the chart is of: {"metric": name, "floor": of true pictures, "rows": [{"model":
    "consistency" | "teacher", "evaluations": n, "value": smaller is better, "spread": of
    repetitions, or None}]}. None where nothing was measured.
    """
    return json.loads(file.read_text()) if file.exists() else None


class Axis:
    """A logarithmic axis: values from low to high onto the drawing from start to stop."""

    def __init__(self, values: list[float], start: float, stop: float):
        self.low, self.high = math.log(min(values)), math.log(max(values))
        self.start, self.stop = start, stop

    def __call__(self, value: float) -> float:
        along = (math.log(value) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(max(along, 0.0), 1.0) * (self.stop - self.start)


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from low to high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]


def quality_chart(
    quality: dict[str, Any] | None = None,
    milliseconds: float | None = None,
    pictures: Mapping[Point, str] | None = None,
) -> str:
    """The chart, or an honest note where nothing was measured.

    milliseconds: of an evaluation; with it, time is what runs along the chart. pictures: data URLs
    by point, each shown when its point is touched.
    """
    quality = measured() if quality is None else quality
    if quality is None:
        return MISSING
    rows = [row for row in quality["rows"] if row["value"] > 0]
    unit, along = milliseconds or 1.0, "milliseconds" if milliseconds else "network evaluations"
    costs = [unit * row["evaluations"] for row in rows]
    floor = quality.get("floor", 0.0)
    heights = [value for row in rows for value in reach(row)] + [floor] * (floor > 0)
    x, y = Axis(costs, LEFT + 12, WIDTH - RIGHT), Axis(heights, HEIGHT - LOW, TOP)
    parts = [grid_line(y(v), f"{v:g}") for v in ticks(min(heights), max(heights))]
    parts += [
        f'<text x="{x(c):.1f}" y="{HEIGHT - LOW + 18}" text-anchor="middle">{label}</text>'
        for c, label in cost_labels(costs)
    ]
    if floor > 0:
        parts.append(
            f'<line class="floor" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(floor):.1f}" '
            f'y2="{y(floor):.1f}"/><text x="{WIDTH - RIGHT}" y="{y(floor) - 6:.1f}" '
            'text-anchor="end">true pictures</text>'
        )
    for model, name in SERIES.items():
        mine = sorted((r for r in rows if r["model"] == model), key=lambda r: r["evaluations"])
        if mine:
            parts.append(series(mine, model, name, unit, x, y, pictures or {}))
    caption = f"{escape(quality['metric'])} against {along}, both logarithmic; lower is better."
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{caption}">{"".join(parts)}</svg><figcaption>{caption}</figcaption></figure>'
    )


def reach(row: dict[str, Any]) -> tuple[float, float]:
    """The ends of a point's error bar."""
    spread = row.get("spread") or 0.0
    return max(row["value"] - spread, row["value"] / 2), row["value"] + spread


def grid_line(y: float, label: str) -> str:
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    )


def cost_labels(costs: list[float]) -> list[tuple[float, str]]:
    """(cost, what stands below it), without those that would touch the one before."""
    kept: list[tuple[float, str]] = []
    for cost in sorted(set(costs)):
        if not kept or cost > 1.25 * kept[-1][0]:
            kept.append((cost, f"{cost:.0f}"))
    return kept


def series(
    rows: list[dict[str, Any]],
    model: str,
    name: str,
    unit: float,
    x: Axis,
    y: Axis,
    pictures: Mapping[Point, str],
) -> str:
    """One model's line, its points and their error bars."""
    at = [(x(unit * row["evaluations"]), y(row["value"])) for row in rows]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
    parts = [f'<polyline points="{line}"/>']
    for row, (a, b) in zip(rows, at, strict=True):
        evaluations, (low, high) = row["evaluations"], reach(row)
        if row.get("spread"):
            parts.append(
                f'<line class="error" x1="{a:.1f}" x2="{a:.1f}" y1="{y(low):.1f}" '
                f'y2="{y(high):.1f}"/>'
            )
        title = f"{name}, {evaluations} evaluations: {row['value']:.4g}"
        parts.append(
            f'<g class="point" tabindex="0" role="img" aria-label="{title}"><title>{title}</title>'
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="5"/>'
            f"{beside(pictures.get((model, evaluations)), a, b)}</g>"
        )
    a, b = at[-1]
    parts.append(f'<text x="{a:.1f}" y="{b - 12:.1f}" text-anchor="end">{name}</text>')
    return f'<g class="{model}">{"".join(parts)}</g>'


def beside(picture: str | None, x: float, y: float) -> str:
    """A point's picture, within the drawing, which shows when the point is touched."""
    if picture is None:
        return ""
    left = min(max(x - PICTURE / 2, 0), WIDTH - PICTURE)
    top = y + 10 if y + 10 + PICTURE < HEIGHT else y - 10 - PICTURE
    return (
        f'<image href="{picture}" x="{left:.1f}" y="{top:.1f}" width="{PICTURE}" '
        f'height="{PICTURE}"/>'
    )
