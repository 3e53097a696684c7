"""The whole catalogue: every requirement that a module of conformance/suite enters."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from . import suite
from .requirement import CATALOGUE, Requirement


def load() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the ids."""
    for module in sorted(each.name for each in pkgutil.iter_modules(suite.__path__)):
        if module.startswith("test_"):
            import_module(f"{suite.__name__}.{module}")
    return dict(sorted(CATALOGUE.items()))
