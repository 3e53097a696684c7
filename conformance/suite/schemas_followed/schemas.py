"""Requests for output by a strict schema, and whether a reply follows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry

from conformance.contract import mistakes
from conformance.contract.faults import put
from conformance.contract.requests import OUTPUT_SCHEMAS, chat
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.language import joined, say
from conformance.suite.support.refusals import rejected
from conformance.suite.support.structured import outputs

from . import CONTENT


def _objects(**properties: Any) -> dict[str, Any]:
    """A strict schema of an object with these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _wide() -> dict[str, Any]:
    """A hundred properties, text and integers alternating, and one more of eight levels."""
    kinds = ({"type": "integer"}, {"type": "string"})
    flat = {f"f{number:03}": kinds[number % 2] for number in range(1, 101)}
    return _objects(**flat, **OUTPUT_SCHEMAS["deep"]["properties"])


_JOINED = {name: OUTPUT_SCHEMAS[name] for name in ("nullable", "union")}
SCHEMAS = OUTPUT_SCHEMAS | {"wide": _wide(), "joined": _objects(**_JOINED)}


def by_schema(name: str, content: str, *features: str, label: str = "", limit: int = 200) -> Request:
    """A request for output by one of the strict `SCHEMAS`. A feature names what not every upstream can follow."""
    named = {"name": name, "strict": True, "schema": SCHEMAS[name]}
    output = {"type": "json_schema", "json_schema": named}
    label = label or f"schema-{name.replace('_', '-')}"
    return chat(content, label=label, max_tokens=limit, features=frozenset(features), response_format=output)


def said(value: Any) -> Fault:
    """The content replaced by this value as JSON."""
    return put(CONTENT, json.dumps(value, ensure_ascii=False))


def changed(change: Callable[[Any], Any]) -> Fault:
    """The content as JSON, changed."""

    def rewrite(text: Any) -> Any:
        value = json.loads(text)
        change(value)
        return json.dumps(value)

    return put(CONTENT, rewrite)


def follow(exchange: Exchange) -> None:
    """Hold that the content follows the schema, formats included. Raises Inconclusive where the model did not finish
    or refused."""
    schema = exchange.request.asked["response_format"]["json_schema"]["schema"]
    checker = FormatChecker(["date"])
    for output in outputs(exchange):
        validator = Draft202012Validator(schema, registry=Registry(), format_checker=checker)
        error = next(validator.iter_errors(output), None)
        departure = joined(": ", (error.json_path, mistakes.said(error))) if error else ""
        assert not departure, say(
            "“{request}”: the content departs from the schema at {departure}", exchange.request, departure
        )


def follow_or_reject(exchange: Exchange) -> None:
    """Hold the same, unless the endpoint rejects the schema with a 4xx."""
    if not rejected(exchange):
        follow(exchange)
