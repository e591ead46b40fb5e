"""The section of a model card that holds an evaluation's tables."""

from pathlib import Path
from typing import Any

from cm_core.checkpoints.checkpoint import write_atomically

Row = dict[str, Any]  # a table's row: text, numbers or None by the name of the column
BEGIN, END = "<!-- evaluation -->", "<!-- /evaluation -->"


def table(rows: list[Row]) -> str:
    """Rows as a Markdown table; numbers to four digits, a dash for what does not apply."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def cell(value: str | float | None) -> str:
    """The text of one value."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def into_card(card: Path, text: str) -> None:
    """Write a text between the marks of a model card, or at its end if it has none yet."""
    old = card.read_text() if card.exists() else ""
    head, found, rest = old.partition(BEGIN)
    tail = rest.partition(END)[2] if found else ""
    new = f"{head.rstrip()}\n\n{BEGIN}\n{text}\n{END}\n\n{tail.lstrip()}"
    write_atomically(card, (new.strip() + "\n").encode())
