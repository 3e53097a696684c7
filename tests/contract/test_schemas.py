"""The schema files themselves: well formed, closed under $ref, told apart by their titles."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY as METASCHEMAS  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SCHEMAS = Path(__file__).parents[2] / "schemas"
BASE = "https://phanedge.cloud/conformance/schemas/"
ROOTS = ("completion.json", "chunk.json", "error.json", "models.json")
OBJECTS = (*ROOTS, "message.json", "tool_call.json", "logprobs.json", "usage.json", "request.json")
META = ("dialect.json", "accounting.json", "sources.schema.json")


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return document


DOCUMENTS = {name: load(name) for name in (*OBJECTS, *META)}
REGISTRY: Registry[Any] = Registry().with_resources(
    (document["$id"], DRAFT202012.create_resource(document)) for document in DOCUMENTS.values()
)
REGISTRY = REGISTRY.combine(METASCHEMAS)
DIALECT = Draft202012Validator(DOCUMENTS["dialect.json"], registry=REGISTRY)
REQUEST = Draft202012Validator(DOCUMENTS["request.json"], registry=REGISTRY)


def resolve(schema: Mapping[str, Any], base: str) -> tuple[Mapping[str, Any], str]:
    """What a schema's $ref names, and the file it stands in."""
    if "$ref" not in schema:
        return schema, base
    found = REGISTRY.resolver(BASE + base).lookup(schema["$ref"])
    return found.contents, (schema["$ref"].partition("#")[0] or base)


