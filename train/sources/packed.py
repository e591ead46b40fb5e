"""The packed picture set that `python -m train data` builds: one compressed file of arrays."""

from pathlib import Path

import numpy as np
import torch

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.sources.pictures import Pictures, shrink


def load_packed(config: DataConfig) -> tuple[Pictures, Pictures]:
    """The training and the held-out pictures of a packed file, less the groups left out."""
    path = Path(config.file)
    if not path.exists():
        raise DataError(f"{path} is not there: build it with `python -m train data {path.stem}`.")
    try:
        with np.load(path) as packed:
            arrays = {name: packed[name] for name in packed.files}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a packed picture set: {error}.") from None
    styles, groups = arrays["styles"].tolist(), arrays["groups"].tolist()
    unknown = set(config.leave_out) - set(groups)
    if unknown:
        raise DataError(f"{path} has no group '{unknown.pop()}': it has {', '.join(groups)}.")
    kept = [g for g in groups if g not in config.leave_out]
    renumber = np.array([kept.index(g) if g in kept else -1 for g in groups])
    group = renumber[arrays["group"]]
    # Which group a group belongs to, itself where to none: an array that sets need not have.
    families = arrays.get("families")
    if families is not None:
        families = torch.from_numpy(renumber[families][renumber >= 0])
    labels = Labels({"style": tuple(styles), "group": tuple(kept)}, any=config.label_any)

    def part(mask: np.ndarray) -> Pictures:
        mask = mask & (group >= 0)
        images = torch.from_numpy(arrays["images"][mask]).permute(0, 3, 1, 2)
        return Pictures(
            shrink(images, config.size),
            torch.from_numpy(np.stack([arrays["style"][mask], group[mask]], 1).astype(np.int64)),
            tuple(arrays["concept"][mask].tolist()),
            labels,
            families,
        )

    return part(~arrays["held_out"]), part(arrays["held_out"])
