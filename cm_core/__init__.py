"""Consistency models: networks, schedules, samplers, losses and checkpoints."""

from cm_core.checkpoints.registry import load_model
from cm_core.model import ConsistencyModel, Denoiser, ModelConfig

__all__ = ["ConsistencyModel", "Denoiser", "ModelConfig", "load_model"]
__version__ = "0.2.0"
