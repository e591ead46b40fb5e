"""What a painting is taken to show: closed forms, and that the table knows plain cases."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from editing.guess import Table, amounts, guess, known_table, light_of
from editing.image import fit, to_tensor
from editing.lights import relight
from editing.oklab import to_lab
from editing.paper import covered

PAINTINGS = Path(__file__).parents[2] / "assets" / "examples" / "paintings"

BLUE, GREEN = (0.0, 0.45, 0.77), (0.2, 0.4, -0.3)


def halves(above, below, side=32):
    painting = torch.tensor(above)[None, :, None, None].repeat(1, 1, side, side)
    painting[..., side // 2 :, :] = torch.tensor(below)[None, :, None, None]
    return painting


def palette(*colours):
    return torch.cat([to_lab(halves(one, one, 2))[0, :, 0, 0][None] for one in colours]).float()


@pytest.mark.parametrize("side", [32, 33, 256])
def test_colours_are_counted_where_they_lie(side):
    found = amounts(halves(BLUE, GREEN, side), palette(BLUE, GREEN))[0].square()
    wanted = torch.tensor([1, 0, 0.5, 0.5, 0, 1.0])  # above, in the middle, below
    assert torch.allclose(found, wanted, atol=0.07)


def test_names_come_by_what_speaks_for_them():
    """The first likes blue above, the second green above, the third nothing, but is common."""
    weights = torch.zeros(6, 3)
    weights[0, 0] = weights[1, 1] = 2.0
    biases = torch.tensor([0.0, 0.0, 1.0])
    told = {"scene": ["bay", "wood", "fog"]}
    table = Table(palette(BLUE, GREEN), told, {"scene": weights}, {"scene": biases})
    assert guess(halves(BLUE, GREEN), table) == {"scene": ["bay", "fog", "wood"]}
    assert guess(halves(GREEN, BLUE), table) == {"scene": ["wood", "fog", "bay"]}


def test_the_table_knows_plain_cases():
    noon, autumn = halves(BLUE, GREEN), halves((0.33, 0.58, 0.79), (0.65, 0.1, -0.6))
    assert light_of(noon) == "day"
    assert set(guess(autumn)["light"][:2]) == {"day", "overcast"}  # red land is no sunset
    assert light_of(relight(noon, "day", "night")) == "night"
    assert guess(autumn)["scene"][0] == "autumn"
    assert {len(set(names)) for names in guess(noon).values()} == {13, 6}
    assert known_table().names["light"][0] == "day"


@pytest.mark.parametrize(
    ("name", "scene", "light"),
    [
        ("snowy-mountain.png", "alpine", "day"),
        ("beach.png", "coast", "day"),
        ("autumn-forest.png", "autumn", "day"),
        ("dunes.png", "desert", "day"),
        ("meadow-path.png", "meadow", "day"),
        ("night-water.png", None, "night"),
    ],
)
def test_the_pages_paintings_are_known(name, scene, light):
    said = guess(covered(to_tensor(fit(Image.open(PAINTINGS / name), 64))))
    assert said["light"][0] == light
    assert scene is None or scene in said["scene"][:2]
