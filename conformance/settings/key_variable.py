"""The name of the environment variable that holds the API key: what can be one, and which a file may name."""

from __future__ import annotations

import os
import re

#: Parts of few characters each, lest a key is taken for a name.
_USUAL = re.compile(r"[A-Z][A-Z0-9]{0,15}(_[A-Z0-9]{1,16}){0,9}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_A_KEY = re.compile(r"([A-Z][A-Z0-9]{0,15}_)([A-Z0-9]{1,16}_){0,8}API_KEY")


def is_name(name: str) -> bool:
    """Whether a shell takes this for the name of a variable, and for nothing else."""
    return _NAME.fullmatch(name) is not None


def is_variable(name: str) -> bool:
    """Whether this is the name of a variable, as opposed to a key that stands in its place: written as is usual, or of
    one that is set."""
    return _USUAL.fullmatch(name) is not None or (is_name(name) and name in os.environ)


def is_of_a_key(name: str) -> bool:
    """Whether a file, which others may have written, may name this variable: its name ends in _API_KEY."""
    return _OF_A_KEY.fullmatch(name) is not None
