"""What a user's program says of models: it is not run, but `make types` checks it."""

from typing import assert_type

from torch import Tensor

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.detailer import Detailer
from editing import stroke


def by_name(painting: Tensor) -> Tensor:
    """A name that is written out says what is loaded."""
    model = load_model("landscape64", fast=True)
    assert_type(model, ConsistencyModel)
    assert_type(load_model("landscape64-teacher"), Denoiser)
    detailer = load_model("landscape-detail")
    assert_type(detailer, Detailer)
    label = model.label_index(scene="coast", light="sunset")
    return detailer.enlarge(stroke(model, painting, strength=0.5, seed=0, label=label))


def by_path(path: str) -> int | None:
    """What a folder holds is known when it is read, and whoever names it knows already."""
    return load_model(path).label_index(light="dusk")
