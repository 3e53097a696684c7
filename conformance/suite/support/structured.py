"""The structured output of a reply, and where it departs from its schema."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from conformance.contract.mistakes import said
from conformance.contract.scopes import cut_short
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import joined, say

from .replies import check_whole


def problem(value: Any, schema: Any) -> str:
    """Where a value departs from a JSON Schema, in words; empty where it follows. Nothing is fetched. Raises
    Inconclusive for a schema that is none."""
    kind = validator_for(schema, jsonschema.Draft202012Validator) if isinstance(schema, dict) else None
    if kind is None:
        raise Inconclusive(say("the schema of the request is not an object"))
    try:
        _check(kind, json.dumps(schema))
        error = next(kind(schema, registry=Registry()).iter_errors(value), None)
    except (jsonschema.SchemaError, Unresolvable) as fault:
        raise Inconclusive(say("the schema of the request cannot be used: {fault}", str(fault)[:160])) from None
    return "" if error is None else joined(": ", (error.json_path, said(error)))


@lru_cache(maxsize=256)
def _check(kind: Any, schema: str) -> None:
    """Raise SchemaError for a schema that is none; many requests have the same one."""
    kind.check_schema(json.loads(schema))


def outputs(exchange: Exchange) -> list[Any]:
    """The content of each choice as JSON. Raises Inconclusive where a choice was cut off, refused or left empty,
    NotApplicable where a tool is called instead, AssertionError where the content is not JSON."""
    check_whole(exchange)
    found = []
    for choice in exchange.choices:
        message, reason = choice.get("message"), choice.get("finish_reason")
        if not isinstance(message, dict):
            raise NotApplicable(say("a choice has no message (covered by completion.choices.message)"))
        if reason in ("length", "content_filter") or message.get("refusal") or _cut(message, reason):
            raise Inconclusive(
                say(
                    "the model did not answer: finish_reason {reason}, refusal {refusal!r}",
                    reason,
                    message.get("refusal"),
                )
            )
        if not message.get("content") and not message.get("tool_calls") and reason == "stop":
            raise Inconclusive(say("the reply is empty, as Claude's sometimes are"))
        if message.get("tool_calls") and exchange.request.asked.get("tools"):
            raise NotApplicable(say("the model called a tool instead of answering"))
        if _twice(message.get("content")) and exchange.request.asked.get("tools"):
            raise Inconclusive(say("the model, offered tools too, gave its answer twice, as OpenAI's own do"))
        found.append(_parsed(message.get("content")))
    if not found:
        raise Inconclusive(say("the reply has no choice"))
    return found


def _cut(message: dict[str, Any], reason: Any) -> bool:
    """Whether the end is missing, or there is no text, with a finish_reason that is none of the API's."""
    if not cut_short(reason) or message.get("tool_calls"):
        return False
    try:
        loads(message.get("content") or "")
    except JSONError:
        return True
    return False


def _twice(content: Any) -> bool:
    """Whether the content is one line, and that line again."""
    first, _, second = content.strip().partition("\n") if isinstance(content, str) else ("", "", "")
    return bool(second) and first.strip() == second.strip()


def _parsed(content: Any) -> Any:
    assert isinstance(content, str), say("the content is {dumps}, not JSON text", json.dumps(content)[:120])
    try:
        return loads(content)
    except JSONError as error:
        raise AssertionError(say("the content is not JSON ({error}): {content!r}", error, content[:160])) from None
