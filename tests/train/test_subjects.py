from collections import Counter

import pytest

from train.emoji import is_held_out
from train.subjects import FAMILIES, FAMILY_OF, SUBJECT_OF, SUBJECTS, UNDIVIDED, read


def test_lines_are_read_with_those_that_go_on_and_without_remarks():
    subjects, families = read(
        "# what is what\n\nPets\nCats: cat\n    cat-face\n# and\nDogs: dog\n\nCrabs: crab squid\n"
    )
    assert subjects == {
        "cat": "Cats",
        "cat-face": "Cats",
        "dog": "Dogs",
        "crab": "Crabs",
        "squid": "Crabs",
    }
    assert families == {"Cats": "Pets", "Dogs": "Pets", "Crabs": "Crabs"}


def test_every_emoji_has_one_subject_and_every_subject_some_emoji_to_learn_from():
    assert len(SUBJECTS) == 582 and not set(SUBJECTS) & set(UNDIVIDED)
    learned = Counter(s for name, s in SUBJECT_OF.items() if not is_held_out(name))
    assert min(learned[subject] for subject in SUBJECTS) >= 1


def test_families_have_names_of_their_own_and_several_subjects():
    assert len(FAMILIES) == 203 and not set(FAMILIES) & {*SUBJECTS, *UNDIVIDED}
    sizes = Counter(FAMILY_OF.values())
    assert all((sizes[family] > 1) == (family in FAMILIES) for family in sizes)


def test_no_emoji_is_named_twice():
    with pytest.raises(ValueError, match="'cat' is named under Cats and Pets"):
        read("Cats: cat cat-face\nPets: dog cat\n")
    with pytest.raises(ValueError, match="'Cats' comes twice"):
        read("Cats: cat cat-face\n\nPets\nCats: tiger\n")
