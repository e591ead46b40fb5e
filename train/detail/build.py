"""The detailer that a run trains."""

from pathlib import Path

import torch

from cm_core.checkpoints.checkpoint import load_checkpoint
from cm_core.detailer import Augmentation, Detailer, DetailerConfig, bicubic
from cm_core.errors import ConfigError
from train import snapshot
from train.config import RunConfig
from train.data.source import Source
from train.detail.condition import spoilt

MEASURED = 256  # crops that the standard deviation of residuals is measured on


def residual_std(source: Source, config: RunConfig) -> float:
    """The standard deviation of x0 - bicubic(small), with small pictures as training has them."""
    torch.manual_seed(config.seed)
    x0 = source.look(MEASURED)
    return float((x0 - bicubic(spoilt(x0, config.detail).small)).std())


def make_detailer(config: RunConfig, source: Source) -> Detailer:
    """The run's detailer: new, or with the weights of the checkpoint it starts from."""
    settings = config.detail
    side = config.data.crop or config.data.size
    if side % settings.net.stride:
        raise ConfigError(
            f"{config.name}: a detailer is trained on sides of whole {settings.net.stride} pixels, "
            f"not {side}."
        )
    start = load_checkpoint(config.init) if config.init else None
    if start is not None and not isinstance(start, Detailer):
        raise ConfigError(f"{config.init} is no detailer: {config.name} cannot start from it.")
    std = config.sigma_data or (
        start.config.sigma_data if start else round(residual_std(source, config), 4)
    )
    torch.manual_seed(config.seed)
    about = DetailerConfig(
        name=config.name,
        net=settings.net,
        sigma_data=std,
        sigma_max=round(settings.sigma_max * std, 4),
        c_noise=config.c_noise,
        augmentation=Augmentation(settings.noise, settings.blur),
    )
    model = Detailer(about)
    if start is not None:
        snapshot.take_weights(model, start.state_dict(), Path(config.init))
    return model
