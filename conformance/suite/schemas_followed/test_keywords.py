"""What a strict schema says: enum and const, nested objects, joined types, references, constraints, size."""

from __future__ import annotations

from conformance.contract.faults import respond, status
from conformance.contract.requests import SCHEMA_NESTED, costly, disputed, drawn
from conformance.evidence.exchange import Exchange

from . import AREA, CONTENT
from .schemas import by_schema, changed, follow, follow_or_reject, said

#: The constant is another one in each run, lest remembered output be taken for what is asked for.
ENUMS = drawn(by_schema("enums", "A purple shirt of size 7, which is a refund. Choose what comes closest."), '"order')
JOINED = by_schema(
    "joined",
    "A rectangle, 3 wide and 4 high; and the book Emma, of which nothing else is known: say null for that.",
    limit=300,
)
DEFINITIONS = by_schema("definitions", "A line from (1, 2) to (3, 4).", "schema.references")
RECURSIVE = by_schema(
    "recursive", "A tree: Ada has the child Ben, who has the child Cleo.", "schema.recursion", limit=300
)
CONSTRAINTS = by_schema(
    "constraints", "Code of part seven, day one of 2026, n is 9, list: 1, 2.", "schema.constraints", limit=300
)
WIDE = costly(
    by_schema("wide", "Fill in every field: x where it is text, 1 where it is a number.", "schema.size", limit=1200)
)
ARRAY_ROOT = disputed(by_schema("array_root", "List Ada and Ben.", "schema.unsupported"))
OPEN = disputed(by_schema("open", "Ada is 36.", "schema.unsupported"))


@AREA.must(
    "write one of the allowed values, with its type, where a strict schema has enum or const",
    on=(ENUMS,),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-04"],
    at=CONTENT,
    hint="Constrain the output by the whole schema; a schema in the prompt is not enough.",
    needs=["request"],
    broken_by={
        "what the prompt suggests": said({"color": "purple", "size": 7, "kind": "refund"}),
        "a number as text": changed(lambda value: value.update(size="1")),
        "another constant": changed(lambda value: value.update(kind="refund")),
    },
)
def test_enums(exchange: Exchange) -> None:
    follow(exchange)


@AREA.must(
    "follow a strict schema of objects in objects and arrays of objects, at every level",
    on=(SCHEMA_NESTED,),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-05"],
    at=CONTENT,
    hint="Pass the schema on whole, with the inner required and additionalProperties.",
    needs=["request"],
    broken_by={
        "a member more at the third level": changed(
            lambda value: value["order"]["customer"]["address"].update(street="Row")
        ),
        "an item as text": changed(lambda value: value["order"].update(items=["SKU-7"])),
        "a member less": changed(lambda value: value["order"]["customer"].pop("address")),
        "wrapped": changed(lambda value: value.update(response=value.pop("order"))),
    },
)
def test_nested(exchange: Exchange) -> None:
    follow(exchange)


@AREA.must(
    "follow a strict schema that joins types: null for what is unknown, and one of several objects",
    on=(JOINED,),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-06"],
    at=CONTENT,
    hint="Keep null in type and every branch of anyOf where the schema is translated.",
    needs=["request"],
    broken_by={
        "what is unknown left out": changed(lambda value: value["nullable"].pop("subtitle")),
        "the word null": changed(lambda value: value["nullable"].update(year="null")),
        "a member of another branch": changed(
            lambda value: value["union"].update(shape={"type": "rect", "w": 3, "h": 4, "r": 1})
        ),
    },
)
def test_joined_types(exchange: Exchange) -> None:
    follow(exchange)


@AREA.should(
    "follow a strict schema with definitions and with references to itself, or reject it",
    on=(DEFINITIONS, RECURSIVE),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-07"],
    at=CONTENT,
    hint="Resolve $ref for an upstream that does not know it, and reject what cannot be resolved.",
    needs=["request"],
    broken_by={
        "what is referred to is free": said({"start": "1, 2", "end": "3, 4"}),
        "children as text": said({"value": "Ada", "children": ["Ben"]}),
        "a failure": status(500),
    },
)
def test_references(exchange: Exchange) -> None:
    follow_or_reject(exchange)


@AREA.should(
    "keep to pattern, format and bounds of a strict schema, or reject it",
    on=(CONSTRAINTS,),
    source="openai-structured-outputs#supported-properties",
    contract=["schema-08"],
    at=CONTENT,
    hint="Reject keywords that the upstream ignores, or check the output.",
    needs=["request"],
    broken_by={
        "another pattern": changed(lambda value: value.update(code="seven")),
        "another format": changed(lambda value: value.update(day="1 January 2026")),
        "out of bounds": changed(lambda value: value.update(n=9)),
        "too few items": changed(lambda value: value["list"].pop()),
        "a failure": status(500),
    },
)
def test_constraints(exchange: Exchange) -> None:
    follow_or_reject(exchange)


@AREA.should(
    "follow a strict schema of a hundred properties, one of them of eight levels, or reject it",
    on=(WIDE,),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-09"],
    at=CONTENT,
    hint="Pass the limits of the upstream on as a 400 that names them.",
    needs=["request"],
    broken_by={
        "a level less": changed(lambda value: value.update(a={"b": {"c": {"d": {"e": {"f": {"g": "x"}}}}}})),
        "a property less": changed(lambda value: value.pop("f050")),
        "a failure": status(500),
    },
)
def test_wide_and_deep(exchange: Exchange) -> None:
    follow_or_reject(exchange)


@AREA.should(
    "reject a strict schema that is not supported with a 4xx, or follow it all the same",
    on=(ARRAY_ROOT, OPEN),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-12"],
    at=CONTENT,
    hint="Pass the upstream's rejection of the schema on; do not answer as if there had been no schema.",
    needs=["request"],
    broken_by={
        "a failure": status(500),
        "text": respond(
            200, {"choices": [{"index": 0, "message": {"content": "Ada and Ben."}, "finish_reason": "stop"}]}
        ),
        "wrapped": respond(
            200, {"choices": [{"index": 0, "message": {"content": '{"items": []}'}, "finish_reason": "stop"}]}
        ),
    },
    needs_model=False,
)
def test_unsupported(exchange: Exchange) -> None:
    follow_or_reject(exchange)
