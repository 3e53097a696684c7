"""Structured output: instances that are valid, and the same again."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.requests import OUTPUT_SCHEMAS, chat, streamed
from conformance.evidence.exchange import Exchange
from conformance.lab.reference import Endpoint
from conformance.lab.reference.facts import facts
from conformance.lab.reference.generate import instance

S = dict[str, Any]
STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def strict(properties: S, **more: Any) -> S:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def array(items: S, **more: Any) -> S:
    return {"type": "array", "items": items, **more}


def deep(names: str) -> S:
    return STRING if not names else strict({names[0]: deep(names[1:])})


#: Contract, appendix A.
APPENDIX = {
    "S1": OUTPUT_SCHEMAS["flat"],
    "S2": strict({"color": {"type": "string", "enum": ["red", "green", "blue"]},
                  "size": {"type": "integer", "enum": [1, 2, 3]},
                  "kind": {"type": "string", "const": "order"}}),
    "S3": OUTPUT_SCHEMAS["nested"],
    "S4": strict({"title": STRING, "subtitle": {"type": ["string", "null"]},
                  "year": {"type": ["integer", "null"]}}),
    "S5": strict({"shape": {"anyOf": [
        strict({"type": {"type": "string", "const": "circle"}, "r": NUMBER}),
        strict({"type": {"type": "string", "const": "rect"}, "w": NUMBER, "h": NUMBER})]}}),
    "S6": strict({"start": {"$ref": "#/$defs/point"}, "end": {"$ref": "#/$defs/point"}},
                 **{"$defs": {"point": strict({"x": NUMBER, "y": NUMBER})}}),
    "S7": strict({"value": STRING, "children": array({"$ref": "#"})}),
    "S8": strict({"code": {"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"},
                  "day": {"type": "string", "format": "date"},
                  "n": {"type": "integer", "minimum": 1, "maximum": 5},
                  "list": array(INTEGER, minItems=3, maxItems=3)}),
    "S9": strict({f"f{number:03}": INTEGER if number % 2 == 0 else STRING for number in range(1, 101)}),
    "S10": deep("abcdefgh"),
    "S11": strict(dict.fromkeys(["名前", "first-name", "a b", "x.y"], STRING)),
    "S12": strict({"zeta_reasoning": STRING, "alpha_answer": STRING, "mid_confidence": NUMBER}),
    "linked list": strict({"head": {"$ref": "#/$defs/node"}}, **{"$defs": {
        "node": strict({"value": NUMBER, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}})}}),
    "formats": strict({name: {"type": "string", "format": name} for name in (
        "date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri")}),
    "steps": strict({"a": {"type": "number", "multipleOf": 0.05, "minimum": 0.1, "maximum": 0.2},
                     "b": {"type": "integer", "multipleOf": 7, "minimum": 50},
                     "c": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                     "d": {"type": "integer", "maximum": -10}}),
}  # fmt: skip
PROMPT = "Ada is 36, 1.7 m tall, with code Q-17 and a yellow coat, in London. Two of SKU-9."


def ask(schema: S, prompt: str = PROMPT, *, stream: bool = False, strict: bool = True, **members: Any) -> Exchange:
    output = {"type": "json_schema", "json_schema": {"name": "s", "strict": strict, "schema": schema}}
    request = chat(prompt, response_format=output, **({"max_tokens": 4000} | members))
    return Endpoint().answer((streamed(request) if stream else request).to("reference-gpt"))


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("name", APPENDIX)
def test_strict_schemas_are_followed(name: str, stream: bool) -> None:
    exchange = ask(APPENDIX[name], stream=stream)
    assert exchange.status == 200, exchange.text
    value = json.loads(exchange.messages[0]["content"])
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(APPENDIX[name], format_checker=checker).validate(value)
    assert list(value) == list(APPENDIX[name]["properties"])
    assert exchange.choices[0]["finish_reason"] == "stop"


def test_the_same_again_and_another_with_another_seed() -> None:
    texts = [ask(APPENDIX["S9"], "Go.", seed=seed).messages[0]["content"] for seed in (7, 7, 8)]
    assert texts[0] == texts[1] != texts[2]


def test_facts_of_the_prompt_are_used() -> None:
    value = json.loads(ask(APPENDIX["S1"]).messages[0]["content"])
    assert (value["name"], value["age"], value["height"]) == ("Ada", 36, 1.7)


def test_truncation_is_not_disguised() -> None:
    exchange = ask(APPENDIX["S3"], max_tokens=8)
    assert exchange.choices[0]["finish_reason"] == "length"
    assert exchange.usage["completion_tokens"] == 8


@pytest.mark.parametrize(
    "schema",
    [
        array(STRING),
        {"anyOf": [strict({})]},
        {"type": "object", "properties": {"a": STRING}, "required": ["a"]},
        strict({"a": STRING}, required=[]),
        strict({"a": {"type": "object", "properties": {"b": STRING}}}),
        strict({"a": {"allOf": [STRING]}}),
        strict({"a": {"type": "string", "pattern": "(?=x)y"}}),
        strict({"a": {"type": "string", "pattern": "["}}),
        strict({"a": {"type": "string", "format": "poem"}}),
        strict({"a": {"type": "integer", "minimum": 5, "maximum": 4}}),
        strict({"a": {"enum": []}}),
        strict({"a": {"$ref": "#/$defs/none"}}),
        strict({"a": {"$ref": "https://example.com/schema"}}),
        strict({"a": {"$ref": "#"}}),
        strict({"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}),
        strict({"a": {"type": "text"}}),
        strict({"a": {"type": "integer", "minimum": "one"}}),
        strict({"a": False}),
    ],
)
def test_what_cannot_be_followed_is_refused(schema: S) -> None:
    exchange = ask(schema)
    assert exchange.status == 400
    assert exchange.error["param"] == "response_format"
    assert "schema" in exchange.error["message"]


def test_schemas_that_are_not_strict_may_be_looser() -> None:
    schema = {"properties": {"a": STRING, "b": array(INTEGER, minItems=1)}, "required": ["b", "c"]}
    exchange = ask(schema, strict=False)
    jsonschema.validate(json.loads(exchange.messages[0]["content"]), schema)
    root_array = ask(array(INTEGER, minItems=2, maxItems=4, uniqueItems=True), strict=False)
    assert len(json.loads(root_array.messages[0]["content"])) >= 2


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("Return a JSON object with keys a and b, both numbers.", ["a", "b"]),
        ("Return a JSON object with keys first_name, city, and age.", ["first_name", "city", "age"]),
        ("Answer in JSON: what is two and two?", ["answer"]),
    ],
)
def test_json_mode(prompt: str, keys: list[str]) -> None:
    request = chat(prompt, response_format={"type": "json_object"}, max_tokens=100).to("reference-gpt")
    exchange = Endpoint().answer(request)
    assert list(json.loads(exchange.messages[0]["content"])) == keys


def test_json_mode_must_be_spoken_of() -> None:
    exchange = Endpoint().answer(chat(response_format={"type": "json_object"}).to("reference-gpt"))
    assert exchange.status == 400
    assert "json" in exchange.error["message"].lower()


# --- any schema ---------------------------------------------------------------------------------------------

bounds = st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(lambda b: {"minimum": b[0], "maximum": b[0] + b[1]})
lengths = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda b: {"minItems": b[0], "maxItems": b[0] + b[1]})
leaves: st.SearchStrategy[S] = st.one_of(
    st.sampled_from([STRING, INTEGER, NUMBER, {"type": "boolean"}, {"type": "null"}, {"type": ["integer", "null"]}]),
    st.builds(lambda kind, bound: {**kind, **bound}, st.sampled_from([INTEGER, NUMBER]), bounds),
    st.builds(lambda values: {"enum": values}, st.lists(st.one_of(st.text(), st.integers(), st.none()), min_size=1)),
    st.builds(lambda value: {"const": value}, st.one_of(st.text(), st.booleans(), st.lists(st.integers()))),
    st.builds(lambda low, more: {**STRING, "minLength": low, "maxLength": low + more}, *[st.integers(0, 30)] * 2),
    st.builds(lambda step: {**NUMBER, "multipleOf": step}, st.sampled_from([1, 2, 0.5, 0.01, 0.1, 3])),
)
schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(strict, st.dictionaries(st.text(max_size=8), inner, max_size=4)),
        st.builds(lambda items, length: array(items, **length), inner, lengths),
        st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(schemas, st.sampled_from([PROMPT, "", "7 of 9 and 0.5, -3"]), st.text(max_size=3))
def test_instances_are_valid_and_reproducible(schema: S, prompt: str, salt: str) -> None:
    value = instance(schema, facts(prompt, salt))
    jsonschema.Draft202012Validator(schema).validate(value)
    assert json.dumps(instance(schema, facts(prompt, salt))) == json.dumps(value)
