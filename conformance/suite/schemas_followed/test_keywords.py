"""Strict schemas one by one: what the keywords of JSON Schema are worth, and what stands around them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry

from conformance.contract.faults import only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import OUTPUT_SCHEMAS, PLAIN, SCHEMA_FLAT, SCHEMA_NESTED, chat, costly
from conformance.contract.requirement import Fault
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.send import Send
from conformance.suite.support.agreement import agree_when_sent, prompt_tokens
from conformance.suite.support.parameters import AT_END
from conformance.suite.support.refusals import refuses
from conformance.suite.support.structured import outputs

from . import AREA

CONTENT = "choices.*.message.content"


def _objects(**properties: Any) -> dict[str, Any]:
    """A strict schema of an object with these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _wide() -> dict[str, Any]:
    """A hundred properties, text and whole numbers by turns, and one more of eight levels."""
    kinds = ({"type": "integer"}, {"type": "string"})
    flat = {f"f{number:03}": kinds[number % 2] for number in range(1, 101)}
    return _objects(**flat, **OUTPUT_SCHEMAS["deep"]["properties"])


_JOINED = {name: OUTPUT_SCHEMAS[name] for name in ("nullable", "union")}
SCHEMAS = OUTPUT_SCHEMAS | {"wide": _wide(), "joined": _objects(**_JOINED)}


def by_schema(name: str, content: str, *features: str, label: str = "", limit: int = 300) -> Request:
    """A request for output by one of these strict schemas. A feature says what is demanding about it."""
    named = {"name": name, "strict": True, "schema": SCHEMAS[name]}
    output = {"type": "json_schema", "json_schema": named}
    label = label or f"schema-{name.replace('_', '-')}"
    return chat(content, label=label, max_tokens=limit, features=frozenset(features), response_format=output)


def _escaped(request: Request) -> Request:
    """The same, all beyond ASCII in escapes, as many clients write it."""
    return replace(request, body=json.dumps(request.asked).encode())


ENUMS = by_schema("enums", "A purple shirt of size 7, which is a refund. Choose what comes closest.")
JOINED = by_schema(
    "joined", "A rectangle, 3 wide and 4 high; and the book Emma, of which nothing else is known: say null for that."
)
DEFINITIONS = by_schema("definitions", "A line from (1, 2) to (3, 4).", "schema.references")
RECURSIVE = by_schema("recursive", "A tree: Ada has the child Ben, who has the child Cleo.", "schema.recursion")
CONSTRAINTS = by_schema("constraints", "Code of part seven, day one of 2026, n is 9, list: 1, 2.", "schema.constraints")
WIDE = costly(
    by_schema("wide", "Fill in every field: x where it is text, 1 where it is a number.", "schema.size", limit=1500)
)
NAMES = _escaped(by_schema("names", "Ada, of the house of Lovelace, in London, in England.", "schema.names"))
ARRAY_ROOT = by_schema("array_root", "List Ada and Ben.", "schema.unsupported")
OPEN = by_schema("open", "Ada is 36.", "schema.unsupported")
CUT = by_schema(
    "nested",
    "Order A-1: Ada Lovelace, 12 Row, London NW1. Two of SKU-7 and one of SKU-9.",
    "schema.cut",
    label="schema-cut",
    limit=8,
)
NO_WORD = chat(
    label="json-object-unsaid", features=frozenset({"schema.unsaid"}), response_format={"type": "json_object"}
)
TEXT_FORMAT = chat(label="format-text", response_format={"type": "text"})


def said(value: Any) -> Fault:
    """This JSON as the content."""
    return put(CONTENT, json.dumps(value, ensure_ascii=False))


def changed(change: Callable[[Any], Any]) -> Fault:
    """The content as JSON, with a change made in it."""

    def rewrite(text: Any) -> Any:
        value = json.loads(text)
        change(value)
        return json.dumps(value)

    return put(CONTENT, rewrite)


def follow(exchange: Exchange) -> None:
    """Hold that the content follows the schema, formats included. Raises Inconclusive for what the model did not
    finish; a refusal, which is legal, too."""
    schema = exchange.request.asked["response_format"]["json_schema"]["schema"]
    checker = FormatChecker(["date"])
    for output in outputs(exchange):
        validator = Draft202012Validator(schema, registry=Registry(), format_checker=checker)
        error = next(validator.iter_errors(output), None)
        departure = f"{error.json_path}: {error.message[:200]}" if error else ""
        assert not departure, f"“{exchange.request}”: the content departs from the schema at {departure}"


