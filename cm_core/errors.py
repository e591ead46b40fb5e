"""Errors whose message is one sentence for the user."""


class OneStrokeError(Exception):
    """Base of all errors that a user can cause; show `str(error)` as it is."""


class CheckpointError(OneStrokeError):
    """A checkpoint that cannot be found, read or matched to its network."""


class ImageError(OneStrokeError):
    """A picture, mask or hint that does not fit what was asked."""


class SettingError(OneStrokeError):
    """A setting outside of its range, or an unknown name: steps, sigma, strength, label."""


class DataError(OneStrokeError):
    """A training set that cannot be built or read."""


class TrainingError(OneStrokeError):
    """A training run that cannot start or cannot go on."""


class ConfigError(OneStrokeError):
    """A training preset with an unknown key or a value that cannot work."""
