"""All clauses of a schema at once: which of them a document gives anything to be judged on, and which it may violate.

A document is walked once. At each of its members the clauses about it are told whether its value surely satisfies them
(sure.py). For the others the requirement's own check is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.contract.schema import Clause
from conformance.contract.vocabulary import names_of, relation_problem, telling

from .sure import Sure, Tests, tests_of

_MOST = 10_000  #: sets of names that are remembered of a place


@dataclass
class _Place:
    """A place in documents: the clauses about the member that stands there, as bits, with what says that its value
    satisfies one; those about members that may be missing from it; the places in it, that of an array's entries under
    `*`; what is known of values of a type, and of objects with the same names."""

    own: int = 0
    sure: list[tuple[int, Tests]] = field(default_factory=list)
    lacking: list[tuple[int, str, bool]] = field(default_factory=list)  #: with the name, and whether it is to be there
    inside: dict[str, _Place] = field(default_factory=dict)
    kinds: dict[type, _Kind] = field(default_factory=dict)
    known: dict[tuple[str, ...], _Object] = field(default_factory=dict)


#: Of the clauses about a value of a type those that it does not surely satisfy, and tests of the value for others.
_Kind = tuple[int, tuple[tuple[int, Sure], ...]]


class _Object(NamedTuple):
    """What is known of objects with the same names: the clauses that are judged on them, and of these those that are
    violated for a name that is missing; the members to look at, each with its place, and whether clauses are about what
    is in it."""

    present: int
    asked: int
    members: tuple[tuple[str, _Place, bool], ...]


class Shapes:
    """The clauses of one root, each with a bit: the first has bit 0."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self._related = [_related(bit, each) for bit, each in enumerate(clauses) if each.relation]
        self.number = len(clauses)
        self._root = _Place()
        for bit, clause in enumerate(clauses):
            self._enter(clause, 1 << bit)

    def _enter(self, clause: Clause, bit: int) -> None:
        *parents, last = names = _names(clause.path) or ("",)
        if clause.relation:
            for pointer in telling(*clause.relation):
                self._place((*_names(clause.path), *names_of(pointer))).own |= bit
            return
        if clause.path and last != "*" and (clause.required or clause.forbidden):
            self._place(parents).lacking.append((bit, last, not clause.forbidden))
        place = self._place(names if clause.path else ())
        place.own |= bit
        if clause.shallow:
            place.sure.append((bit, tests_of(clause.shallow)))

    def _place(self, names: Sequence[str]) -> _Place:
        place = self._root
        for name in names:
            place = place.inside.setdefault(name, _Place())
        return place

    def judged(self, documents: Sequence[Any], wanted: int) -> tuple[int, int]:
        """Of the wanted clauses those that any of the documents gives something to be judged on, and of these those
        that one may violate, as bits."""
        present = asked = 0
        for document in documents:
            found, doubtful = _walked(self._root, document)
            present |= self._root.own | found
            asked |= doubtful | _doubtful(self._root, document)
        for bit, path, problem in self._related:
            if bit & present & wanted and any(problem(value) for each in documents for value in _values(each, path)):
                asked |= bit
        return present & wanted, asked & wanted


def _doubtful(place: _Place, value: Any) -> int:
    """The clauses about the member that stands at a place, which its value does not surely satisfy."""
    known = place.kinds.get(type(value))
    if known is None:
        known = place.kinds[type(value)] = _of_kind(place, value)
    doubtful, tests = known
    for bit, sure in tests:
        if not sure(value):
            doubtful |= bit
    return doubtful


def _of_kind(place: _Place, value: Any) -> _Kind:
    doubtful = sum(bit for bit, each in place.sure if not each.of_type(value))
    return doubtful, tuple((bit, test) for bit, each in place.sure if each.of_type(value) for test in each.of_value)


def _walked(place: _Place, value: Any) -> tuple[int, int]:
    """The clauses about what is within a value that it gives something to be judged on, and those that it may
    violate."""
    if type(value) is dict:
        names = tuple(value)
        known = place.known.get(names)
        if known is None:
            known = _remembered(place, names)
        present, asked, members = known
        for name, each, is_deep in members:
            within = value[name]
            asked |= _doubtful(each, within)
            if is_deep and type(within) in _CONTAINERS:
                found, doubtful = _walked(each, within)
                present |= found
                asked |= doubtful
        return present, asked
    present = asked = 0
    if type(value) is list and value and (entries := place.inside.get("*")):
        present = entries.own
        for each in value:
            asked |= _doubtful(entries, each)
            if type(each) in _CONTAINERS:
                found, doubtful = _walked(entries, each)
                present |= found
                asked |= doubtful
    return present, asked


_CONTAINERS = frozenset({dict, list})


def _remembered(place: _Place, names: tuple[str, ...]) -> _Object:
    """What is known of objects with these names at a place."""
    present = asked = 0
    for bit, name, wanted in place.lacking:
        present |= bit
        if (name in names) is not wanted:
            asked |= bit
    members = []
    for name in names:
        each = place.inside.get(name) if name != "*" else None
        if each is not None:
            present |= each.own
            members.append((name, each, bool(each.inside or each.lacking)))
    found = _Object(present, asked, tuple(members))
    if len(place.known) < _MOST:
        place.known[names] = found
    return found


# --- the accounting vocabulary ------------------------------------------------------------------------------

_ABSENT = object()
_Related = tuple[int, tuple[str, ...], Callable[[Any], bool]]


def _related(bit: int, clause: Clause) -> _Related:
    """A relation of numbers: its bit, where the object is, and whether one violates it. Where the total and parts of it
    are there and whole, nothing needs to be worded; what is absent adds nothing."""
    assert clause.relation is not None
    keyword, relation = clause.relation
    pointers = [names_of(each) for each in (relation["total"], *relation["parts"])]

    def problem(value: Any) -> bool:
        total = _at(value, pointers[0])
        found = [part for each in pointers[1:] if (part := _at(value, each)) is not _ABSENT]
        if found and type(total) is int and not [part for part in found if type(part) is not int]:
            expected = sum(found)
            return bool(total != expected if keyword == "sumOf" else total < expected)
        return bool(relation_problem(keyword, relation, value))

    return 1 << bit, _names(clause.path), problem


def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _at(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if type(value) is not dict or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _values(document: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield document
    elif path[0] == "*":
        for each in document if type(document) is list else ():
            yield from _values(each, path[1:])
    elif type(document) is dict and path[0] in document:
        yield from _values(document[path[0]], path[1:])
