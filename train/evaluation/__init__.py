"""How models of landscapes are judged: what `python -m train evaluate` and `sheet` do for them."""

from cm_core.labels import Labels


def suits(labels: Labels) -> bool:
    """Whether a model with these labels is judged here: they are scene and light."""
    return set(labels.axes) == {"scene", "light"}
