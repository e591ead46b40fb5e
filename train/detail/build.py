"""The config of the detailer that a run trains."""

import torch

from cm_core.checkpoints.checkpoint import TrainedModel
from cm_core.detailer import Augmentation, Detailer, DetailerConfig, bicubic
from cm_core.errors import ConfigError
from train.config import RunConfig
from train.data.source import Source
from train.detail.condition import degraded
from train.detail.settings import DetailConfig

MEASURED = 256  # crops that the standard deviation of residuals is measured on


def residual_std(source: Source, detail: DetailConfig, seed: int) -> float:
    """The standard deviation of x0 - bicubic(small), the small pictures degraded as in training."""
    x0 = source.subset(MEASURED)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        small = degraded(x0, detail).small
    return float((x0 - bicubic(small)).std())


def detailer_config(
    config: RunConfig, source: Source, start: TrainedModel | None
) -> DetailerConfig:
    """The config of a run's detailer, whose weights are new or those of the checkpoint `start`.

    Raises ConfigError.
    """
    detail, side = config.detail, config.data.side
    if side % detail.net.stride:
        raise ConfigError(
            f"{config.name}: a detailer is trained on sides of whole {detail.net.stride} pixels, "
            f"not {side}."
        )
    if start is not None and not isinstance(start, Detailer):
        raise ConfigError(f"{config.init} is no detailer: {config.name} cannot start from it.")
    sigma_data = config.sigma_data or (
        start.config.sigma_data if start else round(residual_std(source, detail, config.seed), 4)
    )
    return DetailerConfig(
        name=config.name,
        net=detail.net,
        sigma_data=sigma_data,
        sigma_max=round(detail.sigma_max * sigma_data, 4),
        c_noise=config.c_noise,
        augmentation=Augmentation(detail.noise, detail.blur),
    )
