"""Training objectives: pure functions of networks, batch, noise and times, one value a sample."""

from cm_core.losses.adversarial import fake_hinge, generator_hinge, real_hinge
from cm_core.losses.common import WEIGHTS, RandomState, Weight, add_noise, karras_weight
from cm_core.losses.continuous import (
    continuous_cd,
    continuous_cd_full,
    continuous_ct,
    scm,
    tangent,
)
from cm_core.losses.diffusion import edm, progressive_distillation
from cm_core.losses.discrete import cd, ct, ect, ect_estimates, ict

__all__ = [
    "WEIGHTS",
    "RandomState",
    "Weight",
    "add_noise",
    "cd",
    "continuous_cd",
    "continuous_cd_full",
    "continuous_ct",
    "ct",
    "ect",
    "ect_estimates",
    "edm",
    "fake_hinge",
    "generator_hinge",
    "ict",
    "karras_weight",
    "progressive_distillation",
    "real_hinge",
    "scm",
    "tangent",
]
