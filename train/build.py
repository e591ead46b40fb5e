"""What a run trains: its model, and the objective with the teacher it learns from."""

from dataclasses import replace
from pathlib import Path

import torch

from cm_core.checkpoints.checkpoint import TrainedModel, load_checkpoint
from cm_core.detailer import Detailer
from cm_core.errors import ConfigError
from cm_core.model import ModelConfig
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN
from train import snapshot
from train.config import RunConfig
from train.data import loading
from train.data.source import Source
from train.detail.build import detailer_config
from train.objectives import OBJECTIVES, Objective


def make_model(config: RunConfig, source: Source) -> TrainedModel:
    """The run's model: new, or with the weights of the checkpoint that it starts from."""
    form = OBJECTIVES[config.objective].form
    torch.manual_seed(config.seed)
    start = load_checkpoint(config.init) if config.init else None
    if issubclass(form, Detailer):
        model = form(detailer_config(config, source, start))
    else:
        model = form(model_config(config, source, start))
    if start is not None:
        snapshot.take_weights(model.state_dict(), start.state_dict(), Path(config.init))
    return model


def model_config(config: RunConfig, source: Source, start: TrainedModel | None) -> ModelConfig:
    """The config of a model that draws pictures like those of a source.

    Weights serve only under the noise levels, labels and time input that they were learned with,
    so these are those of the checkpoint `start`, or have to be the same. Raises ConfigError.
    """
    if start is not None:
        if start.config.labels != source.labels:
            raise ConfigError(f"{config.init} was trained on other labels than {config.name} uses.")
        if start.config.c_noise != config.c_noise:
            raise ConfigError(
                f"{config.init} was trained with the time input '{start.config.c_noise}', and "
                f"{config.name} has '{config.c_noise}': set c_noise to the same."
            )
    sigma_min = start.config.sigma_min if start else SIGMA_MIN
    return ModelConfig(
        name=config.name,
        unet=replace(config.net, num_classes=source.labels.count),
        sigma_data=config.sigma_data
        or (start.config.sigma_data if start else loading.sigma_data(source)),
        sigma_min=0.0 if OBJECTIVES[config.objective].zero_sigma_min else sigma_min,
        sigma_max=start.config.sigma_max if start else SIGMA_MAX,
        c_noise=config.c_noise,
        labels=source.labels,
    )


def make_objective(config: RunConfig, model: TrainedModel) -> Objective:
    """The run's objective, with the teacher it learns from."""
    teacher = load_checkpoint(config.teacher) if config.teacher else None
    if teacher is not None and (
        teacher.config.labels != model.config.labels
        or teacher.config.image_size != model.config.image_size
    ):
        raise ConfigError(f"{config.teacher} has other labels or another size than {config.name}.")
    return OBJECTIVES[config.objective](config, model, teacher)
