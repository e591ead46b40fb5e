"""What an emoji shows: Unicode's subgroups brought together into subjects that one can draw."""

import re
import unicodedata
from collections.abc import Iterable

# Left out of training by the CPU presets, and not told apart further.
UNDIVIDED = ("People & Body", "Symbols")

# subject -> subgroups of Unicode's emoji-test.txt; together every one of the six groups
# Smileys & Emotion, Animals & Nature, Food & Drink, Travel & Places, Activities and Objects.
SUBGROUPS = {
    "Happy faces": ("face-smiling", "face-affection", "face-tongue", "face-hat", "face-glasses"),
    "Calm faces": ("face-hand", "face-neutral-skeptical", "face-sleepy"),
    "Sad faces": ("face-concerned", "face-unwell"),
    "Monsters": ("face-negative", "face-costume"),
    "Cats and monkeys": ("cat-face", "monkey-face"),
    "Hearts": ("heart",),
    "Emotions": ("emotion",),
    "Mammals": ("animal-mammal",),
    "Birds": ("animal-bird",),
    "Water animals": ("animal-marine", "animal-reptile", "animal-amphibian"),
    "Insects": ("animal-bug",),
    "Flowers": ("plant-flower",),
    "Plants": ("plant-other",),
    "Fruit": ("food-fruit",),
    "Vegetables": ("food-vegetable",),
    "Meals": ("food-prepared", "food-asian"),
    "Sweets": ("food-sweet",),
    "Drinks": ("drink", "dishware"),
    "Landscapes": ("place-map", "place-geographic", "place-other"),
    "Buildings": ("place-building", "place-religious", "hotel"),
    "Cars and trains": ("transport-ground",),
    "Boats": ("transport-water",),
    "Aircraft": ("transport-air",),
    "Weather": ("sky & weather", "time"),
    "Celebrations": ("event",),
    "Sports": ("sport", "award-medal"),
    "Games and crafts": ("game", "arts & crafts"),
    "Clothes": ("clothing",),
    "Music": ("sound", "music", "musical-instrument"),
    "Electronics": ("phone", "computer", "light & video"),
    "Books and letters": ("book-paper", "money", "mail", "writing", "office"),
    "Tools": ("tool", "lock", "science", "medical"),
    "Household": ("household", "other-object"),
}
SUBJECTS = tuple(SUBGROUPS)
SUBJECT_OF = {subgroup: subject for subject, told in SUBGROUPS.items() for subgroup in told}

# Names that Unicode's list of version 16 lacks: newer ones, and an artist's own.
OTHER_NAMES = {
    "cracking-face": "Sad faces",
    "dizzy-face": "Sad faces",
    "distorted-face": "Sad faces",
    "fight-cloud": "Emotions",
    "monarch-butterfly": "Insects",
    "orca": "Water animals",
    "pickle": "Vegetables",
    "landslide": "Landscapes",
    "lighthouse": "Buildings",
    "shibuya-109-department-store": "Buildings",
    "meteor": "Weather",
    "direct-hit": "Games and crafts",
    "trombone": "Music",
    "eraser": "Books and letters",
    "treasure-chest": "Household",
    "net-with-handle": "Tools",
    "pistol": "Tools",
}


def slug(name: str) -> str:
    """A character's name as the artwork packages write it: "Man’s shoe" is mans-shoe."""
    plain = unicodedata.normalize("NFKD", name.lower()).replace("’", "").replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")


def subjects(characters: Iterable[dict], codes: dict[str, str]) -> dict[str, str]:
    """The subject of every name: Unicode's own first, then those that a package gives a code point.

    `characters` are rows with "codes", "name" and "subgroup" (package emoji.json), `codes` gives
    names their code points, in lower case with hyphens.
    """
    found, by_code = dict(OTHER_NAMES), {}
    for row in characters:
        subject = SUBJECT_OF.get(row["subgroup"])
        if subject:
            found.setdefault(slug(row["name"]), subject)
            by_code.setdefault(row["codes"].lower().replace(" ", "-").replace("-fe0f", ""), subject)
    for name, code in codes.items():
        subject = by_code.get(code.replace("-fe0f", ""))
        if subject:
            found.setdefault(name, subject)
    return found
