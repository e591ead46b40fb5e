"""Quality against cost as SVG, on logarithmic axes: every point with its spread and its picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

from ui.tabs.classroom.measured import Series, Sheet, seeded

MISSING = '<p class="note">Not measured yet: this checkpoint came without its table of quality.</p>'
WIDTH, HEIGHT, LEFT, RIGHT, TOP, LOW = 640, 320, 56, 20, 24, 48
LINE = 22  # height of a line of words
PICTURE = 96  # side of a point's picture, in units of the drawing
ROOM = 1.06  # factor from the outermost points to the ends of the axis
FAR = 2.0  # a level farther than this factor from all points is words at the edge, not a line
Place = tuple[str, int]  # a series' name, and how many evaluations


class Axis:
    """A logarithmic axis: values from low to high onto the drawing from start to stop."""

    def __init__(self, low: float, high: float, start: float, stop: float):
        self.ends = low, high
        self.low, self.high = math.log(low), math.log(high)
        self.start, self.stop = start, stop

    def __call__(self, value: float) -> float:
        along = (math.log(value) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(max(along, 0.0), 1.0) * (self.stop - self.start)


def ticks(low: float, high: float) -> list[float]:
    """Ticks from low to high: 1, 2 and 5 times powers of ten, and more where few of these fit."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]
    if len(found) > 2:
        return found
    widths = sorted(m * 10.0**p for p in range(powers[0] - 3, powers[-1] + 1) for m in (1, 2, 5))
    width = next(w for w in widths if (high - low) / w <= 5)
    return [i * width for i in range(math.ceil(low / width), math.floor(high / width) + 1)]


def quality_chart(
    sheet: Sheet | None,
    milliseconds: float | None = None,
    pictures: Mapping[Place, str] | None = None,
) -> str:
    """The chart, or an honest note where nothing was measured.

    milliseconds: of an evaluation; with it, time is what runs along the chart. pictures: data URLs
    by point, each shown when its point is touched.
    """
    if sheet is None or not sheet.series:
        return MISSING
    unit, along = milliseconds or 1.0, "milliseconds" if milliseconds else "network evaluations"
    costs = [unit * point.evaluations for one in sheet.series for point in one.points]
    x = Axis(min(costs), max(costs), LEFT + 24, WIDTH - RIGHT - 24)
    y = Axis(*span(sheet), HEIGHT - LOW, TOP)
    parts = [grid_line(y(v), f"{v:g}") for v in ticks(*y.ends)]
    parts += [
        f'<text x="{x(c):.1f}" y="{HEIGHT - LOW + 18}" text-anchor="middle">{label}</text>'
        for c, label in cost_labels(costs)
    ]
    parts.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{along} →</text>'
        f'<text x="{LEFT - 8}" y="14" text-anchor="end">KID</text>'
    )
    heights = [y(value) for value in sheet.levels.values()]
    parts += [level(*one, y, i, heights) for i, one in enumerate(sheet.levels.items())]
    parts += [drawn(one, i, unit, x, y, pictures or {}) for i, one in kinds(sheet)]
    caption = f"KID against {along}, both logarithmic; lower is better. {bars(sheet)}"
    keys = "".join(
        f'<li class="{style(one, i)}"><i></i>{escape(one.name)}</li>' for i, one in kinds(sheet)
    )
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-label="KID against {along}">{"".join(parts)}</svg><ul class="keys">{keys}</ul>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def bars(sheet: Sheet) -> str:
    """A note on the error bars: whether they come from one seed or from several."""
    points = [point for one in sheet.series for point in one.points]
    several = [point for point in points if point.seeds > 1]
    said = f"Bars: one standard deviation of {seeded(several)}. " if several else ""
    if len(several) < len(points):
        of = "Dashed bars" if several else "Measured with one seed only: the dashed bars"
        said += (
            f"{of} are the standard error of one seed's figure, from the choice of pictures; other "
            "noise may differ by more."
        )
    return said.strip()


