"""FID, IS, precision and recall in the features that papers use, through torch-fidelity.

It needs the package and its weights (Inception; VGG-16 for precision and recall), which the package
fetches itself. Nothing else in train/ depends on them.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset

from cm_core.errors import OneStrokeError
from cm_core.model import Preconditioned
from train.config import DataConfig
from train.data import loading
from train.evaluation.card import Row
from train.grid import samples

FOLDER = Path("runs/fidelity")  # features of the real pictures are kept here
NAMES = {
    "FID": "frechet_inception_distance",
    "IS": "inception_score_mean",
    "precision": "precision",
    "recall": "recall",
}


class FidelityError(OneStrokeError):
    """FID or IS cannot be computed on this machine."""


class Pixels(Dataset):
    """uint8 pictures (N, 3, H, W) as torch-fidelity reads them."""

    def __init__(self, images: Tensor):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


def inception_measures(made: Tensor, real: Tensor, extractor: str | None = None) -> dict:
    """FID, IS, precision and recall (k = 3) of made pictures against real ones.

    made (N, 3, H, W) in [-1, 1]; real (M, 3, H, W) of uint8; N and M above 10. extractor: the
    name of another network in torch-fidelity. Raises FidelityError where the package or
    its weights are out of reach.
    """
    try:
        import torch_fidelity
    except ImportError:
        raise FidelityError(
            "FID and IS are measured by torch-fidelity: pip install torch-fidelity."
        ) from None
    content = repr(tuple(real.shape)).encode() + real.contiguous().numpy().tobytes()
    try:
        found = torch_fidelity.calculate_metrics(
            input1=Pixels(((made.clamp(-1, 1) + 1) * 127.5).round().byte()),
            input2=Pixels(real),
            input2_cache_name=f"pictures-{hashlib.sha256(content).hexdigest()[:16]}",
            cache_root=str(FOLDER),
            feature_extractor=extractor,
            isc=True,
            fid=True,
            prc=True,
            cuda=torch.cuda.is_available(),
            save_cpu_ram=True,  # no worker processes: the pictures are in memory already
            verbose=False,
        )
    except OSError as error:
        raise FidelityError(
            f"torch-fidelity could not get the weights of Inception and VGG-16 ({error}): "
            "FID and IS need a network once."
        ) from None
    return {name: float(found[key]) for name, key in NAMES.items()}


def rows(
    model: Preconditioned,
    config: DataConfig,
    steps: Sequence[int],
    count: int,
    extractor: str | None = None,
) -> list[Row]:
    """The measures of `count` samples for each number of steps, against the training pictures.

    The samples have seeds 0 to count - 1, and labels as frequent as among the training pictures.
    Raises DataError, FidelityError.
    """
    source, _ = loading.load(config)
    real = ((source.subset(count) + 1) * 127.5).round().byte()
    label = None
    if model.config.labels.axes:
        _, choices = source.draw(count, Generator().manual_seed(0))
        label = source.labels.encode(choices)
    return [
        {"steps": n} | inception_measures(samples(model, count, n, label=label), real, extractor)
        for n in steps
    ]
