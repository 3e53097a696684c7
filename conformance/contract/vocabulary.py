"""The accounting vocabulary, taught to jsonschema (docs/vocabulary.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from conformance.language import joined, say
from conformance.resources import registry

Number = int | float | str | None

#: Keywords that speak of a value itself, not of its members.
SHALLOW = frozenset(
    [
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "not",
        "if",
        "then",
        "else",
        "allOf",
        "anyOf",
        "oneOf",
        "omitEmpty",
        "jsonInteger",
    ]
)


def number_at(value: Any, pointer: str) -> Number:
    """The number a JSON Pointer leads to; None where the member is absent, the text `?` where it is no number, so
    that no sum can be judged."""
    for name in names_of(pointer):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value if isinstance(value, int | float) and not isinstance(value, bool) else "?"


@cache
def names_of(pointer: str) -> tuple[str, ...]:
    """The names of the members that a JSON Pointer leads through."""
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in pointer.removeprefix("/").split("/"))


def pointed_at(document: Any, pointer: str) -> Any:
    """What a JSON Pointer leads to. Raises KeyError."""
    for name in pointer.removeprefix("/").split("/"):
        document = document[name]
    return document


Errors = Iterator[ValidationError]


def _omit_empty(validator: Validator, wanted: bool, instance: Any, schema: Any) -> Errors:
    if wanted and (instance is None or instance is False or instance in ("", [], {}) or _is_zero(instance)):
        yield ValidationError(say("{value} is empty and must be left out", json.dumps(instance)))


def _is_zero(instance: Any) -> bool:
    return isinstance(instance, int | float) and instance == 0


def _json_integer(validator: Validator, wanted: bool, instance: Any, schema: Any) -> Errors:
    if wanted and isinstance(instance, float):
        yield ValidationError(say("{instance!r} was written with a fraction or an exponent", instance))


def _sum_of(validator: Validator, relations: Any, instance: Any, schema: Any) -> Errors:
    yield from _relations("sumOf", relations, instance)


def _at_least_sum_of(validator: Validator, relations: Any, instance: Any, schema: Any) -> Errors:
    yield from _relations("atLeastSumOf", relations, instance)


def _relations(keyword: str, relations: Any, instance: Any) -> Errors:
    for relation in relations:
        if problem := relation_problem(keyword, relation, instance):
            yield ValidationError(problem)


def relation_applies(keyword: str, relation: Mapping[str, Any], value: Any) -> bool:
    """Whether anything is there to be added up."""
    return any(number_at(value, pointer) is not None for pointer in telling(keyword, relation))


def telling(keyword: str, relation: Mapping[str, Any]) -> list[str]:
    """The pointers of a relation to what must be there for it to apply: a part, or the total of an exact sum that may
    not stand alone."""
    alone = keyword == "sumOf" and not relation.get("partsOnly")
    return [*relation["parts"], *([relation["total"]] if alone else [])]


def relation_problem(keyword: str, relation: Mapping[str, Any], value: Any) -> str:
    """Where a total is not what its parts come to, as a sentence; empty where the relation holds, nothing of it is
    there, or one of its values is not a number."""
    if not relation_applies(keyword, relation, value):
        return ""
    total = number_at(value, relation["total"])
    parts = [number_at(value, part) for part in relation["parts"]]
    if any(isinstance(number, str) for number in (total, *parts)):
        return ""
    expected = sum(part for part in parts if isinstance(part, int | float))
    counted = total if isinstance(total, int | float) else 0
    if counted == expected if keyword == "sumOf" else counted >= expected:
        return ""
    name, *names = (pointer.rpartition("/")[2] for pointer in (relation["total"], *relation["parts"]))
    added = joined(" + ", map(_counted, names, parts))
    observed = say("{name} is absent", name) if total is None else say("{name} is {total}", name, total)
    if keyword == "sumOf":
        return say("{observed}, expected {expected} ({parts})", observed, expected, added)
    return say("{observed}, expected at least {expected} ({parts})", observed, expected, added)


def _counted(name: str, number: Number) -> str:
    return say("{name} absent", name) if number is None else f"{name} {number}"


_Accounting: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "omitEmpty": _omit_empty,
        "jsonInteger": _json_integer,
        "sumOf": _sum_of,
        "atLeastSumOf": _at_least_sum_of,
    },
)


def validator(schema: Any, known: Registry[Any] | None = None) -> Validator:
    """A validator that knows the vocabulary, for a schema or the name of a file in schemas/."""
    if isinstance(schema, str):
        schema = {"$ref": f"https://phanedge.cloud/conformance/schemas/{schema}.json"}
    checked: Validator = _Accounting(schema, registry=known or registry())
    return checked
