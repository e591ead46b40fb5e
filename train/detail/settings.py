"""A detailer's part of a preset."""

from dataclasses import dataclass, field

from cm_core.detail_net import DetailNetConfig


@dataclass(frozen=True)
class DetailConfig:
    """The network, and how small pictures are spoilt for it while it trains."""

    net: DetailNetConfig = field(default_factory=DetailNetConfig)
    sigma_max: float = 10.0  # times sigma_data: a hundredth of the variance is left then
    noise: float = 0.1  # the most noise on a small picture
    blur: float = 1.0  # the widest blur, in its pixels
    clean: float = 0.25  # fraction of them left as they are
    faithful: float = 0.125  # fraction that learns the mean, from no noise
