"""The page's benchmark tells medians and percentiles of what it was given."""

import pytest

from benchmarks.page import row
from benchmarks.painters import percentile


def test_a_percentile_is_the_value_that_so_many_do_not_pass():
    values = [float(i) for i in range(20, 0, -1)]
    assert percentile(values, 0.95) == 19
    assert percentile(values, 1.0) == 20
    assert percentile([3.0], 0.95) == 3


def test_a_row_tells_seconds_in_ms():
    told = row("pen up to picture", [0.1, 0.2, 0.4], 6.5, 0.9)
    assert told["p50 ms"] == pytest.approx(200) and told["p95 ms"] == pytest.approx(400)
    assert (told["pictures a second"], told["GB"]) == (6.5, 0.9)
    assert row("nothing", [])["p50 ms"] is None
