"""The chart of quality: what stands where."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ui.tabs.classroom import chart as drawing
from ui.tabs.classroom.chart import (
    HEIGHT,
    LEFT,
    LOW,
    MISSING,
    RIGHT,
    ROOM,
    TOP,
    WIDTH,
    bars,
    kinds,
    quality_chart,
    ticks,
)
from ui.tabs.classroom.measured import (
    Point,
    Series,
    Sheet,
    alone,
    floor,
    kids,
    painted,
    seeded,
    sheet,
    sheets,
)

ROWS = [
    {"what": "renders", "evaluations": None, "KID-lite2": 0.01, "spread": None, "error": 0.002},
    {"what": "ours", "evaluations": 2, "KID-lite2": 0.2, "spread": None, "error": None},
    {"what": "ours", "evaluations": 1, "KID-lite2": 0.4, "spread": 0.1, "error": 0.3},
    {"what": "teacher", "evaluations": 100, "KID-lite2": 0.05, "spread": None, "error": 0.01},
]
PAINTED = [
    {"what": "painting", "evaluations": 0, "strength": None, "KID-lite2": 0.5},
    {"what": "ours", "evaluations": 1, "strength": 0.2, "KID-lite2": 0.4},
    {"what": "ours", "evaluations": 1, "strength": 0.5, "KID-lite2": 0.3},
    {"what": "ours, told scene and light", "evaluations": 2, "strength": 0.2, "KID-lite2": 0.2},
    {"what": "teacher", "evaluations": 39, "strength": 0.2, "KID-lite2": -0.01},
]


def places(chart):
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', chart)
    return [(float(x), float(y)) for x, y in found]


def test_every_table_with_evaluations_is_a_chart(tmp_path):
    file = tmp_path / "quality.json"
    assert sheets(file) == {} and quality_chart(None) == MISSING
    edits = [{"what": "colour", "PSNR": 20.0}]
    tables = {"main job": PAINTED, "from nothing": ROWS, "edits": edits}
    file.write_text(json.dumps({"tables": tables, "sizes": {"seeds": 3}}))
    found = sheets(file)
    assert list(found) == ["Pictures from nothing", "Paintings finished"]
    assert kids(found) == {1: 0.4, 2: 0.2} and floor(found) == 0.01
    assert alone(found)[1].seeds == 3 and alone(found)[2].seeds == 1
    assert list(alone(found, ours=False)) == [100]
    assert {s: list(p) for s, p in painted(found).items()} == {0.2: [1], 0.5: [1]}
    assert kids({}) == {} and floor({}) is None


def test_every_measured_row_is_a_point_or_a_level():
    found = sheet(ROWS, seeds=3)
    assert found.levels == {"true pictures": 0.01}
    ours, teacher = found.series
    # The spread of repetitions, else one seed's standard error; the cheapest first.
    assert ours.points == (Point(1, 0.4, 0.1, seeds=3), Point(2, 0.2, None))
    assert teacher.points == (Point(100, 0.05, 0.01),)
    painted = sheet(PAINTED)
    assert painted.levels == {"the painting itself": 0.5}
    assert [(one.name, one.told) for one in painted.series] == [
        ("Consistency model, strength 0.2", False),
        ("Consistency model, strength 0.5", False),
        ("Consistency model, told scene and light, strength 0.2", True),
    ]  # an estimate below 0 has no logarithm


def test_points_stand_where_their_logarithms_say():
    (x1, y1), (x2, y2), (x3, y3) = places(quality_chart(sheet(ROWS)))
    start, end = LEFT + 24, WIDTH - RIGHT - 24
    assert (x1, x3) == (start, end)
    assert x2 == pytest.approx(start + (end - start) * math.log(2) / math.log(100), abs=0.1)
    # From the end of the lowest error bar to that of the highest; the floor is too far below.
    low, high = 0.04 / ROOM, 0.5 * ROOM

    def y(value):
        return HEIGHT - LOW - (HEIGHT - LOW - TOP) * math.log(value / low) / math.log(high / low)

    assert [y1, y2, y3] == pytest.approx([y(0.4), y(0.2), y(0.05)], abs=0.1)


def test_levels_are_drawn_where_they_are_or_told_at_the_edge():
    far = quality_chart(sheet(ROWS))
    assert "↓ true pictures: 0.01" in far and f'y1="{HEIGHT - LOW:.1f}"' in far
    near = quality_chart(sheet(PAINTED))
    assert ">the painting itself: 0.5<" in near


def test_no_line_goes_through_the_words_of_a_level():
    both = [{**PAINTED[0], "what": "painting, blurred", "KID-lite2": 0.51}, *PAINTED]
    found = re.findall(r'y2="([\d.]+)"/><text x="[\d.]+" y="([\d.]+)"', quality_chart(sheet(both)))
    (upper, _), (lower, words) = [(float(line), float(at)) for line, at in found[-2:]]
    assert upper < lower < upper + 12 and lower + 12 < words  # as high as letters are on a phone


def test_every_line_of_what_ships_looks_like_no_other():
    styles = (Path(drawing.__file__).parent / "classroom.css").read_text()
    for one in sheets().values():
        for place, _ in kinds(one):
            assert place == 0 or f".keys .kind{place} " in styles


def test_error_bars_are_drawn_where_there_are_spreads():
    chart = quality_chart(sheet(ROWS, seeds=3))
    assert chart.count('class="error"') == chart.count('class="error single"') == 1
    assert 'aria-label="Consistency model, 1 evaluation: 0.4 ± 0.1, 3 seeds"' in chart
    assert 'aria-label="Diffusion teacher, 100 evaluations: 0.05 ± 0.01, one seed"' in chart
    assert "Bars: one standard deviation of 3 seeds. Dashed bars are the standard error" in chart


def test_a_sheet_says_how_many_seeds_it_is_of():
    one = Series("Consistency model", True, None, False, (Point(1, 0.4, 0.1),))
    assert bars(Sheet((one,), {})).startswith("Measured with one seed only")
    three = replace(one, points=(Point(1, 0.4, 0.1, seeds=3),))
    assert bars(Sheet((three,), {})) == "Bars: one standard deviation of 3 seeds."
    points = [*one.points, *three.points]
    assert [seeded(points[:1]), seeded(points)] == ["one seed", "1 to 3 seeds"]


def test_time_runs_along_where_it_is_given():
    chart = quality_chart(sheet(ROWS), milliseconds=20.0)
    assert ">2000</text>" in chart and "against milliseconds" in chart
    assert places(chart) == places(quality_chart(sheet(ROWS)))  # logarithms only shift


def test_a_point_holds_its_picture():
    pictures = {("Diffusion teacher", 100): "data:image/webp;base64,AA"}
    chart = quality_chart(sheet(ROWS), pictures=pictures)
    assert chart.count("<image") == 1
    point = chart[chart.index('aria-label="Diffusion teacher, 100') :]
    assert point.index("<image") < point.index("</g>")


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0.002, 0.7, 8), (0.45, 0.72, 3), (0.5, 0.56, 4)],
)
def test_an_axis_has_a_few_round_values(low, high, wanted):
    found = ticks(low, high)
    assert len(found) == wanted and all(low <= v <= high for v in found)
