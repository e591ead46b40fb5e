import pytest
import torch

from cm_core.errors import DataError
from train import data
from train.config import DataConfig


def test_pictures_and_labels_are_read_by_split(packed):
    train, held = data.load(DataConfig(str(packed), size=16))
    assert len(train) == 40 and len(held) == 8
    assert train.images.shape == (40, 3, 16, 16) and train.floats().abs().max() <= 1
    assert train.labels.axes == {"style": ("Flat", "Shaded"), "group": ("Red", "Green", "Blue")}
    # Picture 5 is Shaded (5 % 2) and Blue (5 % 3).
    assert train.label()[5] == train.labels.index(style="Shaded", group="Blue")


def test_groups_left_out_vanish_from_pictures_and_labels(packed):
    train, _ = data.load(DataConfig(str(packed), size=16, leave_out=("Green",)))
    assert train.labels.axes["group"] == ("Red", "Blue")
    assert len(train) == sum(i % 3 != 1 for i in range(40))
    assert train.choices[:, 1].unique().tolist() == [0, 1]


def test_pictures_are_averaged_down(packed):
    full, _ = data.load(DataConfig(str(packed), size=16))
    half, _ = data.load(DataConfig(str(packed), size=8))
    block = full.images[0, :, :2, :2].float().mean((1, 2))
    assert (half.images[0, :, 0, 0].float() - block).abs().max() <= 0.5


def test_batches_come_from_the_generator_alone(packed):
    config = DataConfig(str(packed), size=16)
    train, _ = data.load(config)

    def draw(seed):
        return data.batch(train, config, 16, torch.Generator().manual_seed(seed))

    torch.manual_seed(99)
    first = draw(1)
    torch.manual_seed(100)
    assert torch.equal(first[0], draw(1)[0]) and torch.equal(first[1], draw(1)[1])
    assert not torch.equal(first[0], draw(2)[0])


def test_label_axes_are_hidden_independently(packed):
    config = DataConfig(str(packed), size=16, label_dropout=0.5)
    train, _ = data.load(config)
    _, label = data.batch(train, config, 4000, torch.Generator().manual_seed(0))
    style, group = label // 4, label % 4
    assert (style == 2).float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert ((style == 2) & (group == 3)).float().mean().item() == pytest.approx(0.25, abs=0.03)
    config = DataConfig(str(packed), size=16, label_dropout=1.0)
    assert (data.batch(train, config, 8, torch.Generator())[1] == train.labels.null).all()


def test_bad_sets_are_refused(tmp_path, packed):
    with pytest.raises(DataError, match="python -m train data"):
        data.load(DataConfig(str(tmp_path / "emoji64.npz")))
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK not really")
    with pytest.raises(DataError, match="cannot be read"):
        data.load(DataConfig(str(broken)))
    with pytest.raises(DataError, match="no group 'Purple'"):
        data.load(DataConfig(str(packed), leave_out=("Purple",)))
    with pytest.raises(DataError, match="averaged down"):
        data.load(DataConfig(str(packed), size=5))
