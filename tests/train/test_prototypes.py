"""Mean pictures of labels, from their definition."""

import dataclasses

import pytest
import torch

from cm_core.errors import DataError
from cm_core.labels import Labels
from tests.train.test_refine import fruit, model_of
from train.prototypes import GUESSED, mean_pictures

NAMES = ("Pear", "Apple", "Plum")


def test_a_label_has_the_mean_of_its_pictures_and_of_guesses_from_its_parts():
    labels = Labels({"style": ("Flat", "Shaded"), "group": NAMES})
    pictures = fruit(labels, [0, 1, 2])
    images = pictures.images.clone()
    images[3:] -= 40  # of the second style
    made = mean_pictures(dataclasses.replace(pictures, images=images), model_of(labels))
    assert made.shape == (labels.count, 3, 4, 4)
    unit = 127.5 * 0.5  # levels of brightness in one of sigma_data
    style, fruits = [20 / unit, -20 / unit], [100 / unit, 0.0, -100 / unit]

    def of(**choice):
        picture = made[labels.index(**choice)]
        assert picture.std() < 1e-6
        return pytest.approx(picture.mean().item(), abs=1e-5)

    for s, of_style in zip(("Flat", "Shaded"), style, strict=True):
        assert of(style=s) == of_style
        for g, of_fruit in zip(NAMES, fruits, strict=True):
            assert of(style=s, group=g) == of_style + of_fruit  # picture and guess are the same
            assert of(group=g) == of_fruit
    assert of() == 0


def test_a_label_without_pictures_has_the_guess_alone_and_with_few_a_mean_with_it():
    labels = Labels({"style": ("Flat", "Shaded"), "group": NAMES})
    pictures = fruit(labels, [0, 1, 2])
    kept = torch.tensor([0, 1, 2, 3])  # of shaded fruit the pear alone
    pictures = dataclasses.replace(
        pictures, images=pictures.images[kept], choices=pictures.choices[kept]
    )
    made = mean_pictures(pictures, model_of(labels)) * 127.5 * 0.5
    middle = (255 + 155 + 55 + 255) / 4
    of_shaded, of_plum, of_pear = 255 - middle, 55 - middle, 255 - middle
    plum = made[labels.index(style="Shaded", group="Plum")]
    torch.testing.assert_close(plum, torch.full_like(plum, of_shaded + of_plum))
    pear = made[labels.index(style="Shaded", group="Pear")]
    guess = of_shaded + of_pear
    torch.testing.assert_close(
        pear, torch.full_like(pear, (of_pear + GUESSED * guess) / (1 + GUESSED))
    )


def test_pictures_out_of_reach_or_without_labels_have_none():
    labels = Labels({"group": NAMES})
    with pytest.raises(DataError, match="not a stream"):
        mean_pictures(type("Stream", (), {"labels": labels})(), model_of(labels))
    bare = dataclasses.replace(
        fruit(labels, [0, 1, 2]), labels=Labels(), choices=torch.empty(6, 0, dtype=torch.long)
    )
    with pytest.raises(DataError, match="Without labels"):
        mean_pictures(bare, model_of(labels))
