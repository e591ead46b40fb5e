"""What a file says of a model or a run is checked here, before anything is built of it.

The dataclasses carry kinds and ranges in their annotations, which pydantic reads, and in
`__post_init__` what must hold between their values.
"""

import json
import reprlib
from collections.abc import Mapping
from functools import cache
from typing import Annotated, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from cm_core.errors import SettingError

# As a dataclass's `__pydantic_config__`; those inside of it follow suit.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, revalidate_instances="always")
Kind = TypeVar("Kind")


def different(names: tuple) -> tuple:
    """Values of which none comes twice. Raises ValueError."""
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
# Times a network's width, by level: of 256 pixels a side, the ninth has one.
Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1, max_length=9)
]
Channels = Annotated[int, Field(ge=2, le=4096, multiple_of=2)]  # sines and cosines: even


def check_sigmas(sigma_min: float, sigma_max: float, sigma_data: float) -> None:
    """Refuse noise levels without a range, or data that does not vary. Raises SettingError."""
    if not sigma_min < sigma_max or not sigma_data > 0:
        raise SettingError(
            f"Noise goes from sigma_min up to a larger sigma_max, around a sigma_data above 0: not "
            f"{sigma_min:g}, {sigma_max:g}, {sigma_data:g}."
        )


@cache
def adapter(kind: type[Kind]) -> TypeAdapter[Kind]:
    """What checks a kind of value; made once, for that takes a while."""
    return TypeAdapter(kind)


def parse(kind: type[Kind], values: Mapping) -> Kind:
    """A dataclass of values as JSON or TOML have them. Raises SettingError: the first wrong one."""
    try:
        return adapter(kind).validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise SettingError(complaint(error)) from None


def check(made: object) -> None:
    """Refuse a dataclass that was built from what a file says. Raises SettingError."""
    try:
        adapter(type(made)).validate_python(made)
    except ValidationError as error:
        raise SettingError(complaint(error)) from None


def complaint(error: ValidationError) -> str:
    """The first of an error's faults, as a sentence without its full stop."""
    faults = error.errors(include_url=False)
    # What is missing may stand there by another name.
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
