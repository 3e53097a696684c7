"""Documents that violate a clause of a schema, derived from its keywords, and one that violates none."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from conformance.language import say

from .schema import Clause, Schema, load, values_at
from .vocabulary import number_at

_OF_TYPE: dict[str, Any] = {
    "string": "text", "integer": 7, "number": 0.5, "boolean": True, "array": [], "object": {}, "null": None,
}  # fmt: skip


def mutations(clause: Clause) -> Iterator[tuple[str, str, Any]]:
    """Ways to break a document that satisfies the clause: (name, path, value), where `None` for the value and the
    name “dropped” mean that the member is removed. They follow from the keywords, not from the validator."""
    if clause.required:
        yield "dropped", clause.path, None
    schema = clause.shallow
    yield from ((name, clause.path, value) for name, value in _wrong_values(schema))


def _wrong_values(schema: Schema) -> Iterator[tuple[str, Any]]:
    if "type" in schema:
        types = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
        accepted = types | ({"integer"} if "number" in types else set())
        for name, value in _OF_TYPE.items():
            if name not in accepted and not (name == "number" and "integer" in types and "jsonInteger" in schema):
                yield say("a value of type {name}", name), value
    if "jsonInteger" in schema and "array" not in str(schema.get("type")):
        yield say("a number with a fraction of zero"), 7.0
        yield say("a number with a fraction"), 7.5
        yield say("a number as a string"), "7"
    if "const" in schema:
        yield say("another value"), f"not {schema['const']}"
    if "enum" in schema:
        yield say("a value outside the enumeration"), "no such value"
    if "minimum" in schema:
        yield say("less than the minimum"), schema["minimum"] - 1
    if "maximum" in schema:
        yield say("more than the maximum"), schema["maximum"] + 1
    if "exclusiveMinimum" in schema:
        yield say("the excluded minimum"), schema["exclusiveMinimum"]
    if "exclusiveMaximum" in schema:
        yield say("the excluded maximum"), schema["exclusiveMaximum"]
    if schema.get("minLength"):
        yield say("an empty string"), ""
    if schema.get("minItems"):
        yield say("an empty array"), []
    if "pattern" in schema:
        yield say("a string of another pattern"), " "
    if schema.get("omitEmpty"):
        yield say("zero instead of absent"), 0
    if schema.get("not") == {}:
        yield say("present"), []
    if schema.get("not") == {"type": "null"}:
        yield say("null"), None
    if isinstance(items := schema.get("items"), dict) and "type" in items and items["type"] != "string":
        yield say("an entry of another type"), ["text"]
    if "additionalProperties" in schema:
        yield say("a member of another type"), {"name": []}


def break_relation(clause: Clause, document: Any) -> None:
    """Change the total of a relation, in place, so that it no longer holds."""
    assert clause.relation is not None
    keyword, relation = clause.relation
    for _, value in list(values_at(document, clause)):
        if not isinstance(value, dict):
            continue
        parts = [number_at(value, part) for part in relation["parts"]]
        if not any(isinstance(part, int) for part in parts):
            continue
        expected = sum(part or 0 for part in parts if not isinstance(part, str))
        *parents, last = relation["total"].removeprefix("/").split("/")
        container = value
        for name in parents:
            container = container[name]
        container[last] = expected + 1 if keyword == "sumOf" else expected - 1


def example(root: str) -> Any:
    """A document that satisfies every clause of a root and shows every member."""
    return deepcopy(load(root)["examples"][0])
