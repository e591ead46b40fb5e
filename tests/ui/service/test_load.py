"""A few painters for a few seconds, as benchmarks/load.py has many for long."""

import pytest

from benchmarks.load import growth
from benchmarks.painters import Report, painters
from benchmarks.served import client
from benchmarks.visitors import Mixed
from tests.ui.loops import run


def test_every_last_frame_arrives_however_many_paint(url):
    report = run(painters(url, 3, 5))
    assert len(report.waited) >= 3 and report.frames > len(report.waited)
    assert report.lost == []


def test_mixed_requests_are_all_answered(url):
    async def some():
        async with client(4) as web:
            mixed = Mixed(url, web)
            await mixed.ask("generate", seed=3)
            await mixed.ask("stroke", image=await mixed.upload())
            await mixed.ask("interpolate", frames=32, steps=8, leave=0.2)
            await mixed.ask("generate", seed="x")
            return mixed.failed

    [refused] = run(some())
    assert refused.startswith("generate: seed has to be")


def test_the_p95_is_of_the_slowest_twentieth():
    report = Report(waited=[i / 100 for i in range(1, 101)], frames=300)
    assert report.p95 == 0.95 and "100 strokes, 300 pictures" in str(report)
    assert Report().p95 == 0.0


def test_growth_is_that_after_the_first_third():
    warming = [(minutes / 2, 1 + minutes / 10) for minutes in range(10)]
    grown = [(minutes, 2 + 0.3 * minutes / 60) for minutes in range(5, 16)]
    assert growth(warming + grown) == pytest.approx(0.3)
    assert growth(warming + [(minutes, 2.0) for minutes in range(5, 16)]) == pytest.approx(0)
