"""Checks of configs read from files, before anything is built from them.

Dataclasses declare types and ranges in annotations, which pydantic checks; `__post_init__` checks
how their values fit together.
"""

import json
import reprlib
from collections.abc import Mapping
from functools import cache
from typing import Annotated, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from cm_core.errors import SettingError

# The `__pydantic_config__` of a dataclass and of those nested in it.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, revalidate_instances="always")
Kind = TypeVar("Kind")


def different(names: tuple) -> tuple:
    """The values, or ValueError where one is there twice."""
    if len(set(names)) < len(names):
        raise ValueError(f"has {max(names, key=names.count)!r} twice")
    return names


Name = Annotated[str, Field(min_length=1, max_length=200)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Sigma = Annotated[float, Field(ge=0, le=10_000)]  # a noise level
Std = Annotated[float, Field(gt=0, le=1_000)]  # a standard deviation of pictures
Names = Annotated[
    tuple[Name, ...], Field(min_length=1, max_length=50_000), AfterValidator(different)
]
# Factors of a network's width by level; from 256 pixels, the ninth level has one position.
Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1, max_length=9)
]
Channels = Annotated[int, Field(ge=2, le=4096, multiple_of=2)]  # sines and cosines: even


def check_sigmas(sigma_min: float, sigma_max: float, sigma_data: float) -> None:
    """Raises SettingError unless 0 <= sigma_min < sigma_max and sigma_data > 0."""
    if not sigma_min < sigma_max or not sigma_data > 0:
        raise SettingError(
            f"Noise goes from sigma_min up to a larger sigma_max, around a sigma_data above 0: not "
            f"{sigma_min:g}, {sigma_max:g}, {sigma_data:g}."
        )


@cache
def adapter(kind: type[Kind]) -> TypeAdapter[Kind]:
    """The validator of a type; cached, as it is slow to build."""
    return TypeAdapter(kind)


def parse(kind: type[Kind], values: Mapping) -> Kind:
    """A dataclass from the values of JSON or TOML. Raises SettingError for the first wrong one."""
    try:
        return adapter(kind).validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise SettingError(complaint(error)) from None


def check(made: object) -> None:
    """Validate a dataclass that was built from a file. Raises SettingError."""
    try:
        adapter(type(made)).validate_python(made)
    except ValidationError as error:
        raise SettingError(complaint(error)) from None


def complaint(error: ValidationError) -> str:
    """The first fault of an error, as a sentence without its full stop."""
    faults = error.errors(include_url=False)
    # A misspelt name is reported before the missing one that it stands for.
    strange = [fault for fault in faults if fault["type"] == "unexpected_keyword_argument"]
    fault = (strange or faults)[0]
    where = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    if fault["type"] == "unexpected_keyword_argument":
        return f"'{where}' is no setting"
    if fault["type"].startswith("missing"):
        return f"'{where}' is missing"
    if fault["type"] == "value_error":
        return f"'{where}' {fault.get('ctx', {}).get('error')}"
    _, _, what = fault["msg"].partition(" ")  # after "Input", "Tuple" and the like
    given = "" if ", not " in what else f", not {reprlib.repr(fault['input'])}"
    return f"'{where}' {what}{given}"
