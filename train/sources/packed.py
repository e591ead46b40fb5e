"""The packed picture set that `python -m train data` builds: one compressed file of arrays."""

from pathlib import Path

import numpy as np
import torch

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.sources.pictures import Pictures, shrink


def load_packed(config: DataConfig) -> tuple[Pictures, Pictures]:
    """The training and the held-out pictures of a packed file, less the groups left out.

    A file may have `families`, the number of the family of each group, its own where it has none;
    then held-out pictures are labelled by their families. Leaving out one leaves out all of it.
    """
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
    families = arrays.get("families", np.arange(len(groups)))
    left_out = np.array([g in config.leave_out for g in groups])
    kept = np.flatnonzero(~(left_out | left_out[families]))
    renumber = np.full(len(groups), -1)
    renumber[kept] = np.arange(len(kept))
    families, group = renumber[families], renumber[arrays["group"]]
    group = np.where(arrays["held_out"], families[arrays["group"]], group)
    families = torch.from_numpy(families[kept]) if "families" in arrays else None
    seen = set(group[~arrays["held_out"]].tolist())
    labels = Labels(
        {"style": tuple(styles), "group": tuple(groups[g] for g in kept)},
        any=config.label_any,
        families=tuple(groups[g] for g in kept if renumber[g] not in seen),
    )

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
