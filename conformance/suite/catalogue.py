"""The whole catalogue: every requirement that a module of conformance/suite enters."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from conformance import suite
from conformance.contract.requests import DECLARED
from conformance.contract.requirement import CATALOGUE, Requirement, Scope
from conformance.evidence.exchange import Request


def load() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the ids."""
    modules = (each.name for each in pkgutil.walk_packages(suite.__path__, f"{suite.__name__}."))
    for module in sorted(each for each in modules if each.rpartition(".")[2].startswith("test_")):
        import_module(module)
    return dict(sorted(CATALOGUE.items()))


@cache
def declared() -> tuple[Request, ...]:
    """Every request that the suite declares: those that many requirements share, and those that one names. What a
    family is judged on follows from this list alone."""
    named = (each.on for each in load().values() if not isinstance(each.on, Scope))
    return tuple(dict.fromkeys((*DECLARED, *(request for requests in named for request in requests))))
