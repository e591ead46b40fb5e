"""What the comparison of ratios calls slower."""

from benchmarks.check import TOLERANCE, compared


def test_a_ratio_holds_up_to_the_tolerance():
    stored = {"a": 1.0, "b": 1.0}
    found = {"a": TOLERANCE - 0.01, "b": TOLERANCE + 0.01, "new": 9.0}
    rows = {row["ratio"]: row for row in compared(found, stored)}
    assert [rows[name]["holds"] for name in ("a", "b", "new")] == ["yes", "no", "yes"]
    assert rows["new"]["stored"] is None
