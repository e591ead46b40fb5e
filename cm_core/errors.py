"""Errors whose message is one sentence for the person who gave the input."""


class OneStrokeError(Exception):
    """Base of every error a user can cause; `str(error)` is fit to be shown as it is."""


class CheckpointError(OneStrokeError):
    """A checkpoint that cannot be found, read or matched to its network."""


class ImageError(OneStrokeError):
    """A picture, mask or hint that does not fit what was asked."""


class SettingError(OneStrokeError):
    """A number or name outside of its range: steps, sigma, strength, label."""


class DataError(OneStrokeError):
    """A training set that cannot be built or read."""


class TrainingError(OneStrokeError):
    """A training run that cannot begin where it was asked to, or cannot go on."""


class ConfigError(OneStrokeError):
    """A training preset with an unknown key or a value that cannot work."""
