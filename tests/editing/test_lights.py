"""Colours in another light: closed forms, and that the table says what lights are like."""

import pytest
import torch

from cm_core.errors import SettingError
from editing import stroke
from editing.guess import light_of, probabilities
from editing.lights import (
    PARTS,
    Part,
    in_light,
    known_lights,
    likelihoods,
    places,
    relight,
    softened,
    transport,
)
from editing.oklab import to_lab, to_rgb
from editing.paper import covered
from tests.gaussian import consistency

EYE = torch.eye(3, dtype=torch.float64)
SIDE = 32


def flat(red, green, blue):
    return torch.tensor([red, green, blue])[None, :, None, None].expand(1, 3, SIDE, SIDE)


def part(mean, fall=(0, 0, 0), spread=0.1, share=(0.5, 0.5)):
    mean, fall = (torch.tensor(v, dtype=torch.float64) for v in (mean, fall))
    return Part(mean, fall, spread**2 * EYE, share)


def halves(sky, land):
    """A painting with one colour above and one below."""
    painting = flat(*sky).clone()
    painting[..., SIDE // 2 :, :] = flat(*land)[..., SIDE // 2 :, :]
    return painting


@pytest.mark.parametrize(
    ("rgb", "lab"),  # as the article that defines OKLab gives them, red and white by arithmetic
    [
        ((1, 1, 1), (1, 0, 0)),
        ((-1, -1, -1), (0, 0, 0)),
        ((1, -1, -1), (0.627955, 0.224863, 0.125846)),
        ((-1, -1, 1), (0.452014, -0.032457, -0.311528)),
    ],
)
def test_colours_in_oklab(rgb, lab):
    found = to_lab(flat(*map(float, rgb)))[0, :, 0, 0]
    assert torch.allclose(found, torch.tensor(lab, dtype=torch.float64), atol=1e-4)


def test_colours_come_back():
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert torch.allclose(to_rgb(to_lab(x)), x, atol=1e-5)


def test_one_covariance_is_carried_into_the_other_without_turning():
    a, b = (torch.randn(3, 3, dtype=torch.float64, generator=g) for g in seeds(1, 2))
    source, target = a @ a.T + 0.1 * EYE, b @ b.T + 0.1 * EYE
    matrix = transport(source, target)
    assert torch.allclose(matrix @ source @ matrix.T, target)
    assert torch.allclose(matrix, matrix.T) and (torch.linalg.eigvalsh(matrix) > 0).all()
    wide = torch.diag(torch.tensor([4.0, 1.0, 0.25], dtype=torch.float64))
    assert torch.allclose(transport(EYE, wide), wide.sqrt())


def seeds(*numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def test_a_colour_goes_to_where_the_other_light_has_it_at_its_row():
    """One spread below the mean of one light, it is one spread below that of the other."""
    land = part((0.4, 0, 0), share=(0, 0))
    lights = {
        "dim": {"sky": part((0.5, 0, 0), (0.1, 0, 0), 0.1, (1, 1)), "land": land},
        "bright": {"sky": part((0.7, 0.02, 0), (-0.1, 0, 0.04), 0.05, (1, 1)), "land": land},
    }
    grey = to_rgb(torch.tensor([0.4, 0, 0], dtype=torch.float64)[None, :, None, None])
    painting = grey.expand(1, 3, SIDE, SIDE)
    moved = to_lab(relight(painting, "dim", "bright", lights))
    top, low = moved[0, :, 0, 0], moved[0, :, -1, 0]  # it is nothing but sky
    assert torch.allclose(top, torch.tensor([0.65, 0.02, 0.0], dtype=torch.float64), atol=1e-4)
    assert torch.allclose(low, torch.tensor([0.5, 0.02, 0.04], dtype=torch.float64), atol=1e-4)
    assert relight(painting, "dim", "dim", lights) is painting


def test_sky_and_land_are_told_apart_and_a_horizon_may_lie_anywhere():
    day = known_lights()["day"]
    for height in (8, 16, 24):
        painting = flat(0.0, 0.45, 0.77).clone()  # blue over green
        painting[..., height:, :] = flat(-0.1, 0.2, -0.5)[..., height:, :]
        likely, where = likelihoods(to_lab(painting), day)
        share = softened(likely["sky"] / (likely["sky"] + likely["land"]))[0, 0, :, SIDE // 2]
        assert share[2] > 0.9 and share[-3] < 0.1
        assert (share[1:] - share[:-1]).abs().max() < 0.5  # no step where they meet
        assert int((where["sky"][0, 0, :, 0] < 1).sum()) == pytest.approx(height, abs=2)
        assert int((where["land"][0, 0, :, 0] > 0).sum()) == pytest.approx(SIDE - height, abs=2)


def test_rows_are_placed_within_sky_and_land():
    rows = torch.linspace(0, 1, 5, dtype=torch.float64)
    where = places(rows, torch.tensor([0.5, 0.25]))
    assert where["sky"][:, 0, :, 0].tolist() == [[0, 0.5, 1, 1, 1], [0, 1, 1, 1, 1]]
    land = torch.tensor([[0, 0, 0, 0.5, 1], [0, 0, 1 / 3, 2 / 3, 1]], dtype=torch.float64)
    assert torch.allclose(where["land"][:, 0, :, 0], land)


def test_lights_are_known_by_their_colours_and_night_is_dark_and_blue():
    assert {tuple(parts) for parts in known_lights().values()} == {PARTS}
    noon = halves((0.0, 0.45, 0.77), (0.2, 0.4, -0.3))
    assert light_of(noon) == "day"
    night = relight(noon, "day", "night")
    assert light_of(night) == "night"
    before, after = to_lab(noon).mean((0, 2, 3)), to_lab(night).mean((0, 2, 3))
    assert after[0] < before[0] - 0.1 and after[2] < before[2]
    with pytest.raises(SettingError, match="'noon' is no light"):
        relight(noon, "noon", "day")


def lightness(x):
    return to_lab(x)[:, 0].mean((1, 2)).tolist()


def test_each_painting_of_a_batch_is_moved_from_the_lights_that_it_may_have():
    noon = halves((0.0, 0.45, 0.77), (0.2, 0.4, -0.3))
    night = relight(noon, "day", "night")
    both = in_light(torch.cat([noon, night]), "night")
    for one, made in zip((noon, night), both.split(1), strict=True):
        likely = probabilities(one)["light"]
        assert sum(likely.values()) == pytest.approx(1) and max(likely.values()) > 0.8
        mixed = torch.stack([p * relight(one, source, "night") for source, p in likely.items()])
        assert torch.allclose(made, mixed.sum(0), atol=0.05)  # but for the unlikely ones
        assert (made - night).abs().max() < 0.1


def test_a_stroke_that_tips_the_guess_does_not_tip_the_picture():
    noon = halves((0.0, 0.45, 0.77), (0.2, 0.4, -0.3))
    night = relight(noon, "day", "night")
    between = torch.cat([torch.lerp(noon, night, i / 40) for i in range(41)])
    assert {"day", "night"} <= {light_of(one) for one in between.split(1)}
    steps = torch.tensor(lightness(in_light(between, "sunset"))).diff().abs()
    assert steps.max() < 0.06  # from the likeliest light alone it is 0.28


def test_strokes_told_a_light_start_in_its_colours_and_bare_paper_stays_free():
    """At little noise a picture keeps the colours that its strokes start in."""
    noon = halves((0.0, 0.45, 0.77), (0.2, 0.4, -0.3))
    noon[..., :8, :8] = 1.0  # paper
    plain, night = (
        stroke(consistency, noon, 0.0, 2, paper=True, sigmas=[0.01], light=light)
        for light in (None, "night")
    )
    assert lightness(night)[0] < lightness(plain)[0] - 0.1
    moved = in_light(covered(noon), "night")
    assert lightness(night)[0] == pytest.approx(lightness(moved)[0], abs=0.01)
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., :16] = 1
    half = stroke(consistency, noon, mask=mask, paper=True, light="night")
    assert torch.equal(half[..., 16:], noon[..., 16:])  # what is outside keeps its light
    with pytest.raises(SettingError, match="'noon' is no light"):
        stroke(consistency, noon, light="noon")
