from dataclasses import replace

import numpy as np
import pytest
import torch

from cm_core import Denoiser, ModelConfig
from cm_core.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import DataError
from cm_core.labels import Labels
from cm_core.unet import UNetConfig
from train import data
from train.__main__ import main
from train.prototypes import mean_pictures
from train.refine import refine, relations, spread_out


def fruit(labels, subject):
    """Six even pictures of two styles; their brightness is told by the subject's name."""
    images = torch.tensor([255, 155, 55, 255, 155, 55], dtype=torch.uint8)
    choices = torch.tensor([[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]])
    choices[:, 1] = torch.tensor(subject)[choices[:, 1]]
    images = images[:, None, None, None].expand(6, 3, 16, 16)
    return data.Pictures(images, choices, tuple("abcdef"), labels)


COARSE = fruit(Labels({"style": ("Flat", "Shaded"), "group": ("Light", "Dark")}), [0, 0, 1])
FINE = fruit(Labels({"style": ("Flat", "Shaded"), "group": ("Pear", "Apple", "Plum")}), [0, 1, 2])


def model_of(labels):
    """A denoiser of small pictures whose labels come with mean pictures, zero so far."""
    net = UNetConfig(
        image_size=16, channels=8, channel_mult=(1,), num_classes=labels.count, prototypes=4
    )
    return Denoiser(ModelConfig("tiny", net, sigma_data=0.5, labels=labels))


def test_a_finer_label_has_its_parent_and_what_its_mean_picture_has_of_its_own():
    parent, own = relations(COARSE, FINE)
    coarse, fine = COARSE.labels, FINE.labels
    for style in ("Flat", "Shaded", None):
        for group, of, shade in (
            ("Pear", "Light", 50),
            ("Apple", "Light", -50),
            ("Plum", "Dark", 0),
        ):
            row = fine.index(style=style, group=group)
            assert parent[row] == coarse.index(style=style, group=of)
            torch.testing.assert_close(own[row], torch.full_like(own[row], shade / 127.5))
        open_row = fine.index(style=style)
        assert parent[open_row] == coarse.index(style=style) and not own[open_row].any()


def test_directions_keep_which_labels_are_alike():
    own = torch.randn(5, 40, generator=torch.Generator().manual_seed(1))
    told = spread_out(torch.cat([own, own[:1]]), 16)
    assert told.shape == (6, 16)
    torch.testing.assert_close(told[5], told[0])
    # Along random directions at right angles, lengths stay: those of components by their roots.
    sizes = torch.linalg.svdvals(torch.cat([own, own[:1]]))
    torch.testing.assert_close(torch.linalg.svdvals(told)[:5], sizes[:5].sqrt())


def test_a_trained_model_goes_on_with_finer_labels(teacher, packed, tmp_path, monkeypatch):
    with np.load(packed) as arrays:
        finer = dict(arrays)
    number = np.arange(48, dtype=np.uint8)
    finer["group"] = number % 3 + number // 6 % 2 * 3
    finer["groups"] = np.array(["Red", "Green", "Blue", "Crimson", "Olive", "Navy"])
    np.savez(tmp_path / "finer.npz", **finer)
    preset = tmp_path / "finer.toml"
    preset.write_text(
        f'name = "finer"\nobjective = "edm"\nimages = 8\nbatch = 8\nema = [0.9]\n'
        f'[data]\nfile = "{tmp_path / "finer.npz"}"\nsize = 16\n'
    )
    words = ["refine", str(teacher), str(preset), "--before", str(packed)]
    monkeypatch.setattr("sys.argv", ["train", *words, "--out", str(tmp_path / "out")])
    assert main() == 0
    old, new = load_checkpoint(teacher), load_checkpoint(tmp_path / "out")
    assert new.config.labels.axes["group"] == tuple(finer["groups"])
    before, after = old.net.label.weight, new.net.label.weight
    parents = []
    for style in ("Flat", "Shaded", None):
        parents += [old.label_index(style=style, group=g) for g in ("Red", "Green", "Blue") * 2]
        parents.append(old.label_index(style=style))
    steps = (after - before[parents]).square().sum(1).mean().sqrt()
    around = (before - before.mean(0)).square().sum(1).mean().sqrt()
    assert steps.item() == pytest.approx(0.4 * around.item(), rel=0.01)
    torch.testing.assert_close(after[new.config.labels.null], before[old.config.labels.null])
    rest = [k for k in old.state_dict() if k != "net.label.weight"]
    for name in rest:
        assert torch.equal(old.state_dict()[name], new.state_dict()[name])


def test_prototypes_become_those_of_the_finer_labels(tmp_path, monkeypatch):
    monkeypatch.setattr("train.refine.data_of", lambda model, file: (COARSE, None))
    start = model_of(COARSE.labels)
    torch.nn.init.normal_(start.net.label.weight)
    torch.nn.init.normal_(start.net.prototypes.enter.weight)
    save_checkpoint(start, tmp_path / "start")
    refine(tmp_path / "start", "before.npz", FINE, tmp_path / "out")
    finer = load_checkpoint(tmp_path / "out")
    made = finer.net.prototypes
    torch.testing.assert_close(made.pictures, mean_pictures(FINE, finer), rtol=1e-3, atol=1e-3)
    assert len(made.pictures) == FINE.labels.count > COARSE.labels.count
    assert torch.equal(
        made.enter.weight, load_checkpoint(tmp_path / "start").net.prototypes.enter.weight
    )


def test_labels_without_pictures_stay_what_their_parents_are():
    names = ("Pear", "Apple", "Plum", "Fig")
    fine = replace(FINE, labels=Labels({"style": ("Flat", "Shaded"), "group": names}))
    parent, own = relations(COARSE, fine)
    row = fine.labels.index(style="Flat", group="Fig")
    assert parent[row] == COARSE.labels.index(style="Flat") and not own[row].any()
    fine.choices[3:, 1] = 2  # no shaded pear any more
    row = fine.labels.index(style="Shaded", group="Pear")
    parent, own = relations(COARSE, fine)
    assert parent[row] == COARSE.labels.index(style="Shaded", group="Light")
    assert not own[row].any()


def test_what_cannot_be_refined_is_refused(teacher, packed, tmp_path):
    pictures, _ = data.load(data.DataConfig(file=str(packed), size=16))
    other = replace(pictures, images=pictures.images.flip(0))
    with pytest.raises(DataError, match="other pictures"):
        refine(teacher, str(packed), other, tmp_path / "out")
    with pytest.raises(DataError, match="no finer"):
        refine(teacher, str(packed), pictures, tmp_path / "out")
    with pytest.raises(DataError, match="at hand"):
        refine(teacher, str(packed), object(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
