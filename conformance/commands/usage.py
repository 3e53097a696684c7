"""What typer says of wrong usage, as one sentence that can be translated."""

from __future__ import annotations

from typing import Any

import typer

from conformance.language import Said, joined, restored, say, told

#: The exceptions by which typer tells wrong usage, whose class it has no name for.
WRONG_USAGE: Any = typer.BadParameter.__mro__[2]

_MISTAKES = (
    say("No such option: {name} (Possible options: {names})", "", ""),
    say("No such option: {name} Did you mean {names}?", "", ""),
    say("No such option: {name}", ""),
    say("No such command {name}", ""),
    say("Missing argument {name}", ""),
    say("Missing option {name}", ""),
    say("Missing command"),
    say("Got unexpected extra argument ({names})", ""),
    say("Got unexpected extra arguments ({names})", ""),
    say("Option {name} requires an argument", ""),
    say("Option {name} does not take a value", ""),
    say("Invalid value for {name}: {mistake}", "", ""),
    say("Invalid value: {mistake}", ""),
)
_VALUES = (
    say("Input should be greater than or equal to {least}", ""),
    say("Input should be less than or equal to {most}", ""),
    say("Input should be a valid integer, unable to parse string as an integer"),
    say("Input should be a valid number, unable to parse string as a number"),
    say("{value} is not a valid integer", ""),
    say("{value} is not a valid float", ""),
    say("{value} is not in the range {range}", "", ""),
    say("Value error, {value} is not one of {values}", "", ""),
    say("{value} is not one of {values}", "", ""),
    say("{value} does not match the formats {formats}", "", ""),
)


def told_of(error: Any) -> str:
    """What is wrong, and which help says how it is right."""
    found = restored(error.format_message().strip().removesuffix("."), _MISTAKES)
    if isinstance(found, Said) and "mistake" in found.values:
        values = {**found.values, "mistake": restored(found.values["mistake"], _VALUES)}
        found = Said(found.template, values)
    context = getattr(error, "ctx", None)
    if context is None:
        return told(found)
    return told(joined("; ", (found, say("{command} --help explains the usage", context.command_path))))
