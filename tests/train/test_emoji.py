import io
import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from cm_core.errors import DataError
from train import emoji
from train.config import DataConfig
from train.emoji import Drawing, build, drawings, is_held_out, render, wanted
from train.sources.packed import load_packed

SQUARE = '<path d="M0 0h8v16H0z" fill="#f00"/>'  # the left half of a 16x16 picture


def pack(path, members):
    """Write an npm tarball of JSON members."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.fixture
def packages(tmp_path):
    """The five packages as small tarballs, in the place where npm would have put them."""
    categories = {
        "Food & Drink": ["red-apple", "pear"],
        "People & Body": ["cook", "cook-dark", "cook-dark-skin-tone"],
        "Travel & Places": ["police-car-light", "one-oclock"],
        "Symbols": ["red-circle", "letter-a"],
        "Flags": ["flag-france"],
    }
    names = [name for members in categories.values() for name in members]
    for style, (package, version, _) in emoji.SOURCES.items():
        icons = {name: {"body": SQUARE} for name in names}
        icons["pear"]["width"] = 8  # half as wide as it is high
        pack(
            tmp_path / f"{package[1:].replace('/', '-')}-{version}.tgz",
            {
                "metadata.json": {"categories": {} if style == "Fluent" else categories},
                "icons.json": {"icons": icons, "width": 16, "height": 16},
            },
        )
    return tmp_path


def test_wanted_pictures_only():
    kept = [("apple", "Food & Drink"), ("police-car-light", "Travel & Places")]
    kept += [
        ("red-circle", "Symbols"),
        ("red-heart", "Smileys & Emotion"),
        ("man", "People & Body"),
    ]
    left = [("cook-dark", "People & Body"), ("cook-medium-light", "People & Body")]
    left += [("cook-dark-skin-tone", "People & Body"), ("man-elf-tone3", "People & Body")]
    left += [("one-oclock", "Travel & Places"), ("letter-a", "Symbols"), ("flag-france", "Flags")]
    left += [("keycap-1", "Symbols"), ("ok-button", "Symbols"), ("left-arrow", "Symbols")]
    assert all(wanted(*item) for item in kept)
    assert not any(wanted(*item) for item in left)


def test_a_tenth_of_the_concepts_is_held_out_for_good():
    names = [f"concept-{i}" for i in range(5000)]
    share = sum(map(is_held_out, names)) / len(names)
    assert share == pytest.approx(0.1, abs=0.015)
    assert is_held_out("airplane") and not is_held_out("cat")


def test_pictures_are_drawn_on_white_and_centred():
    whole = render(Drawing("apple", "Noto", "Food & Drink", SQUARE, 16, 16), 32)
    assert whole.shape == (32, 32, 3) and whole.dtype == np.uint8
    assert (whole[:, :16] == (255, 0, 0)).all() and (whole[:, 16:] == 255).all()
    narrow = render(Drawing("pear", "Noto", "Food & Drink", SQUARE, 8, 16), 32)
    assert (narrow[:, 8:24] == (255, 0, 0)).all() and (narrow[:, :8] == 255).all()


def test_subjects_come_from_the_list_and_groups_from_other_packages_where_one_has_none(packages):
    found = list(drawings(packages))
    fluent = {d.concept: d.group for d in found if d.style == "Fluent"}
    assert fluent == {
        "red-apple": "Apples",
        "pear": "Pears",
        "cook": "People & Body",
        "police-car-light": "Sirens",
        "red-circle": "Symbols",
    }


def test_the_packed_file_holds_everything(packages, tmp_path, capsys):
    out = tmp_path / "set" / "emoji.npz"
    build(16, out, packages)
    with np.load(out) as packed:
        assert packed["images"].shape == (25, 16, 16, 3)
        assert packed["styles"].tolist() == list(emoji.STYLES)
        apple = packed["concept"] == "red-apple"
        assert sorted(packed["style"][apple]) == [0, 1, 2, 3, 4]
        assert (packed["held_out"] == [is_held_out(c) for c in packed["concept"]]).all()
    assert Image.open(tmp_path / "set" / "emoji-contact.png").width == 24 * 16
    said = capsys.readouterr().out
    assert "25 pictures" in said and "Apples 5, Pears 5" in said and "5 concepts" in said


def test_the_packed_file_tells_families_and_the_pictures_that_are_held_out_by_them(
    packages, tmp_path, monkeypatch
):
    monkeypatch.setattr(emoji, "is_held_out", {"pear", "cook"}.__contains__)
    build(16, tmp_path / "emoji.npz", packages)
    with np.load(tmp_path / "emoji.npz") as packed:
        groups = packed["groups"].tolist()
        family = {g: groups[f] for g, f in zip(groups, packed["families"], strict=True)}
    assert family["Apples"] == family["Pears"] == family["Apples and pears"] == "Apples and pears"
    assert family["Keys"] == "Keys" and family["Symbols"] == "Symbols"
    train, held = load_packed(DataConfig(file=str(tmp_path / "emoji.npz"), size=16))

    def told(part):
        names = part.labels.axes["group"]
        return dict(zip(part.concepts, (names[i] for i in part.choices[:, 1]), strict=True))

    assert told(held) == {"pear": "Apples and pears", "cook": "People & Body"}
    assert told(train)["red-apple"] == "Apples"


def test_a_package_that_cannot_be_fetched_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="install Node"):
        list(drawings(tmp_path))


def test_a_picture_of_no_known_subject_is_refused_by_name(packages, monkeypatch):
    monkeypatch.delitem(emoji.SUBJECT_OF, "pear")
    with pytest.raises(DataError, match="'pear' has no subject"):
        list(drawings(packages))
