"""All clauses of a schema as one compiled validator, and which of them a document gives anything to be judged on.

A clause is compiled where jsonschema-rs judges its keywords as jsonschema does, or where it relates numbers. For the
others, and for those that are violated, the requirement's own check is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from conformance.contract.schema import Clause
from conformance.contract.vocabulary import names_of, relation_problem, telling
from conformance.language import say

#: Keywords that mean the same to both libraries, whatever the value. A pattern does not: the dialects of regular
#: expressions differ.
_COMPILED = frozenset(
    [
        "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
        "minItems", "maxItems", "items", "properties", "required", "not", "if", "then", "else", "allOf", "anyOf",
        "oneOf", "omitEmpty", "jsonInteger",
    ]
)  # fmt: skip
_MOST_VALIDATORS = 128  #: of a quarter of a megabyte each
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
        compiled = {1 << bit: _walked(each) for bit, each in enumerate(clauses) if _is_compilable(each)}
        self._compiled = compiled
        self._compilable = _joined(compiled)
        self._validators: dict[int, tuple[Any, list[int]]] = {}  # by their clauses
        self._related = [_related(bit, each) for bit, each in enumerate(clauses) if each.relation]
        self.number = len(clauses)
        #: Those that are judged by their checks wherever a document has what they are about.
        self.uncompiled = _joined(
            1 << bit for bit, each in enumerate(clauses) if not each.relation and not 1 << bit & self._compilable
        )
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

    def judged(self, documents: Sequence[Any], wanted: int) -> tuple[int, int]:
        """Of the wanted clauses those that any of the documents gives something to be judged on, and those that one
        violates, as bits. Raises ValueError or UnicodeEncodeError for a document that cannot be handed to the
        validator."""
        present = 0
        for document in documents:
            present |= self._root.own | _present(self._root, document)
        present &= wanted
        violated = self._violated(documents, wanted & self._compilable)
        for bit, path, problem in self._related:
            if bit & present and any(problem(value) for each in documents for value in _values(each, path)):
                violated |= bit
        return present, violated

    def _violated(self, documents: Sequence[Any], wanted: int) -> int:
        """Of the wanted clauses, all of them compiled, those that a document violates. Of many documents each violates
        the same: the first that is found, then the first of the others, and so on."""
        validator, bits = self._validator(wanted)
        if len(documents) == 1 or len(self._validators) >= _MOST_VALIDATORS:
            if validator.is_valid(documents):
                return 0
            return _joined(bits[error.schema_path[2]] for error in validator.iter_errors(documents))
        found = 0
        while error := _error(validator, documents):
            found |= bits[error.schema_path[2]]
            validator, bits = self._validator(wanted & ~found)
        return found

    def _validator(self, wanted: int) -> tuple[Any, list[int]]:
        """The validator of these clauses, and their bits in its order."""
        known = self._validators.get(wanted)
        if known is None:
            bits = [bit for bit in self._compiled if bit & wanted]
            schemas: list[Any] = [self._compiled[bit] for bit in bits]
            known = _validator({"items": {"allOf": schemas or [True]}}), bits
            if len(self._validators) < _MOST_VALIDATORS:
                self._validators[wanted] = known
        return known


def _joined(bits: Iterable[int]) -> int:
    joined = 0
    for bit in bits:
        joined |= bit
    return joined


def _error(validator: Any, documents: Sequence[Any]) -> Any:
    try:
        validator.validate(documents)
    except jsonschema_rs.ValidationError as error:
        return error
    return None


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


def _is_compilable(clause: Clause) -> bool:
    return not clause.relation and _may(clause.shallow)


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
            raise ValueError(say("empty"))


class _JSONInteger:
    def __init__(self, parent: Any, wanted: Any, path: Any) -> None:
        self._wanted = wanted

    def validate(self, instance: Any) -> None:
        if self._wanted and isinstance(instance, float):
            raise ValueError(say("fraction or exponent"))


def _validator(schema: Any) -> Any:
    return jsonschema_rs.Draft202012Validator(
        schema, keywords={"omitEmpty": _OmitEmpty, "jsonInteger": _JSONInteger}, validate_formats=False
    )


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
