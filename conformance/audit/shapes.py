"""All clauses of a schema as one compiled validator, and which of them a document gives anything to be judged on.

A clause is compiled where jsonschema-rs judges its keywords as jsonschema does, or where it relates numbers. For the
others, and for those that are violated, the requirement's own check is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from conformance.contract.schema import Clause
from conformance.contract.vocabulary import names_of, relation_problem, telling

#: Keywords that mean the same to both libraries, whatever the value. A pattern does not: the dialects of regular
#: expressions differ.
_COMPILED = frozenset(
    [
        "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
        "minItems", "maxItems", "items", "properties", "required", "not", "if", "then", "else", "allOf", "anyOf",
        "oneOf", "omitEmpty", "jsonInteger",
    ]
)  # fmt: skip
_MOST = 10_000  #: sets of names that are remembered of a place


@dataclass
class _Place:
    """A place in documents: the clauses about the member that stands there, and about members that may be missing from
    it, as bits; the places in it, that of an array's entries under `*`."""

    own: int = 0
    lacking: int = 0
    inside: dict[str, _Place] = field(default_factory=dict)
    known: dict[tuple[str, ...], tuple[int, tuple[tuple[str, _Place], ...]]] = field(default_factory=dict)


class Shapes:
    """The clauses of one root, each with a bit: the first has bit 0."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        compiled = {bit: _walked(each) for bit, each in enumerate(clauses) if not each.relation and _may(each.shallow)}
        self._bits = list(compiled)
        self._validator = _validator({"items": {"allOf": list(compiled.values()) or [True]}})
        self._related = [_related(bit, each) for bit, each in enumerate(clauses) if each.relation]
        self.number = len(clauses)
        #: Those that are judged by their checks wherever a document has what they are about.
        self.uncompiled = sum(1 << bit for bit, each in enumerate(clauses) if bit not in compiled and not each.relation)
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
            self._place(parents).lacking |= bit
        self._place(names if clause.path else ()).own |= bit

    def _place(self, names: Sequence[str]) -> _Place:
        place = self._root
        for name in names:
            place = place.inside.setdefault(name, _Place())
        return place

    def judged(self, documents: Sequence[Any]) -> tuple[int, int]:
        """The clauses that any of the documents gives something to be judged on, and of them those that one violates,
        as bits. Raises ValueError or UnicodeEncodeError for a document that cannot be handed to the validator."""
        present = violated = 0
        for document in documents:
            present |= self._root.own | _present(self._root, document)
        if not self._validator.is_valid(documents):
            violated = self._violated(documents)
        for bit, path, problem in self._related:
            if bit & present and any(problem(value) for each in documents for value in _values(each, path)):
                violated |= bit
        return present, violated

    def _violated(self, documents: Sequence[Any]) -> int:
        found = 0
        for error in self._validator.iter_errors(documents):
            found |= 1 << self._bits[error.schema_path[2]]
        return found


def _present(place: _Place, value: Any) -> int:
    """The clauses about what is within a value that it gives something to be judged on."""
    if type(value) is dict:
        names = tuple(value)
        known = place.known.get(names)
        if known is None:
            known = _remembered(place, names)
        bits, inside = known
        for name, each in inside:
            bits |= _present(each, value[name])
        return bits
    bits = 0
    if type(value) is list and value and (entries := place.inside.get("*")):
        bits = entries.own
        if entries.inside or entries.lacking:
            for each in value:
                bits |= _present(entries, each)
    return bits


def _remembered(place: _Place, names: tuple[str, ...]) -> tuple[int, tuple[tuple[str, _Place], ...]]:
    """Of an object with these members the clauses about them, and the places among them with others within."""
    places = {name: each for name in names if name != "*" and (each := place.inside.get(name))}
    bits = place.lacking
    for each in places.values():
        bits |= each.own
    found = bits, tuple((name, each) for name, each in places.items() if each.inside or each.lacking)
    if len(place.known) < _MOST:
        place.known[names] = found
    return found


def _may(schema: Any) -> bool:
    """Whether a schema has no other keywords than those that are compiled."""
    if isinstance(schema, list):
        return all(map(_may, schema))
    if not isinstance(schema, Mapping):
        return True
    inside = [
        value for name, value in schema.items() if name not in ("enum", "const", "properties", "required", "type")
    ]
    return schema.keys() <= _COMPILED and all(map(_may, [*inside, *schema.get("properties", {}).values()]))


def _walked(clause: Clause) -> Mapping[str, Any]:
    """The clause as a schema of whole documents."""
    schema: dict[str, Any] = dict(clause.shallow)
    for place, name in enumerate(reversed(_names(clause.path))):
        if name == "*":
            schema = {"items": schema}
        else:
            required = {"required": [name]} if clause.required and not place else {}
            schema = {"properties": {name: schema}} | required
    return schema


# --- the accounting vocabulary ------------------------------------------------------------------------------


class _OmitEmpty:
    def __init__(self, parent: Any, wanted: Any, path: Any) -> None:
        self._wanted = wanted

    def validate(self, instance: Any) -> None:
        if self._wanted and not instance:
            raise ValueError("empty")


class _JSONInteger:
    def __init__(self, parent: Any, wanted: Any, path: Any) -> None:
        self._wanted = wanted

    def validate(self, instance: Any) -> None:
        if self._wanted and isinstance(instance, float):
            raise ValueError("fraction or exponent")


def _validator(schema: Any) -> Any:
    return jsonschema_rs.Draft202012Validator(
        schema, keywords={"omitEmpty": _OmitEmpty, "jsonInteger": _JSONInteger}, validate_formats=False
    )


_Related = tuple[int, tuple[str, ...], Callable[[Any], bool]]


def _related(bit: int, clause: Clause) -> _Related:
    """A relation of numbers: its bit, where the object is, and whether one violates it. Where all numbers are there and
    whole, nothing needs to be worded."""
    assert clause.relation is not None
    keyword, relation = clause.relation
    pointers = [names_of(each) for each in (relation["total"], *relation["parts"])]

    def problem(value: Any) -> bool:
        total, *parts = (_at(value, each) for each in pointers)
        if type(total) is int and all(type(each) is int for each in parts):
            return bool(total != sum(parts) if keyword == "sumOf" else total < sum(parts))
        return bool(relation_problem(keyword, relation, value))

    return 1 << bit, _names(clause.path), problem


def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _at(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = value.get(name) if type(value) is dict else None
    return value


def _values(document: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield document
    elif path[0] == "*":
        for each in document if type(document) is list else ():
            yield from _values(each, path[1:])
    elif type(document) is dict and path[0] in document:
        yield from _values(document[path[0]], path[1:])
