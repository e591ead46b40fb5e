"""Mean pictures of labels, from their definition, and given to a run."""

import dataclasses

import pytest
import torch

from cm_core import load_model
from cm_core.checkpoint import save_checkpoint
from cm_core.errors import DataError
from cm_core.labels import Labels
from tests.train.test_refine import fruit, model_of
from train import loop
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


def test_prototypes_may_be_given_to_a_model_that_was_trained_without(config_of, consistent):
    config = config_of("ect")
    net = dataclasses.replace(config.net, prototypes=4)
    run = loop.Run(
        dataclasses.replace(config, init=str(consistent), net=net), None, torch.device("cpu")
    )
    before, after = load_model(consistent).state_dict(), run.model.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    pictures = run.model.net.prototypes.pictures
    assert torch.equal(pictures, mean_pictures(run.source, run.model)) and pictures.std() > 0.1
    given = pictures.clone()
    run.step()
    run.step()
    assert run.model.net.prototypes.enter.weight.abs().max() > 0
    assert torch.equal(run.model.net.prototypes.pictures, given)  # measured, not learned
    for ema in run.emas:
        torch.testing.assert_close(ema.weights["net.prototypes.pictures"], given)


def test_prototypes_are_measured_anew_at_every_start(tmp_path, config_of):
    """Whatever pictures a checkpoint came with, and of whatever side."""
    config = config_of("ect")
    config = dataclasses.replace(config, net=dataclasses.replace(config.net, prototypes=4))
    first = loop.Run(config, None, torch.device("cpu")).model
    torch.nn.init.normal_(first.net.prototypes.enter.weight)
    save_checkpoint(first, tmp_path, weights=first.state_dict() | {
        "net.prototypes.pictures": torch.zeros_like(first.net.prototypes.pictures)
    })  # fmt: skip
    net = dataclasses.replace(config.net, prototypes=8)
    run = loop.Run(
        dataclasses.replace(config, init=str(tmp_path), net=net), None, torch.device("cpu")
    )
    now = run.model.net.prototypes
    assert torch.equal(now.pictures, mean_pictures(run.source, run.model)) and now.pictures.any()
    torch.testing.assert_close(
        now.enter.weight, first.net.prototypes.enter.weight, rtol=1e-3, atol=0
    )


def test_prototypes_without_labels_are_refused(config_of):
    config = config_of("ect")
    data = dataclasses.replace(config.data, label_dropout=1.0)
    net = dataclasses.replace(config.net, prototypes=4)
    with pytest.raises(DataError, match="set prototypes = 0"):
        loop.Run(dataclasses.replace(config, data=data, net=net), None, torch.device("cpu"))
