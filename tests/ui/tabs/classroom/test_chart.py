"""The chart of quality: what stands where."""

import json
import math
import re

import pytest

from ui.tabs.classroom.chart import (
    HEIGHT,
    LEFT,
    LOW,
    MISSING,
    RIGHT,
    TOP,
    WIDTH,
    measured,
    quality_chart,
)

ROWS = [
    {"model": "consistency", "evaluations": 1, "value": 0.4, "spread": 0.1},
    {"model": "consistency", "evaluations": 2, "value": 0.2, "spread": None},
    {"model": "teacher", "evaluations": 100, "value": 0.05},
]
QUALITY = {"metric": "KID-own", "floor": 0.01, "rows": ROWS}


def places(chart):
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', chart)
    return [(float(x), float(y)) for x, y in found]


def test_what_was_not_measured_is_said(tmp_path):
    file = tmp_path / "quality.json"
    assert measured(file) is None
    file.write_text(json.dumps(QUALITY))
    assert measured(file) == QUALITY


def test_points_stand_where_their_logarithms_say():
    (x1, y1), (x2, y2), (x3, y3) = places(quality_chart(QUALITY))
    start, end = LEFT + 12, WIDTH - RIGHT
    assert (x1, x3) == (start, end)
    assert x2 == pytest.approx(start + (end - start) * math.log(2) / math.log(100), abs=0.1)
    # From the floor, 0.01, to the end of the first error bar, 0.5.
    height = HEIGHT - LOW - TOP

    def y(value):
        return HEIGHT - LOW - height * math.log(value / 0.01) / math.log(50)

    assert [y1, y2, y3] == pytest.approx([y(0.4), y(0.2), y(0.05)], abs=0.1)


def test_the_floor_and_the_error_bars_are_drawn():
    chart = quality_chart(QUALITY)
    assert chart.count('class="error"') == 1 and "true pictures" in chart
    assert "true pictures" not in quality_chart(QUALITY | {"floor": 0.0})


def test_time_runs_along_where_it_is_given():
    chart = quality_chart(QUALITY, milliseconds=20.0)
    assert ">2000</text>" in chart and "against milliseconds" in chart
    assert places(chart) == places(quality_chart(QUALITY))  # logarithms only shift


def test_a_point_holds_its_picture():
    chart = quality_chart(QUALITY, pictures={("teacher", 100): "data:image/webp;base64,AA"})
    assert chart.count("<image") == 1
    point = chart[chart.index('aria-label="Diffusion teacher, 100') :]
    assert point.index("<image") < point.index("</g>")


def test_a_checkpoint_without_figures_says_so(monkeypatch):
    monkeypatch.setattr("ui.tabs.classroom.chart.measured", lambda: None)
    assert quality_chart() == MISSING
