"""A schema as a function that says yes where a value surely satisfies it; of other values jsonschema has to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

Sure = Callable[[Any], bool]

#: Python's types of JSON's; a float may stand for an integer.
_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
}
_NUMBERS, _TEXTS = frozenset({int, float}), frozenset({str, type(None)})


class Tests(NamedTuple):
    """A schema in two parts: what it says of the type of a value, and of the value itself. Both have to say yes."""

    of_type: Sure
    of_value: tuple[Sure, ...]


def tests_of(schema: Mapping[str, Any]) -> Tests:
    """The two parts of a schema."""
    of_type = {keyword: each for keyword, each in schema.items() if keyword in ("type", "not", "jsonInteger")}
    rest = {keyword: each for keyword, each in schema.items() if keyword not in of_type}
    return Tests(sure_of(of_type), (sure_of(rest),) if rest else ())


def sure_of(schema: Mapping[str, Any]) -> Sure:
    """What says yes only to values that satisfy the schema. For a keyword that is not known here it always says no."""
    plain = {keyword: wanted for keyword, wanted in schema.items() if keyword not in _BRANCHES}
    tests = [_test(keyword, wanted) for keyword, wanted in plain.items()]
    if "if" in schema:
        tests.append(_branching(schema))
    if len(tests) == 1:
        return tests[0]
    return partial(_all, tuple(tests))


def _all(tests: tuple[Sure, ...], value: Any) -> bool:
    for test in tests:  # noqa: SIM110 (a generator takes twice as long)
        if not test(value):
            return False
    return True


_BRANCHES = ("if", "then", "else")


def _branching(schema: Mapping[str, Any]) -> Sure:
    """Of `if` it has to be known whether a value satisfies it: it says which members there are, and texts in them."""
    condition, then, otherwise = (schema.get(name, {}) for name in _BRANCHES)
    members = condition.get("properties", {}).values()
    if not condition.keys() <= {"properties", "required"} or not all(_is_text(each) for each in members):
        return lambda _: False
    holds, on_yes, on_no = sure_of(condition), sure_of(then), sure_of(otherwise)
    return lambda value: on_yes(value) if holds(value) else on_no(value)


def _is_text(schema: Mapping[str, Any]) -> bool:
    return schema.keys() == {"const"} and isinstance(schema["const"], str)


def _test(keyword: str, wanted: Any) -> Sure:
    match keyword, wanted:
        case "type", _:
            kinds = _kinds(wanted)
            return lambda value: type(value) in kinds
        case "jsonInteger", True:
            return lambda value: type(value) is not float
        case "omitEmpty", True:
            return bool
        case "enum", [*values] if {*map(type, values)} <= _TEXTS:
            texts = frozenset(values)
            return lambda value: type(value) in _TEXTS and value in texts
        case "const", str():
            return lambda value: type(value) is str and value == wanted
        case "items", {}:
            entry = sure_of(wanted)
            return lambda value: type(value) is not list or all(map(entry, value))
        case "required", [*names]:
            return lambda value: type(value) is not dict or all(name in value for name in names)
        case "properties", {}:
            members = [(name, sure_of(each)) for name, each in wanted.items()]
            return lambda value: (
                type(value) is not dict or all(name not in value or sure(value[name]) for name, sure in members)
            )
        case "not", {"type": excluded, **rest} if not rest:
            kinds = _kinds(excluded) | (_NUMBERS if {"integer", "number"} & {*_listed(excluded)} else frozenset())
            return lambda value: type(value) not in kinds
        case _:
            return _limit(keyword, wanted)


def _limit(keyword: str, most: Any) -> Sure:
    match keyword:
        case "minimum":
            return lambda value: type(value) not in _NUMBERS or value >= most
        case "maximum":
            return lambda value: type(value) not in _NUMBERS or value <= most
        case "exclusiveMinimum":
            return lambda value: type(value) not in _NUMBERS or value > most
        case "exclusiveMaximum":
            return lambda value: type(value) not in _NUMBERS or value < most
        case "minLength":
            return lambda value: type(value) is not str or len(value) >= most
        case "minItems":
            return lambda value: type(value) is not list or len(value) >= most
    return lambda _: False


def _listed(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def _kinds(types: str | list[str]) -> frozenset[type]:
    return frozenset(kind for name in _listed(types) for kind in _TYPES[name])