def follow_or_refuse(exchange: Exchange) -> None:
    """Likewise, where the endpoint may say with a 4xx that it cannot follow the schema."""
    if exchange.refused:
        assert exchange.status < 500, f"“{exchange.request}” is answered with HTTP {exchange.status}"
        return
    follow(exchange)


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
    "follow a strict schema with definitions and with references to itself, or refuse it",
    on=(DEFINITIONS, RECURSIVE),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-07"],
    at=CONTENT,
    hint="Resolve $ref before an upstream that does not know it, and refuse what cannot be resolved.",
    needs=["request"],
    broken_by={
        "what is referred to is free": said({"start": "1, 2", "end": "3, 4"}),
        "children as text": said({"value": "Ada", "children": ["Ben"]}),
        "a failure": status(500),
    },
)
def test_references(exchange: Exchange) -> None:
    follow_or_refuse(exchange)


@AREA.should(
    "keep to pattern, format and bounds of a strict schema, or refuse it",
    on=(CONSTRAINTS,),
    source="openai-structured-outputs#supported-properties",
    contract=["schema-08"],
    at=CONTENT,
    hint="Refuse keywords that the upstream drops, or check the output.",
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
    follow_or_refuse(exchange)


@AREA.should(
    "follow a strict schema of a hundred properties, one of them of eight levels, or refuse it",
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
    follow_or_refuse(exchange)


@AREA.should(
    "keep property names with spaces, dots, dashes and letters beyond ASCII as they are, or refuse them",
    on=(NAMES,),
    source="openai-openapi#ResponseFormatJsonSchemaSchema",
    contract=["schema-10"],
    at=CONTENT,
    hint="Do not rewrite property names; where the upstream cannot have them, translate them back.",
    needs=["request"],
    broken_by={
        "rewritten": changed(lambda value: value.update(first_name=value.pop("first-name"))),
        "split at the dot": changed(lambda value: value.update(x={"y": value.pop("x.y")})),
        "damaged": changed(lambda value: value.update({"??": value.pop("名前")})),
        "a failure": status(500),
    },
)
def test_names(exchange: Exchange) -> None:
    if exchange.refused:
        follow_or_refuse(exchange)
        return
    wanted = set(SCHEMAS["names"]["properties"])
    for output in outputs(exchange):
        names = set(output) if isinstance(output, dict) else set()
        assert names == wanted, f"the properties {sorted(wanted)} were asked for, and {sorted(names)} came"


@AREA.should(
    "keep letters beyond ASCII in the values of structured output",
    on=(SCHEMA_FLAT,),
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["unicode-01", "schema-03"],
    at=CONTENT,
    hint="Let the grammar that constrains the output have all characters, and write JSON as UTF-8 or with escapes.",
    needs=["request"],
    broken_by={
        "left out": changed(lambda value: value.update(name="Zo ngstrm")),
        "damaged": changed(lambda value: value.update(name="ZoÃ« Ã…ngstrÃ¶m")),
    },
)
def test_letters(exchange: Exchange) -> None:
    for output in outputs(exchange):
        name = output.get("name") if isinstance(output, dict) else None
        given = unicodedata.normalize("NFC", name) if isinstance(name, str) else ""
        if not given.startswith("Zo") or given.startswith("Zoe"):  # models leave out accents, too
            raise Inconclusive(f"the model gave the name as {name!r:.80}")
        assert given.startswith("Zoë"), f"Zoë Ångström is called {name!r:.80}"


@AREA.should(
    "write the members of an object in the order of the schema's properties",
    on=(SCHEMA_FLAT,),
    source="openai-structured-outputs#key-ordering",
    contract=["schema-11"],
    at=CONTENT,
    hint="Keep the order of the schema when it is read and written again: maps sort their keys, or lose the order.",
    needs=["request"],
    broken_by=changed(lambda value: value.update({name: value.pop(name) for name in sorted(value)})),
)
def test_key_order(exchange: Exchange) -> None:
    wanted = list(exchange.request.asked["response_format"]["json_schema"]["schema"]["properties"])
    for output in outputs(exchange):
        if not isinstance(output, dict) or set(output) != set(wanted):
            raise NotApplicable("the members are not those of the schema, which is another requirement")
        assert list(output) == wanted, f"the members come in the order {list(output)}, the schema has {wanted}"


@AREA.should(
    "refuse a strict schema that is not supported with a 4xx, or follow it all the same",
    on=(ARRAY_ROOT, OPEN),
    source="openai-structured-outputs#supported-schemas",
    contract=["schema-12"],
    at=CONTENT,
    hint="Pass the upstream's refusal of the schema on; do not answer as if there had been no schema.",
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
)
def test_unsupported(exchange: Exchange) -> None:
    follow_or_refuse(exchange)


@AREA.must(
    "report length as the finish_reason of JSON that the limit cut off",
    on=(CUT, SCHEMA_NESTED),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["schema-13"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason to length, also where JSON is forced by a tool.",
    broken_by={
        "stop": put("choices.*.finish_reason", "stop"),
        "tool_calls": put("choices.*.finish_reason", "tool_calls"),
    },
)
def test_cut_is_length(send: Send, model: Model) -> None:
    if model.reasons:
        raise NotApplicable("a model that reasons was given room enough")
    exchange = send(CUT)
    if broken_off(exchange) or not exchange.choices:
        raise Inconclusive("no choice came")
    reason = exchange.choices[0].get("finish_reason")
    content = exchange.messages[0].get("content") if exchange.messages else None
    assert reason == "length", f"an order in 8 tokens ends with finish_reason {reason!r}: {content!r:.100}"


def _of_the_limit(exchange: Exchange) -> bool:
    said = exchange.text.lower()
    return any(each in said for each in ("max_", "minimum", "at least", "too small", "too low", "limit"))


@AREA.should(
    "give what was written of JSON that the limit cut off, and not refuse it",
    on=(CUT, SCHEMA_NESTED),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["schema-13"],
    at="error.message",
    hint="Give what was written, and length; not an error because it is no JSON.",
    broken_by={
        "refused": only(lambda each: each.label == CUT.label, respond(400, {"error": {"message": "No JSON came."}})),
    },
)
def test_cut_is_given(send: Send, model: Model) -> None:
    """A limit so low may be refused, which is another matter."""
    if model.reasons:
        raise NotApplicable("a model that reasons was given room enough")
    exchange = send(CUT)
    if refuses(exchange) and send(SCHEMA_NESTED).succeeded and not _of_the_limit(exchange):
        raise Violation(f"cut off after 8 tokens, it is {exchange.outcome}: {exchange.text[:160]}", exchange)


@AREA.may(
    "refuse JSON mode where the prompt does not speak of JSON, or answer with an object all the same",
    on=(NO_WORD,),
    source="openai-structured-outputs#json-mode",
    contract=["schema-02"],
    at=CONTENT,
    hint="Pass response_format on, or the refusal of the upstream.",
    needs=["request"],
    broken_by={
        "a failure": status(500),
        "text": respond(200, {"choices": [{"index": 0, "message": {"content": "OK."}, "finish_reason": "stop"}]}),
    },
)
def test_json_unsaid(exchange: Exchange) -> None:
    if exchange.refused:
        assert exchange.status < 500, f"JSON mode without the word is answered with HTTP {exchange.status}"
        return
    for output in outputs(exchange):
        assert isinstance(output, dict), f"the content is JSON, but no object: {json.dumps(output)[:160]}"


def _formatted(request: Request) -> bool:
    return "response_format" in request.asked


@AREA.must(
    "take response_format text as if there were no response_format",
    on=(PLAIN,),
    source="openai-openapi#ResponseFormatText",
    contract=["schema-15"],
    at="usage.prompt_tokens",
    hint="Leave the member out for an upstream that does not know it.",
    broken_by={
        "refused": only(_formatted, respond(400, {"error": {"message": "response_format", "type": "t"}})),
        "an instruction added": only(_formatted, put("usage.prompt_tokens", lambda count: count + 9)),
    },
)
def test_text_is_default(send: Send, model: Model) -> None:
    """It is asked for among other parameters anyway, and alone where those change anything."""
    if not model.claims("chat.response_format"):
        raise NotApplicable("not claimed: chat.response_format")
    among = send(AT_END["least"])
    if among.succeeded and among.usage.get("prompt_tokens") == send(PLAIN).usage.get("prompt_tokens"):
        return
    exchange = send(TEXT_FORMAT)
    said_of_it = " ".join(exchange.text.split())[:160]
    assert exchange.succeeded, f"response_format text is answered with {exchange.outcome}: {said_of_it}"
    agree_when_sent(send, TEXT_FORMAT, PLAIN, prompt_tokens)
