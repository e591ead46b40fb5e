"""A detailer's part of a preset."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from cm_core.detail_net import DetailNetConfig
from cm_core.schema import Fraction


@dataclass(frozen=True)
class DetailConfig:
    """The network, and how small pictures are spoilt for it while it trains."""

    net: DetailNetConfig = field(default_factory=DetailNetConfig)
    # Times sigma_data: at 10 a hundredth of the variance is left.
    sigma_max: Annotated[float, Field(gt=0, le=1000)] = 10.0
    noise: Annotated[float, Field(ge=0, le=10)] = 0.1  # the most noise on a small picture
    blur: Annotated[float, Field(ge=0, le=10)] = 1.0  # the widest blur, in its pixels
    clean: Fraction = 0.25  # fraction of them left as they are
    faithful: Fraction = 0.125  # fraction that learns the mean, from no noise
