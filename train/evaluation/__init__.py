"""Measures of models of landscapes, for `python -m train evaluate` and `sheet`."""

from cm_core.labels import Labels


def suits(labels: Labels) -> bool:
    """Whether a model with these labels can be measured: its axes are scene and light."""
    return set(labels.axes) == {"scene", "light"}
