"""What an emoji shows: the subjects that the model is told, and the emoji of each."""

import re
from pathlib import Path

# Left out of training by the CPU presets, and not told apart further.
UNDIVIDED = ("People & Body", "Symbols")


def read(text: str) -> dict[str, str]:
    """The subject of every emoji, from lines "Subject: name name"; an indented line goes on.

    Raises ValueError where a name comes twice.
    """
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    found: dict[str, str] = {}
    for line in re.sub(r"\n\s+", " ", "\n".join(lines)).splitlines():
        subject, names = line.split(": ")
        for name in names.split():
            if name in found:
                raise ValueError(f"'{name}' is named under {found[name]} and {subject}.")
            found[name] = subject
    return found


# An emoji's name -> its subject: all emoji but those of UNDIVIDED and of flags.
SUBJECT_OF = read(Path(__file__).with_name("subjects.txt").read_text(encoding="utf-8"))
SUBJECTS = tuple(dict.fromkeys(SUBJECT_OF.values()))
