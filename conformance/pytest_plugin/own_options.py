"""The options of the suite on pytest's command line. They are read here, so that a conftest may have options of the
same names, and so that a folder that is a value is not taken for one of tests."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from conformance.settings.options import OPTIONS, Option

_OWN = [option for option in OPTIONS.values() if not option.foreign]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise pytest.UsageError(message)


def read(words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the options by key, None for each that is not given, and the words that are not theirs. Raises
    UsageError."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    for option in _OWN:
        parser.add_argument(option.pytest_name, dest=option.key, **_as_argparse_has_it(option))
    values, rest = parser.parse_known_args([*words])
    return vars(values), rest


def declare(parser: pytest.Parser) -> None:
    """Tell pytest of the options, for its help, and lest it refuses them: except where another plugin or a conftest has
    one of the same name, which both are given then."""
    group = parser.getgroup("conformance", "conformance of a chat-completions endpoint")
    for option in _OWN:
        if _is_free(parser, option.pytest_name):
            told = _as_argparse_has_it(option) | {"help": option.help.replace("%", "%%")}
            group.addoption(option.pytest_name, dest=f"conformance_{option.key}", **told)


def _is_free(parser: pytest.Parser, name: str) -> bool:
    try:
        return bool(parser.parse_known_and_unknown_args([f"{name}=1"])[1])
    except pytest.UsageError:  # it is known, and wants another value
        return False


def _as_argparse_has_it(option: Option) -> dict[str, Any]:
    if option.kind is bool:
        return {"action": "store_true", "default": None}
    return {"metavar": option.metavar, "type": option.kind, "action": "append" if option.many else "store"}
