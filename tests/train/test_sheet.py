import numpy as np
import pytest
import torch
from PIL import Image

from cm_core import ConsistencyModel, ModelConfig
from cm_core.labels import Labels
from cm_core.unet import UNetConfig
from editing.image import to_pil
from editing.operators import PatchMean, grey_picture
from tests.train.coloured import write_coloured
from train import judge
from train.sheet import COLOURS, COLUMNS, MARGIN, SHOWN, edits, painting, sheet


@pytest.fixture
def model():
    torch.manual_seed(0)
    labels = Labels({"style": ("Flat", "Shaded"), "group": ("Red", "Green")})
    net = UNetConfig(
        image_size=16, channels=8, channel_mult=(1,), blocks=1, attention_sizes=(), patch=2,
        num_classes=labels.count,
    )  # fmt: skip
    return ConsistencyModel(ModelConfig("shapes", net, labels=labels)).eval().requires_grad_(False)


def test_the_sheet_shows_held_out_pictures_and_their_edits(tmp_path, model):
    file = write_coloured(tmp_path / "shapes.npz")
    sheet(model, file, tmp_path / "sheet.png")
    shown = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert shown.shape[1] == MARGIN + COLUMNS * SHOWN and len(np.unique(shown)) > 50
    _, real = judge.halves(judge.data_of(model, file)[1])
    first = to_pil(real.floats(torch.tensor([0]))).resize((SHOWN, SHOWN), Image.Resampling.NEAREST)
    assert np.array_equal(shown[:SHOWN, MARGIN : MARGIN + SHOWN], np.asarray(first))


def test_its_rows_keep_what_was_measured(model):
    x0 = torch.rand((3, 3, 16, 16), generator=torch.Generator().manual_seed(0)) * 2 - 1
    rows = {name: made for name, made in edits(model, x0, torch.tensor([0, 1, 2])) if name}
    small = PatchMean(4).measure(rows["a quarter of the size"])
    assert (PatchMean(4).measure(rows["enlarged, 8 steps"]) - small).abs().max() < 1e-5
    inpainted = rows["inpainted, 8 steps"]
    assert torch.equal(inpainted[..., :8, :], x0[..., :8, :])
    assert not torch.allclose(inpainted[..., 8:, 8:], x0[..., 8:, 8:], atol=0.1)
    assert len(painting(x0[0])[0].flatten(1).unique(dim=1).T) <= COLOURS
    assert (grey_picture(rows["colourised with them"]) - rows["grey"]).abs().max() < 1e-5