def kinds(sheet: Sheet) -> list[tuple[int, Series]]:
    """The series, each with its number among the series of the same model."""
    seen = {True: 0, False: 0}
    found = []
    for one in sheet.series:
        found.append((seen[one.ours], one))
        seen[one.ours] += 1
    return found


def style(one: Series, place: int) -> str:
    """CSS classes of a series: whose it is, and its number among those of the same model."""
    return f"{'consistency' if one.ours else 'teacher'} kind{place}"


def span(sheet: Sheet) -> tuple[float, float]:
    """The ends of the quality axis, around points, error bars and the levels near them."""
    low, high = zip(
        *(reach(p.value, p.spread) for s in sheet.series for p in s.points), strict=True
    )
    near = [v for v in sheet.levels.values() if min(low) / FAR <= v <= max(high) * FAR]
    return min([*low, *near]) / ROOM, max([*high, *near]) * ROOM


def reach(value: float, spread: float | None) -> tuple[float, float]:
    """The ends of a point's error bar, kept above 0 for the log axis."""
    return max(value - (spread or 0.0), value / 2), value + (spread or 0.0)


def level(name: str, value: float, y: Axis, place: int, heights: list[float]) -> str:
    """A level that costs no evaluation, as a dashed line; beyond the axis, as words at its edge.

    heights: of all such lines; the words go below their line where another is close above it.
    """
    low, high = y.ends
    told = f"{escape(name)}: {value:.2g}"
    if not low <= value <= high:
        told = f"{'↓' if value < low else '↑'} {told}"
    at = y(value)
    words = at + LINE - 4 if any(0 < at - other < LINE for other in heights) else at - 5
    left = place % 2  # neighbours stand at different ends
    return (
        f'<line class="floor" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text x="{LEFT + 6 if left else WIDTH - RIGHT}" y="{words:.1f}" '
        f'text-anchor="{"start" if left else "end"}">{told}</text>'
    )


def grid_line(y: float, label: str) -> str:
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    )


def cost_labels(costs: list[float]) -> list[tuple[float, str]]:
    """(cost, words below it) of each tick, without words that would touch the ones before."""
    kept: list[tuple[float, str]] = []
    for cost in sorted(set(costs)):
        if not kept or cost > 1.25 * kept[-1][0]:
            kept.append((cost, f"{cost:.0f}"))
    return kept


def drawn(
    one: Series, place: int, unit: float, x: Axis, y: Axis, pictures: Mapping[Place, str]
) -> str:
    """A series' line, its points and their error bars."""
    at = [(x(unit * point.evaluations), y(point.value)) for point in one.points]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
    parts = [f'<polyline points="{line}"/>']
    for point, (a, b) in zip(one.points, at, strict=True):
        if point.spread:
            low, high = (y(end) for end in reach(point.value, point.spread))
            kind = "error" if point.seeds > 1 else "error single"
            parts.append(
                f'<path class="{kind}" d="M{a - 4:.1f} {low:.1f}h8m-4 0V{high:.1f}m-4 0h8"/>'
            )
        noun = "evaluation" if point.evaluations == 1 else "evaluations"
        title = f"{escape(one.name)}, {point.evaluations} {noun}: {point.value:.4g}"
        if point.spread:
            title += f" ± {point.spread:.2g}, {seeded([point])}"
        parts.append(
            f'<g class="point" tabindex="0" role="img" aria-label="{title}"><title>{title}</title>'
            f'<circle class="touch" cx="{a:.1f}" cy="{b:.1f}" r="14"/>'
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="5"/>'
            f"{beside(pictures.get((one.name, point.evaluations)), a, b)}</g>"
        )
    return f'<g class="{style(one, place)}">{"".join(parts)}</g>'


def beside(picture: str | None, x: float, y: float) -> str:
    """A point's picture, inside the drawing; it shows when the point is touched."""
    if picture is None:
        return ""
    left = min(max(x - PICTURE / 2, 0), WIDTH - PICTURE)
    top = y + 16 if y + 16 + PICTURE < HEIGHT else y - 16 - PICTURE
    return (
        f'<image href="{picture}" x="{left:.1f}" y="{top:.1f}" width="{PICTURE}" '
        f'height="{PICTURE}"/>'
    )
