"""Whether what was fast still is: ratios of times side by side, against those of `ratios.json`.

python -m benchmarks.check [--write] [--threads 2]

Times differ from machine to machine and from day to day; how much longer one way takes than another
differs little. --write stores what is found in place of what was.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from benchmarks.measure import Row, side_by_side, table
from cm_core import load_model
from cm_core.checkpoints.registry import DEFAULT
from editing import stroke
from editing.detail import finished

STORED = Path(__file__).parent / "ratios.json"
TOLERANCE = 1.5  # times as large as stored, and something became slower
DETAILER = "landscape-detail"


def ratios(rounds: int) -> dict[str, float]:
    """Times of what the page does over those of the plain way to it; smaller is better."""
    model, graph = load_model(DEFAULT), load_model(DEFAULT, fast=True)
    detail, detail_graph = load_model(DETAILER), load_model(DETAILER, fast=True)
    x = torch.zeros(1, 3, 64, 64)
    many = x.expand(4, -1, -1, -1).contiguous()
    with torch.inference_mode():
        took = side_by_side(
            {
                "eager": lambda: model(x, 1.0),
                "graph": lambda: graph(x, 1.0),
                "graph, 4 pictures": lambda: graph(many, 1.0),
                "stroke": lambda: stroke(graph, x, 0.5, 2),
                "detail, eager": lambda: finished(detail, x),
                "detail, graph": lambda: finished(detail_graph, x),
            },
            rounds,
        )
    return {
        "an evaluation by the graph over an eager one": took["graph"] / took["eager"],
        "4 pictures at once over 4 alone": took["graph, 4 pictures"] / (4 * took["graph"]),
        "a stroke of two steps over two evaluations": took["stroke"] / (2 * took["graph"]),
        "the detailer by its graph over eager": took["detail, graph"] / took["detail, eager"],
    }


def compared(found: dict[str, float], stored: dict[str, float]) -> list[Row]:
    """A row a ratio, with whether it holds."""
    return [
        {
            "ratio": name,
            "found": value,
            "stored": stored.get(name),
            "holds": "yes" if value <= TOLERANCE * stored.get(name, value) else "no",
        }
        for name, value in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="store what is found")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = ratios(args.rounds)
    rows = compared(found, json.loads(STORED.read_text()) if STORED.exists() else {})
    print(table(rows))
    if args.write:
        STORED.write_text(json.dumps(found, indent=2) + "\n")
    elif any(row["holds"] == "no" for row in rows):
        sys.exit("Something became slower.")


if __name__ == "__main__":
    main()
