"""Consistency models: networks, schedules, samplers, losses and checkpoints."""

from cm_core.model import ConsistencyModel, Denoiser, ModelConfig
from cm_core.zoo import load_model

__all__ = ["ConsistencyModel", "Denoiser", "ModelConfig", "load_model"]
__version__ = "0.2.0"
