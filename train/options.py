"""The parser and the type of option that several commands share."""

import argparse
from collections.abc import Callable


def model_command(
    commands, name: str, function: Callable[[argparse.Namespace], None], help: str
) -> argparse.ArgumentParser:
    """The parser of a command whose first argument is a model."""
    parser = commands.add_parser(name, help=help)
    parser.add_argument("checkpoint", help="a model's name or a checkpoint folder")
    parser.set_defaults(function=function)
    return parser


def at_least_one(text: str) -> int:
    """A whole number from 1, below 10^9. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not '{text}'")
    return int(text)
