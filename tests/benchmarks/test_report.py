"""What the docs say of speed is what the benchmarks found."""

import json
import re

from benchmarks.report import DOC, RESULTS, with_tables

MACHINE = {"processor": "P", "cores": 4, "threads": 2, "units": ["avx2"]}


def test_a_table_comes_between_its_marks(tmp_path):
    found = {"name": "Page", "machine": MACHINE, "rows": [{"what": "up", "ms": 1234.5, "GB": None}]}
    (tmp_path / "page.json").write_text(json.dumps(found))
    made = with_tables("Before\n<!-- page -->\nold\n<!-- /page -->\nafter", tmp_path)
    table = "| what | ms | GB |\n| --- | --- | --- |\n| up | 1234 | – |"
    assert made == (
        f"Before\n<!-- page -->\nPage: P, 2 of 4 cores, avx2\n\n{table}\n<!-- /page -->\nafter"
    )
    assert with_tables(made, tmp_path) == made


def test_the_docs_tables_are_those_of_the_results():
    assert with_tables(DOC.read_text(), RESULTS) == DOC.read_text()


def test_the_readmes_times_are_those_of_the_results():
    rows = json.loads((RESULTS / "page.json").read_text())["rows"]
    by_what = {row["what"]: row for row in rows}
    pen, ready = by_what["pen up to picture"], by_what["page ready to paint"]
    told = re.search(
        r"median (\d+) ms, 95th percentile (\d+) ms; while painting, ([\d.]+) pictures a second;"
        r" the page ready to paint in ([\d.]+) s",
        " ".join((DOC.parent.parent / "README.md").read_text().split()),
    )
    assert told.groups() == (
        f"{pen['p50 ms']:.0f}",
        f"{pen['p95 ms']:.0f}",
        f"{pen['pictures a second']:.1f}",
        f"{ready['p50 ms'] / 1000:.1f}",
    )
