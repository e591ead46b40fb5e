from collections import Counter

import pytest

from train.emoji import is_held_out
from train.subjects import SUBJECT_OF, SUBJECTS, UNDIVIDED, read


def test_lines_are_read_with_those_that_go_on_and_without_remarks():
    text = "# what is what\n\nCats: cat\n    cat-face\nSea animals: crab squid\n"
    assert read(text) == {
        "cat": "Cats",
        "cat-face": "Cats",
        "crab": "Sea animals",
        "squid": "Sea animals",
    }


def test_every_emoji_has_one_subject_and_every_subject_some_emoji_to_learn_from():
    assert len(SUBJECTS) == 242 and not set(SUBJECTS) & set(UNDIVIDED)
    learned = Counter(s for name, s in SUBJECT_OF.items() if not is_held_out(name))
    assert min(learned[subject] for subject in SUBJECTS) >= 2


def test_no_emoji_is_named_twice():
    with pytest.raises(ValueError, match="cat"):
        read("Cats: cat cat-face\nPets: dog cat\n")
