"""The settings of a detailer in a preset, `[detail]`."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from cm_core.detail_net import DetailNetConfig
from cm_core.schema import Fraction


@dataclass(frozen=True)
class DetailConfig:
    """The network, and how the small pictures that it is trained on are degraded."""

    net: DetailNetConfig = field(default_factory=DetailNetConfig)
    # Times sigma_data: at 10 a hundredth of the variance is left.
    sigma_max: Annotated[float, Field(gt=0, le=1000)] = 10.0
    noise: Annotated[float, Field(ge=0, le=10)] = 0.1  # largest std of a small picture's noise
    blur: Annotated[float, Field(ge=0, le=10)] = 1.0  # largest std of its blur, in its pixels
    clean: Fraction = 0.25  # fraction of small pictures that are not degraded
    faithful: Fraction = 0.125  # fraction of a batch that learns the mean, from no noise
