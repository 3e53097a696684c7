"""What error.message and error.type say: words for a reader, and not the upstream's body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.contract.faults import put
from conformance.contract.requirement import Impact, Scope
from conformance.contract.scopes import EVERY_ERROR, failed
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import strings
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.failing_streams import NOTHING

from . import AREA

TOLD = Scope(
    "every error, as a response or in a stream",
    EVERY_ERROR.meant,
    lambda each: EVERY_ERROR.contains(each) or (each.failure is None and each.streamed and failed(each)),
)
UPSTREAM = {"error": {"message": "Overloaded", "type": "overloaded_error"}}
#: The beginning of an error body within a text, as JSON or as Python writes it, escaped or not.
_BODY = re.compile(r"\{\s*\\*[\"'](?:errors?\\*[\"']\s*:|type\\*[\"']\s*:\s*\\*[\"']error\b)")
_REFERENCE = re.compile(r"\W*(?:(?:request|trace)[ _-]?id\W+[\w-]+\W*)?", re.IGNORECASE)


def _errors(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The error objects of a response or a stream. Raises NotApplicable where there is none."""
    documents = [exchange.document] if exchange.refused else exchange.stream.documents
    found = [each["error"] for each in documents if isinstance(each, dict) and isinstance(each.get("error"), dict)]
    if not found:
        raise NotApplicable(say("there is no error object (covered by error.error)"))
    yield from found


def _holds_body(message: Any, asked: dict[str, Any]) -> bool:
    """Whether a message is JSON, or holds an error body that is not quoted from the request."""
    if not isinstance(message, str):
        return False
    try:
        return isinstance(loads(message), dict | list)
    except JSONError:
        found = _BODY.search(message)
        return found is not None and not any(found[0] in text for text in strings(asked))


@AREA.should(
    "explain a failure in a message of words, and not with an upstream's error body as text",
    on=TOLD,
    source="openai-openapi#Error.message",
    contract=["errors-10"],
    at="error.message",
    hint="Take message, type and code out of the upstream's error: clients show the message to people.",
    broken_by={
        "its whole body": put("error.message", json.dumps(UPSTREAM)),
        "its body after words": put("error.message", f"upstream failed: 529 {json.dumps(UPSTREAM)}"),
        "as Python writes it": put("error.message", f"Error code: 529 - {UPSTREAM}"),
        "nothing but a reference": put("error.message", " (request id: 2024)"),
    },
    impact=Impact.FORM,
)
def test_message_in_words(exchange: Exchange, asked: dict[str, Any]) -> None:
    """What the message quotes of the request is the caller's own."""
    for message in (error.get("message") for error in _errors(exchange)):
        assert not _holds_body(message, asked), say("error.message holds another error body: {message!r:.200}", message)
        unsaid = isinstance(message, str) and message and _REFERENCE.fullmatch(message)
        assert not unsaid, say("error.message says nothing of the failure: {message!r:.200}", message)


@AREA.should(
    "classify a failure in error.type by a word of its own, not by a programming language's for nothing",
    on=EVERY_ERROR,
    source="openai-openapi#Error.type",
    contract=["errors-10", "errors-03"],
    at="error.type",
    hint="Set a type, such as server_error, where the upstream gives none.",
    broken_by={"Go's": put("error.type", "<nil>"), "Python's": put("error.type", "None")},
    impact=Impact.FORM,
)
def test_type_is_a_word(error: dict[str, Any]) -> None:
    """streaming.error_typed requires the same of errors in streams."""
    kind = error.get("type")
    assert kind not in NOTHING, say("error.type is {kind!r}", kind)