def members(schema: Mapping[str, Any], base: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each member below an object or array schema, with the clauses of x-should and the relations."""
    schema, base = resolve(schema, base)
    if "items" in schema:
        yield from members(schema["items"], base, path)
    for keyword in ("sumOf", "atLeastSumOf"):
        for relation in schema.get(keyword, ()):
            yield f"{path}{relation['total'].replace('/', '.')}.{relation.get('name', keyword)}", relation
    for name, member in schema.get("properties", {}).items():
        yield f"{path}.{name}", member
        for clause, body in member.get("x-should", {}).items():
            yield f"{path}.{name}.{clause}", body
        yield from members(member, base, f"{path}.{name}")


MEMBERS = [pair for root in ROOTS for pair in members(DOCUMENTS[root], root, root.removesuffix(".json"))]


def nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Each object at any depth of a document."""
    if isinstance(value, Mapping):
        yield value
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes(child)


@pytest.mark.parametrize("name", OBJECTS)
def test_object_schemas_are_in_the_dialect(name: str) -> None:
    assert DOCUMENTS[name]["$schema"] == DOCUMENTS["dialect.json"]["$id"]
    assert DOCUMENTS[name]["$id"] == BASE + name
    assert not [f"{error.json_path}: {error.message}" for error in DIALECT.iter_errors(DOCUMENTS[name])]


@pytest.mark.parametrize("name", META)
def test_metaschemas_are_plain_json_schema(name: str) -> None:
    assert DOCUMENTS[name]["$id"] == BASE + name
    Draft202012Validator.check_schema(DOCUMENTS[name])


RELATION = {"title": "t", "x-source": "phanedge#openapi", "total": "/t", "parts": ["/a"]}


@pytest.mark.parametrize(
    "schema",
    [
        {"omitEmpty": False},
        {"jsonInteger": "yes"},
        {"present": 1},
        {"x-level": "must"},
        {"x-on": "stream"},
        {"x-source": "RFC 9110"},
        {"x-source": "rfc9110"},
        {"x-contract": ["usage-1"]},
        {"x-should": {"present": {"present": True}}},
        {"x-should": {"Not A Name": {"title": "t", "x-source": "phanedge#openapi"}}},
        {"sumOf": []},
        {"sumOf": [{**RELATION, "parts": []}]},
        {"atLeastSumOf": [{**RELATION, "total": "t"}]},
        {"atLeastSumOf": [{**RELATION, "level": "MUST"}]},
        {"type": "arrayy"},
    ],
    ids=str,
)
def test_dialect_refuses_misuse_at_any_depth(schema: dict[str, Any]) -> None:
    assert not DIALECT.is_valid(schema)
    assert not DIALECT.is_valid({"properties": {"a": {"items": schema}}})
    assert not DIALECT.is_valid({"x-should": {"a": {"title": "t", "x-source": "phanedge#openapi", "items": schema}}})


@pytest.mark.parametrize("name", OBJECTS)
def test_every_reference_resolves(name: str) -> None:
    resolver = REGISTRY.resolver(BASE + name)
    for node in nodes(DOCUMENTS[name]):
        if isinstance(node.get("$ref"), str):
            resolver.lookup(node["$ref"])


def test_every_member_has_its_sentence_and_source() -> None:
    assert len(MEMBERS) > 100
    assert not [path for path, member in MEMBERS if not (member.get("title") and member.get("x-source"))]


@pytest.mark.parametrize("index", [0, 1], ids=["path", "title"])
def test_members_are_told_apart(index: int) -> None:
    seen = [(path, member["title"])[index] for path, member in MEMBERS]
    assert sorted(seen) == sorted(set(seen))


def test_required_members_are_described() -> None:
    for name in OBJECTS:
        for node in nodes(DOCUMENTS[name]):
            if isinstance(node.get("properties"), Mapping):
                assert set(node.get("required", ())) <= node["properties"].keys()


@pytest.mark.parametrize("name", [name for name in OBJECTS if "examples" in DOCUMENTS[name]])
def test_examples_are_valid(name: str) -> None:
    validator = Draft202012Validator(DOCUMENTS[name], registry=REGISTRY)
    for example in DOCUMENTS[name]["examples"]:
        assert not [f"{error.json_path}: {error.message}" for error in validator.iter_errors(example)]


def paths(value: Any, path: str) -> Iterator[str]:
    yield path
    if isinstance(value, list):
        for item in value:
            yield from paths(item, path)
    elif isinstance(value, Mapping):
        for name, child in value.items():
            yield from paths(child, f"{path}.{name}")


@pytest.mark.parametrize("root", ROOTS)
def test_examples_carry_every_member(root: str) -> None:
    stem = root.removesuffix(".json")
    shown = {path for example in DOCUMENTS[root]["examples"] for path in paths(example, stem)}
    named = {path for path, member in MEMBERS if path.startswith(stem + ".") and "not" not in member}
    clauses = {f"{path}.{clause}" for path, member in MEMBERS for clause in member.get("x-should", ())}
    relations = {path for path, member in MEMBERS if "total" in member}
    assert not named - clauses - relations - shown


def test_openapi_passes_its_validator_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a schema was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    path = SCHEMAS / "openapi.yaml"
    description = yaml.safe_load(path.read_text(encoding="utf-8"))
    errors = OpenAPIV31SpecValidator(description, base_uri=path.as_uri()).iter_errors()
    assert not [error.message for error in errors]
    files = {
        node["$ref"] for node in nodes(description) if isinstance(node.get("$ref"), str) and node["$ref"][0] != "#"
    }
    assert files == {"request.json", "completion.json", "error.json", "models.json"}


USER = {"role": "user", "content": "Say OK."}
ASK: dict[str, Any] = {"model": "m", "messages": [USER]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": True}}


def messages(*tail: dict[str, Any]) -> dict[str, Any]:
    return ASK | {"messages": [USER, *tail]}


def part(**members: Any) -> dict[str, Any]:
    return messages({"role": "user", "content": [members]})


GOOD: dict[str, dict[str, Any]] = {
    "least": ASK,
    "unknown members": ASK | {"phanedge": {"any": 1}},
    "nulls": ASK | dict.fromkeys(("temperature", "top_p", "n", "stop", "seed", "max_tokens", "stream", "logprobs")),
    "sampling": ASK
    | {"temperature": 2, "top_p": 0.1, "frequency_penalty": -2, "n": 128, "logit_bias": {"50256": -100}},
    "stream": ASK | {"stream": True, "stream_options": {"include_usage": True}},
    "logprobs": ASK | {"logprobs": True, "top_logprobs": 20},
    "tools": ASK | {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
    "tool round trip": messages(
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
    ),
    "cache markers": part(type="text", text="t", cache_control={"type": "ephemeral", "ttl": "1h"}),
    "image": part(type="image_url", image_url={"url": "data:image/png;base64,AAAA", "detail": "low"}),
    "structured": ASK | {"response_format": FORMAT},
    "legacy": ASK | {"functions": [{"name": "f"}], "function_call": {"name": "f"}},
}


@pytest.mark.parametrize("request_", GOOD.values(), ids=GOOD)
def test_good_requests(request_: dict[str, Any]) -> None:
    assert not [f"{error.json_path}: {error.message}" for error in REQUEST.iter_errors(request_)]


BAD: dict[str, dict[str, Any]] = {
    "no model": {"messages": [USER]},
    "no messages": {"model": "m"},
    "empty messages": ASK | {"messages": []},
    "model a number": ASK | {"model": 1},
    "unknown role": messages({"role": "robot", "content": "x"}),
    "user without content": messages({"role": "user"}),
    "user content null": messages({"role": "user", "content": None}),
    "assistant with nothing": messages({"role": "assistant"}),
    "tool without id": messages({"role": "tool", "content": "1"}),
    "image for system": messages(
        {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}
    ),
    "unknown part": part(type="smell", smell="s"),
    "unknown ttl": part(type="text", text="t", cache_control={"type": "ephemeral", "ttl": "2h"}),
    "temperature": ASK | {"temperature": 2.1},
    "top_p": ASK | {"top_p": -0.1},
    "presence_penalty": ASK | {"presence_penalty": "1"},
    "n": ASK | {"n": 0},
    "max_tokens": ASK | {"max_tokens": -1},
    "max_completion_tokens": ASK | {"max_completion_tokens": 1.5},
    "stop": ASK | {"stop": ["1", "2", "3", "4", "5"]},
    "stream": ASK | {"stream": "true"},
    "top_logprobs": ASK | {"logprobs": True, "top_logprobs": 21},
    "top_logprobs alone": ASK | {"top_logprobs": 1},
    "stream_options alone": ASK | {"stream_options": {"include_usage": True}},
    "tool name": ASK | {"tools": [{"type": "function", "function": {"name": "a b"}}]},
    "tool without function": ASK | {"tools": [{"type": "function"}]},
    "tool_choice": ASK | {"tools": [TOOL], "tool_choice": "always"},
    "tool_choice alone": ASK | {"tool_choice": "required"},
    "response_format": ASK | {"response_format": {"type": "xml"}},
    "json_schema without name": ASK | {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
    "reasoning_effort": ASK | {"reasoning_effort": "extreme"},
    "metadata": ASK | {"metadata": {str(n): "x" for n in range(17)}},
    "arguments as object": messages(
        {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}
    ),
}


@pytest.mark.parametrize("request_", BAD.values(), ids=BAD)
def test_bad_requests(request_: dict[str, Any]) -> None:
    assert not REQUEST.is_valid(request_)
