import dataclasses

import pytest
import torch

from cm_core.errors import DataError
from train import data
from train.config import DataConfig


def test_pictures_and_labels_are_read_by_split(packed):
    train, held = data.load(DataConfig(file=str(packed), size=16))
    assert len(train) == 40 and len(held) == 8
    assert train.images.shape == (40, 3, 16, 16) and train.floats().abs().max() <= 1
    assert train.labels.axes == {"style": ("Flat", "Shaded"), "group": ("Red", "Green", "Blue")}
    # Picture 5 is Shaded (5 % 2) and Blue (5 % 3).
    assert train.label()[5] == train.labels.index(style="Shaded", group="Blue")


def test_groups_left_out_vanish_from_pictures_and_labels(packed):
    train, _ = data.load(DataConfig(file=str(packed), size=16, leave_out=("Green",)))
    assert train.labels.axes["group"] == ("Red", "Blue")
    assert len(train) == sum(i % 3 != 1 for i in range(40))
    assert train.choices[:, 1].unique().tolist() == [0, 1]


def test_pictures_are_averaged_down(packed):
    full, _ = data.load(DataConfig(file=str(packed), size=16))
    half, _ = data.load(DataConfig(file=str(packed), size=8))
    block = full.images[0, :, :2, :2].float().mean((1, 2))
    assert (half.images[0, :, 0, 0].float() - block).abs().max() <= 0.5


def test_batches_come_from_the_generator_alone(packed):
    config = DataConfig(file=str(packed), size=16)
    train, _ = data.load(config)

    def draw(seed):
        return data.batch(train, config, 16, torch.Generator().manual_seed(seed))

    torch.manual_seed(99)
    first = draw(1)
    torch.manual_seed(100)
    assert torch.equal(first[0], draw(1)[0]) and torch.equal(first[1], draw(1)[1])
    assert not torch.equal(first[0], draw(2)[0])


def test_a_batch_spends_its_random_numbers_in_a_fixed_order(packed):
    """Pictures, mirroring, hiding: a run that resumes after an update sees the same batches."""
    config = DataConfig(file=str(packed), size=16, label_dropout=0.3)
    train, _ = data.load(config)
    generator = torch.Generator().manual_seed(5)
    index = torch.randint(40, (12,), generator=generator)
    mirrored = torch.rand(12, generator=generator) < 0.5
    dice = torch.rand(12, 3, generator=generator) < 0.3
    hidden = dice[:, :2] | dice[:, 2:]
    pictures = train.images[index].float() / 127.5 - 1
    pictures[mirrored] = pictures[mirrored].flip(-1)
    style = torch.where(hidden[:, 0], 2, index % 2)
    group = torch.where(hidden[:, 1], 3, index % 3)
    x0, label = data.batch(train, config, 12, torch.Generator().manual_seed(5))
    assert torch.equal(x0, pictures) and torch.equal(label, 4 * style + group)


def test_pictures_may_keep_their_direction_where_labels_are_told(packed):
    config = DataConfig(file=str(packed), size=16, label_dropout=0.3)
    train, _ = data.load(config)
    both, label = data.batch(train, config, 400, torch.Generator().manual_seed(5))
    config = dataclasses.replace(config, flip_told=False)
    kept, same = data.batch(train, config, 400, torch.Generator().manual_seed(5))
    hidden = label == train.labels.null
    assert torch.equal(label, same) and torch.equal(kept[hidden], both[hidden])
    index = torch.randint(40, (400,), generator=torch.Generator().manual_seed(5))
    plain = train.floats(index)
    assert torch.equal(kept[~hidden], plain[~hidden])
    mirrored = (kept[hidden] != plain[hidden]).flatten(1).any(1).float().mean()
    assert 0.3 < mirrored < 0.6  # some squares are in the middle


def test_sigma_data_is_measured_on_every_packed_picture(packed):
    train, _ = data.load(DataConfig(file=str(packed), size=16))
    assert torch.equal(train.look(3), train.floats()) and len(train.look(1000)) == 40


def test_labels_may_lack_the_entry_for_any(packed):
    config = DataConfig(file=str(packed), size=16, label_any=False, label_dropout=0.0)
    train, held = data.load(config)
    assert train.labels.count == 6 and train.labels.null is None
    assert train.label()[5] == train.labels.index(style="Shaded", group="Blue") == 5
    assert data.batch(held, config, 64, torch.Generator().manual_seed(0))[1].max() <= 5
    with pytest.raises(DataError, match="label_dropout = 0"):
        data.load(dataclasses.replace(config, label_dropout=0.1))


def test_labels_that_are_always_hidden_are_dropped(packed):
    config = DataConfig(file=str(packed), size=16, label_dropout=1.0, label_any=False)
    train, held = data.load(config)
    assert train.labels.count == held.labels.count == 0
    x0, label = data.batch(train, config, 8, torch.Generator().manual_seed(0))
    assert x0.shape == (8, 3, 16, 16) and not label.any()


def test_labels_are_hidden_together_and_one_by_one(packed):
    """At p = 0.2: both by one die or by two of their own, p + (1 - p) p^2; each, p + (1 - p) p."""
    config = DataConfig(file=str(packed), size=16, label_dropout=0.2)
    train, _ = data.load(config)
    _, label = data.batch(train, config, 20_000, torch.Generator().manual_seed(0))
    style, group = label // 4, label % 4
    assert (style == 2).float().mean().item() == pytest.approx(0.36, abs=0.01)
    assert (group == 3).float().mean().item() == pytest.approx(0.36, abs=0.01)
    assert (label == train.labels.null).float().mean().item() == pytest.approx(0.232, abs=0.01)


def test_bad_sets_are_refused(tmp_path, packed):
    with pytest.raises(DataError, match="python -m train data"):
        data.load(DataConfig(file=str(tmp_path / "emoji64.npz")))
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK not really")
    with pytest.raises(DataError, match="cannot be read"):
        data.load(DataConfig(file=str(broken)))
    with pytest.raises(DataError, match="no group 'Purple'"):
        data.load(DataConfig(file=str(packed), leave_out=("Purple",)))
    with pytest.raises(DataError, match="averaged down"):
        data.load(DataConfig(file=str(packed), size=5))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"source": "zip"}, "no source 'zip': choose packed, landscapes, folder"),
        ({"source": "folder", "leave_out": ("Red",)}, "leave_out is for source = packed"),
        ({"held_out": 0.1}, "held_out is for source = folder"),
        ({"source": "folder", "held_out": 1.0}, "a share from 0 to 1"),
    ],
)
def test_settings_that_would_go_unheard_are_refused(settings, sentence):
    with pytest.raises(DataError, match=sentence):
        data.load(DataConfig(**settings))
