import pytest

from train.subjects import OTHER_NAMES, SUBGROUPS, SUBJECT_OF, SUBJECTS, UNDIVIDED, slug, subjects

ROWS = [
    {"codes": "1F600", "name": "grinning face", "subgroup": "face-smiling"},
    {"codes": "2764 FE0F", "name": "red heart", "subgroup": "heart"},
    {"codes": "1F9D1 200D 1F373", "name": "cook", "subgroup": "person-role"},
]


def test_every_subgroup_belongs_to_one_subject():
    assert sum(map(len, SUBGROUPS.values())) == len(SUBJECT_OF) == 65
    assert len(SUBJECTS) == 33 and not set(SUBJECTS) & set(UNDIVIDED)
    assert set(OTHER_NAMES.values()) <= set(SUBJECTS)


@pytest.mark.parametrize(
    "name, written",
    [
        ("man’s shoe", "mans-shoe"),
        ("piñata", "pinata"),
        ("Japanese “here” button", "japanese-here-button"),
        ("ON! arrow", "on-arrow"),
    ],
)
def test_names_are_written_as_the_artwork_packages_write_them(name, written):
    assert slug(name) == written


def test_a_name_is_found_by_unicodes_name_or_by_its_code_point():
    found = subjects(
        ROWS, {"heart-in-red": "2764", "broad-grin": "1f600", "chef": "1f9d1-200d-1f373"}
    )
    assert found["grinning-face"] == found["broad-grin"] == "Happy faces"
    assert found["red-heart"] == found["heart-in-red"] == "Hearts"
    assert "cook" not in found and "chef" not in found  # people are not divided
    assert found["orca"] == "Water animals"
