"""The forms in which others record exchanges, one module each. A module with an ADAPTER is one of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from .adapter import Adapter as Adapter
from .adapter import Record as Record


@cache
def adapters() -> Mapping[str, Adapter]:
    """Each adapter by its name, in the order of the names."""
    modules = (import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__))
    found = (module.ADAPTER for module in modules if hasattr(module, "ADAPTER"))
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def adapter_of(record: Any) -> Adapter | None:
    """The adapter that recognises a record; None where none does."""
    if not isinstance(record, dict):
        return None
    return next((each for each in adapters().values() if each.recognises(record)), None)
