"""The whole catalogue: every requirement that a module of conformance/suite enters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from conformance.contract.requests import DECLARED
from conformance.contract.requirement import CATALOGUE, Requirement, Scope
from conformance.evidence.exchange import Request

_SUITE = Path(__file__).parent


def load() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the ids."""
    _import()
    return dict(sorted(CATALOGUE.items()))


def one(id: str) -> Requirement | None:
    """The requirement with this id, None where there is none. Of the others no more are loaded than stand beside it."""
    area = id.partition(".")[0]
    if not area.isidentifier():
        return None
    for path in (*sorted(_SUITE.glob(f"{area}/**/test_*.py")), _SUITE / f"test_{area}.py", _SUITE / "test_shape.py"):
        if path.exists() and id not in CATALOGUE:
            _import_one(path)
    return CATALOGUE[id] if id in CATALOGUE else load().get(id)


def modules() -> Mapping[Path, ModuleType]:
    """The modules of requirements, by their files."""
    return _import()


@cache
def _import() -> dict[Path, ModuleType]:
    return {path: _import_one(path) for path in sorted(_SUITE.rglob("test_*.py"))}


def _import_one(path: Path) -> ModuleType:
    return import_module(".".join(["conformance", "suite", *path.relative_to(_SUITE).with_suffix("").parts]))


@cache
def declared() -> tuple[Request, ...]:
    """Every request that the suite declares: those that many requirements share, and those that one names. What a
    scope is judged on follows from this list alone."""
    named = (each.on for each in load().values() if not isinstance(each.on, Scope))
    return tuple(dict.fromkeys((*DECLARED, *(request for requests in named for request in requests))))
