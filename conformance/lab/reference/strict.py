"""What is wrong with a JSON Schema, in itself and for structured outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .facts import facts
from .generate import instance
from .patterns import Unwritable

Path = tuple[str, ...]
_SCHEMAS_BY_NAME = ("properties", "$defs", "definitions")
_SCHEMAS = ("anyOf", "oneOf", "items")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_TEXTS = ("$ref", "pattern", "format")


def fault_of(schema: dict[str, Any]) -> str | None:
    """What makes this no JSON Schema: a keyword whose value is of the wrong kind. None where nothing does."""
    for path, each in _subschemas(schema, ()):
        if not isinstance(each, dict):
            if not isinstance(each, bool):
                return f"in context {path}, {str(each)[:50]!r} is not a schema"
            continue
        for keyword in each:
            if not _is_valid(keyword, each[keyword]):
                return f"in context {path}, {keyword!r} has a value of the wrong type"
    return None


def strict_fault(schema: dict[str, Any]) -> str | None:
    """What structured outputs do not support: a root that is no object, objects that leave properties open or
    optional, and keywords that cannot be followed (OpenAI, structured outputs). None where all is supported."""
    if fault := fault_of(schema):
        return fault
    if schema.get("type") != "object" or "anyOf" in schema:
        return "schema must have type 'object' and not have 'anyOf' at the top level"
    for path, each in _subschemas(schema, ()):
        if isinstance(each, dict) and (each.get("type") == "object" or "properties" in each):
            if each.get("additionalProperties") is not False:
                return f"in context {path}, 'additionalProperties' is required to be supplied and to be false"
            if set(each.get("required", ())) != set(each.get("properties", ())):
                return f"in context {path}, 'required' must list every key in properties"
    try:
        instance(schema, facts(""))
    except Unwritable as error:
        return str(error)
    return None


def _subschemas(schema: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The schema and those in it, also where something else stands in the place of one."""
    yield path, schema
    if not isinstance(schema, dict):
        return
    for keyword in _SCHEMAS_BY_NAME:
        inner = schema.get(keyword)
        for name, each in inner.items() if isinstance(inner, dict) else ():
            yield from _subschemas(each, (*path, keyword, name))
    for keyword in _SCHEMAS:
        if keyword in schema:
            inner = schema[keyword]
            for each in inner if isinstance(inner, list) else [inner]:
                yield from _subschemas(each, (*path, keyword))


def _is_valid(keyword: str, value: Any) -> bool:
    if keyword in _SCHEMAS_BY_NAME:
        return isinstance(value, dict)
    if keyword in ("anyOf", "oneOf"):
        return isinstance(value, list) and bool(value)
    if keyword == "type":
        return isinstance(value, str) or _are_strings(value)
    if keyword == "required":
        return _are_strings(value)
    if keyword == "enum":
        return isinstance(value, list)
    if keyword in _TEXTS:
        return isinstance(value, str)
    if keyword in _SIZES:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if keyword in _NUMBERS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (keyword != "multipleOf" or value > 0)
    return True


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
