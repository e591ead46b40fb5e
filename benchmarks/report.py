"""Write the tables of docs/speed.md, from the results that the benchmarks left with --out.

python -m benchmarks.report
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from benchmarks.measure import measured

RESULTS = Path(__file__).parent / "results"
DOC = Path(__file__).parent.parent / "docs/speed.md"
MARKED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)


def with_tables(text: str, results: Path) -> str:
    """The text, with the table of NAME.json between each `<!-- NAME -->` and `<!-- /NAME -->`."""

    def filled(mark: re.Match[str]) -> str:
        name = mark[1]
        found = json.loads((results / f"{name}.json").read_text())
        tables = measured(found["name"], found["machine"], found["rows"])
        return f"<!-- {name} -->\n{tables}\n<!-- /{name} -->"

    return MARKED.sub(filled, text)


if __name__ == "__main__":
    DOC.write_text(with_tables(DOC.read_text(), RESULTS))
