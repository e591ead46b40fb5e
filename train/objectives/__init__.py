"""The objectives by name, as presets ask for them."""

from train.objectives.adversarial import AdversarialTuning
from train.objectives.base import Batch, Objective
from train.objectives.continuous import (
    SCM,
    ContinuousDistillation,
    ContinuousDistillationFull,
    ContinuousTraining,
)
from train.objectives.detail import Detailing
from train.objectives.diffusion import EDM, ProgressiveDistillation
from train.objectives.discrete import (
    ConsistencyDistillation,
    ConsistencyTraining,
    EasyConsistencyTuning,
    ImprovedConsistencyTraining,
)

OBJECTIVES: dict[str, type[Objective]] = {
    "edm": EDM,
    "pd": ProgressiveDistillation,
    "cd": ConsistencyDistillation,
    "ct": ConsistencyTraining,
    "ict": ImprovedConsistencyTraining,
    "ect": EasyConsistencyTuning,
    "ccd": ContinuousDistillation,
    "ccd-full": ContinuousDistillationFull,
    "cct": ContinuousTraining,
    "scm": SCM,
    "ect-gan": AdversarialTuning,
    "detail": Detailing,
}

__all__ = ["OBJECTIVES", "Batch", "Objective"]
