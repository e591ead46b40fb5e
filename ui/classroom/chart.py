"""A small chart of quality against network evaluations, as SVG."""

from __future__ import annotations

import json
import math
from html import escape
from pathlib import Path

QUALITY = Path(__file__).parents[2] / "assets" / "quality.json"
MISSING = '<p class="note">Not measured yet: this checkpoint came without its table of quality.</p>'
WIDTH, HEIGHT, LEFT, RIGHT, TOP, LOW = 640, 260, 56, 20, 24, 44
SERIES = {"consistency": "Consistency model", "teacher": "Diffusion teacher"}


def quality_chart(file: Path = QUALITY) -> str:
    """The chart, or an honest note where nothing was measured.

    The file is {"metric": name, "rows": [{"model": "consistency" | "teacher", "evaluations": n,
    "value": smaller is better}, ...]}.
    """
    if not file.exists():
        return MISSING
    quality = json.loads(file.read_text())
    rows, top = quality["rows"], max(row["value"] for row in quality["rows"])
    ticks = sorted({row["evaluations"] for row in rows})

    def x(evaluations: float) -> float:
        return LEFT + math.log(evaluations) / math.log(max(2, ticks[-1])) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (1 - value / top) * (HEIGHT - TOP - LOW)

    parts = [
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v)}" y2="{y(v)}"/>'
        f'<text x="{LEFT - 8}" y="{y(v) + 4}" text-anchor="end">{v:.3g}</text>'
        for v in (0, top / 2, top)
    ]
    parts += [
        f'<text x="{x(n)}" y="{HEIGHT - LOW + 18}" text-anchor="middle">{n}</text>' for n in ticks
    ]
    for model, name in SERIES.items():
        points = sorted((r["evaluations"], r["value"]) for r in rows if r["model"] == model)
        if not points:
            continue
        line = " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v in points)
        dots = "".join(
            f'<circle cx="{x(n):.1f}" cy="{y(v):.1f}" r="4"><title>{n}: {v:.4g}</title></circle>'
            for n, v in points
        )
        n, v = points[-1]
        parts.append(
            f'<g class="{model}"><polyline points="{line}"/>{dots}'
            f'<text x="{x(n):.1f}" y="{y(v) - 10:.1f}" text-anchor="end">{name}</text></g>'
        )
    caption = f"{escape(quality['metric'])} against network evaluations a picture; lower is better."
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{caption}">{"".join(parts)}</svg><figcaption>{caption}</figcaption></figure>'
    )
