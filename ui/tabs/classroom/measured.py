"""What was measured of quality: the tables of assets/quality.json as lines for a chart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUALITY = Path(__file__).parents[3] / "assets" / "quality.json"
TABLES = {  # those that have evaluations, by what a chart of them is called
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


@dataclass(frozen=True)
class Point:
    """Pictures of so many evaluations: their KID, and how far that may be off."""

    evaluations: int
    value: float
    spread: float | None


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
    """What one chart shows: series, and the KID of what costs nothing, by name."""

    series: tuple[Series, ...]
    levels: dict[str, float]


def sheets(file: Path = QUALITY) -> dict[str, Sheet]:
    """Every chart by its name; none where nothing was measured."""
    tables = json.loads(file.read_text())["tables"] if file.exists() else {}
    return {name: sheet(tables[table]) for name, table in TABLES.items() if table in tables}


def sheet(rows: list[dict[str, Any]]) -> Sheet:
    """A table as lines. A KID at or below 0, which chance may give, has no place on a log axis."""
    levels: dict[str, float] = {}
    found: dict[tuple[str, float | None], list[Point]] = {}
    for row in rows:
        value = row[METRIC]
        if value <= 0:
            continue
        if not row["evaluations"]:
            levels[LEVELS.get(row["what"], row["what"])] = value
            continue
        spread = row.get("spread") or row.get("error")
        one = Point(row["evaluations"], value, spread)
        found.setdefault((row["what"], row.get("strength")), []).append(one)
    return Sheet(tuple(series(*of, points) for of, points in found.items()), levels)


def series(what: str, strength: float | None, points: list[Point]) -> Series:
    """Points under the name that people know them by."""
    kind, _, how = what.partition(", ")
    name = {"ours": OURS, "teacher": TEACHER}.get(kind, kind)
    details = [how] if how else []
    if strength is not None:
        details.append(f"strength {strength:g}")
    along = tuple(sorted(points, key=lambda point: point.evaluations))
    return Series(", ".join([name, *details]), kind == "ours", strength, "told" in how, along)


def kids(found: dict[str, Sheet]) -> dict[int, float]:
    """KID of the consistency model's pictures from nothing by evaluations, where measured."""
    alone = found.get("Pictures from nothing")
    own = [s for s in alone.series if s.name == OURS] if alone else []
    return {point.evaluations: point.value for one in own for point in one.points}


def floor(found: dict[str, Sheet]) -> float | None:
    """KID of true pictures, held out: what nothing gets below but by chance."""
    alone = found.get("Pictures from nothing")
    return alone.levels.get(LEVELS["renders"]) if alone else None
