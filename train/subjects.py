"""What an emoji shows: the subjects and families that the model is told, and the emoji of each."""

import re
from pathlib import Path

# Left out of training by the CPU presets, and not told apart further.
UNDIVIDED = ("People & Body", "Symbols")


def read(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The subject of every emoji, and the family of every subject, itself where it has none.

    Lines are "Subject: name name"; an indented one goes on. A line with no colon names a family:
    the subjects that follow it, up to an empty line. Raises ValueError where a subject or a name
    comes twice.
    """
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    subject_of: dict[str, str] = {}
    family_of: dict[str, str] = {}
    for part in re.sub(r"\n[ \t]+", " ", lines).split("\n\n"):
        family = ""
        for line in part.strip().splitlines():
            subject, colon, names = line.partition(": ")
            if not colon:
                family = line
                continue
            if subject in family_of:
                raise ValueError(f"The subject '{subject}' comes twice.")
            family_of[subject] = family or subject
            for name in names.split():
                if name in subject_of:
                    raise ValueError(f"'{name}' is named under {subject_of[name]} and {subject}.")
                subject_of[name] = subject
    return subject_of, family_of


# An emoji's name -> its subject: all emoji but those of UNDIVIDED and of flags.
SUBJECT_OF, FAMILY_OF = read(Path(__file__).with_name("subjects.txt").read_text(encoding="utf-8"))
SUBJECTS = tuple(FAMILY_OF)
FAMILIES = tuple(f for f in dict.fromkeys(FAMILY_OF.values()) if f not in FAMILY_OF)
