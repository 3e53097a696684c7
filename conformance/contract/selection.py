"""Which requirements are judged, where not all are: by group, area, or id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from conformance.evidence.exchange import Request
from conformance.language import say
from conformance.text import nearest_few

from .requests import (
    AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_MIXED,
    CACHE_MIXED_STREAM,
    CACHE_WARM,
    CACHE_WARM_STREAM,
)
from .requirement import Requirement, Scope

#: Groups of areas by what a person wants to know.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "core": ("transport", "auth", "completion", "envelope", "message", "usage", "error", "validation"),
    "billing": ("usage", "cache", "caching"),
    "streaming": ("framing", "chunk", "streaming", "equivalence"),
    "tools": ("tools", "tool_use", "tool_call"),
    "structured-output": ("structured_output", "schemas_followed"),
}
_FEW = 2  #: requests by which a scope is judged, plain and streamed each, where only some requirements are
#: Only the replies to these show what money rests on: a write, a hit, both lifetimes, a stream.
_TELLING = (
    CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM, CACHE_HOUR, CACHE_MIXED, CACHE_MIXED_STREAM, AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM,
)  # fmt: skip


class SelectError(ValueError):
    """A name that is none; the message is one sentence with the nearest."""


def chosen(
    catalogue: Mapping[str, Requirement], select: Sequence[str], deselect: Sequence[str]
) -> dict[str, Requirement]:
    """The requirements that are selected (all, where none is named) and not deselected. Raises SelectError."""
    wanted = _named(catalogue, select, "--select") if select else set(catalogue)
    unwanted = _named(catalogue, deselect, "--deselect")
    found = {id: requirement for id, requirement in catalogue.items() if id in wanted - unwanted}
    if not found:
        raise SelectError(say("--deselect: nothing is left to be judged"))
    return found


def _named(catalogue: Mapping[str, Requirement], names: Iterable[str], option: str) -> set[str]:
    areas = {requirement.area for requirement in catalogue.values()}
    found: set[str] = set()
    for name in (each for given in names for each in given.split(",")):
        if name in catalogue:
            found.add(name)
        elif name in GROUPS or name in areas:
            within = GROUPS.get(name, (name,))
            found |= {id for id, requirement in catalogue.items() if requirement.area in within}
        else:
            hint = nearest_few(name, [*GROUPS, *areas, *catalogue])
            raise SelectError(
                say("{option}: there is no group, area or requirement {name!r}{hint}", option, name, hint)
            )
    return found


def asked_for(requirements: Iterable[Requirement], declared: Sequence[Request]) -> list[Request]:
    """The declared requests that it takes to judge these requirements: those that they name, and a few of each family
    beside, so that to judge little costs little."""
    known = list(requirements)
    wanted = {request for each in known if not isinstance(each.on, Scope) for request in each.on}
    for family in dict.fromkeys(each.on for each in known if isinstance(each.on, Scope)):
        for streamed in (False, True):
            meant = [request for request in declared if family.meant(request) and request.streams is streamed]
            others = [request for request in meant if request not in wanted]
            wanted |= set(others[: max(0, _FEW - (len(meant) - len(others)))])
    if any(each.area in GROUPS["billing"] and isinstance(each.on, Scope) for each in known):
        wanted |= set(_TELLING)
    return [request for request in declared if request in wanted]
