"""The 1000 class names of ImageNet (ILSVRC 2012), in the order of their labels."""

from functools import cache
from pathlib import Path

from cm_core.labels import Labels

NAMES = Path(__file__).with_name("imagenet_classes.txt")


@cache
def class_labels(count: int) -> Labels:
    """Labels of a class-conditional network without a null label, by name where it is ImageNet's.

    count: rows of its embedding table; 0 for an unconditional network.
    """
    if count == 0:
        return Labels()
    names = NAMES.read_text(encoding="utf-8").split("\n")[:-1]
    if count != len(names):
        names = [str(i) for i in range(count)]
    return Labels({"category": tuple(names)}, any=False)
