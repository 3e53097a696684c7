"""The whole catalogue: every requirement that a module of conformance/suite enters."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from conformance import suite
from conformance.contract.requests import DECLARED
from conformance.contract.requirement import CATALOGUE, Family, Requirement
from conformance.evidence.exchange import Request


def load() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the ids."""
    for module in sorted(each.name for each in pkgutil.iter_modules(suite.__path__)):
        if module.startswith("test_"):
            import_module(f"{suite.__name__}.{module}")
    return dict(sorted(CATALOGUE.items()))


@cache
def declared() -> tuple[Request, ...]:
    """Every request that the suite declares: those that many requirements share, and those that one names. What a
    family is judged on follows from this list alone."""
    named = (each.on for each in load().values() if not isinstance(each.on, Family))
    return tuple(dict.fromkeys((*DECLARED, *(request for requests in named for request in requests))))
