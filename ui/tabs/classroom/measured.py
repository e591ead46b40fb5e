"""Measured quality: the tables of assets/quality.json as lines for a chart."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUALITY = Path(__file__).parents[3] / "assets" / "quality.json"
TABLES = {  # tables with a column of evaluations, by the title of their chart
    "Pictures from nothing": "from nothing",
    "Paintings finished": "main job",
    "Paintings finished four times as large": "large",
}
LEVELS = {
    "renders": "true pictures",
    "painting": "the painting itself",
    "painting, blurred": "the painting, blurred",
}
OURS, TEACHER = "Consistency model", "Diffusion teacher"
METRIC = "KID-lite2"
STRENGTHS = (None, 0.2, 0.3, 0.5, 0.8)  # more lines of paintings than these hide one another


@dataclass(frozen=True)
class Point:
    """Pictures made with a number of evaluations: their KID and its error.

    spread: the standard deviation of the seeds that it was measured with, or, of one seed alone,
    the standard error of that measurement; None where that was not estimated.
    """

    evaluations: int
    value: float
    spread: float | None
    seeds: int = 1


@dataclass(frozen=True)
class Series:
    """Points of one way to make pictures, the cheapest first."""

    name: str
    ours: bool
    strength: float | None
    told: bool  # whether the model was told scene and light
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Sheet:
    """A chart's contents: its series, and named KIDs that cost no evaluation."""

    series: tuple[Series, ...]
    levels: dict[str, float]


def sheets(file: Path = QUALITY) -> dict[str, Sheet]:
    """Every chart by its name; none where nothing was measured."""
    if not file.exists():
        return {}
    told = json.loads(file.read_text())
    tables, seeds = told["tables"], told["sizes"]["seeds"]
    return {name: sheet(tables[table], seeds) for name, table in TABLES.items() if table in tables}


def sheet(rows: list[dict[str, Any]], seeds: int = 1) -> Sheet:
    """A table as lines. A KID at or below 0, which chance may give, has no place on a log
    axis, and of the strengths of paintings a few are enough.

    seeds: how often it was measured, with other noise each time.
    """
    levels: dict[str, float] = {}
    found: dict[tuple[str, float | None], list[Point]] = {}
    for row in rows:
        value = row[METRIC]
        if value <= 0 or row.get("strength") not in STRENGTHS:
            continue
        if not row["evaluations"]:
            levels[LEVELS.get(row["what"], row["what"])] = value
            continue
        spread = row.get("spread")
        several = spread is not None
        one = Point(
            row["evaluations"],
            value,
            spread if several else row.get("error"),
            seeds if several else 1,
        )
        found.setdefault((row["what"], row.get("strength")), []).append(one)
    return Sheet(tuple(series(*of, points) for of, points in found.items()), levels)


def series(what: str, strength: float | None, points: list[Point]) -> Series:
    """The points as a series, under a name that people know."""
    kind, _, how = what.partition(", ")
    name = {"ours": OURS, "teacher": TEACHER}.get(kind, kind)
    details = [how] if how else []
    if strength is not None:
        details.append(f"strength {strength:g}")
    along = tuple(sorted(points, key=lambda point: point.evaluations))
    return Series(", ".join([name, *details]), kind == "ours", strength, "told" in how, along)


def alone(found: dict[str, Sheet], ours: bool = True) -> dict[int, Point]:
    """The consistency model's pictures from nothing by evaluations, or its teacher's."""
    sheet = found.get("Pictures from nothing")
    name = OURS if ours else TEACHER
    own = [s for s in sheet.series if s.name == name] if sheet else []
    return {point.evaluations: point for one in own for point in one.points}


def painted(found: dict[str, Sheet]) -> dict[float, dict[int, Point]]:
    """The consistency model's finished paintings by strength, and by evaluations."""
    sheet = found.get("Paintings finished")
    own = [s for s in sheet.series if s.ours and not s.told] if sheet else []
    return {s.strength: {point.evaluations: point for point in s.points} for s in own}


def kids(found: dict[str, Sheet]) -> dict[int, float]:
    """KID of the consistency model's pictures from nothing by evaluations, where measured."""
    return {steps: point.value for steps, point in alone(found).items()}


def gain(before: Point, after: Point) -> float:
    """How much lower the later KID is; 0 within their combined error."""
    nearer = before.value - after.value
    return nearer if abs(nearer) > math.hypot(before.spread or 0, after.spread or 0) else 0.0


def seeded(points: Iterable[Point]) -> str:
    """The number of seeds behind some figures, in words: "one seed", "3 seeds", "1 to 3 seeds"."""
    counts = sorted({point.seeds for point in points})
    if counts == [1]:
        return "one seed"
    return f"{' to '.join(map(str, counts[:1] + counts[1:][-1:]))} seeds"


def floor(found: dict[str, Sheet]) -> float | None:
    """KID of true, held-out pictures: only chance gets below it."""
    sheet = found.get("Pictures from nothing")
    return sheet.levels.get(LEVELS["renders"]) if sheet else None
