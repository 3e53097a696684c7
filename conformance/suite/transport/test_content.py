"""The content of a response: status, media type, and the JSON text."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from conformance.contract.faults import content, content_edit, header, status
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_RESPONSE, EVERY_SUCCESS
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.strict_json import JSONError, after_object, duplicate_names, loads
from conformance.language import say

from . import AREA


@AREA.must(
    "answer a completed request with status 200 and no other 2xx status",
    on=EVERY_SUCCESS,
    source="openai-openapi#createChatCompletion",
    contract=["transport-02"],
    at="status",
    broken_by={"201": status(201), "202": status(202)},
    needs=["status"],
)
def test_status_200(exchange: Exchange) -> None:
    assert exchange.status == 200, say("a completion came with status {status}", exchange.status)


def charset(exchange: Exchange) -> str:
    """The charset parameter of the content type in lower case; `utf-8` where there is none."""
    found = re.search(r";\s*charset\s*=\s*\"?([^\";\s]+)", exchange.header("content-type") or "", re.IGNORECASE)
    return found[1].lower().replace("utf8", "utf-8") if found else "utf-8"


@AREA.must(
    "declare a completion that was not streamed as application/json, in UTF-8 where it names a charset",
    on=EVERY_SUCCESS,
    source="openai-openapi#createChatCompletion",
    contract=["transport-03"],
    at="header:content-type",
    hint="Set Content-Type: application/json on every response that is not an event stream.",
    broken_by={
        "plain text": header("content-type", "text/plain; charset=utf-8"),
        "an event stream": header("content-type", "text/event-stream"),
        "no type": header("content-type", None),
        "another charset": header("content-type", "application/json; charset=iso-8859-1"),
    },
    needs=["headers", "request"],
)
def test_json_media_type(exchange: Exchange) -> None:
    if exchange.request.streams:
        raise NotApplicable(say("it was asked to stream"))
    assert exchange.media_type == "application/json", say(
        "a completion that was not asked to stream has the content type {header!r}", exchange.header("content-type")
    )
    assert charset(exchange) == "utf-8", say("the JSON is declared to be {charset}, not UTF-8", charset(exchange))


@AREA.must(
    "declare the answer to a streamed request as text/event-stream",
    on=EVERY_SUCCESS,
    source="openai-openapi#createChatCompletion",
    contract=["transport-04"],
    at="header:content-type",
    hint="Set Content-Type: text/event-stream before the first event; a charset=utf-8 parameter is fine.",
    broken_by={
        "application/json": header("content-type", "application/json"),
        "plain text": header("content-type", "text/plain"),
        "no type": header("content-type", None),
    },
    needs=["headers", "request"],
)
def test_event_stream_media_type(exchange: Exchange) -> None:
    if not exchange.request.streams:
        raise NotApplicable(say("it was not asked to stream"))
    assert exchange.media_type == "text/event-stream", say(
        "the answer to a streamed request has the content type {header!r}", exchange.header("content-type")
    )


@AREA.must(
    "send one JSON object in UTF-8 as the body where it does not stream, with nothing but white space around it",
    on=EVERY_RESPONSE,
    source="rfc8259#2",
    contract=["transport-05"],
    hint="No byte-order mark, no NaN or Infinity, no text around it; line breaks as keep-alives are fine.",
    broken_by={
        "a byte-order mark": content_edit(lambda body: b"\xef\xbb\xbf" + body),
        "NaN": content_edit(lambda body: body.replace(b"{", b'{"cost": NaN, ', 1)),
        "not UTF-8": content_edit(lambda body: body.replace(b"{", b'{"note": "na\xefve", ', 1)),
        "two objects": content_edit(lambda body: body + b"{}"),
        "the end of a stream": content_edit(lambda body: body + b"\n\ndata: [DONE]\n\n"),
        "null": content(b"null"),
        "an array": content_edit(lambda body: b"[" + body + b"]"),
        "line breaks alone": content(b"\n\n\n\n"),
        "cut short": content_edit(lambda body: body[: len(body) // 2]),
    },
)
def test_one_json_object(exchange: Exchange) -> None:
    if exchange.streamed or not (exchange.succeeded or (exchange.status >= 500 and declares_json(exchange))):
        raise NotApplicable(
            say("neither a success nor a 5xx declared as JSON (4xx: covered by errors.refusal_is_json)")
        )
    document = _parsed(exchange)
    assert isinstance(document, dict), say("the body is JSON, but no object: {text}", exchange.text.strip()[:80])


def _parsed(exchange: Exchange) -> Any:
    """The body as JSON. Raises AssertionError where it is not one JSON text."""
    with suppress(Inconclusive):
        return exchange.document
    try:
        return loads(exchange.content)
    except JSONError as error:
        raise AssertionError(
            say("the body ({number} bytes) is {in_place}", len(exchange.content), _in_place(exchange, error))
        ) from None


def _in_place(exchange: Exchange, error: JSONError) -> str:
    """What there is in place of one JSON text."""
    rest = after_object(exchange.content)
    return say("a JSON object with {rest!r} after it", rest[:60]) if rest else say("not one JSON text: {error}", error)


def declares_json(exchange: Exchange) -> bool:
    """Whether an error response says that it is JSON."""
    return exchange.refused and exchange.media_type == "application/json"


@AREA.should(
    "give no JSON object two members of the same name",
    on=EVERY_RESPONSE,
    impact=Impact.DATA,
    source="rfc8259#4",
    contract=["transport-05"],
    hint="Parsers differ in which of the two they use, so client and billing may read different values.",
    broken_by=content_edit(lambda data: data.replace(b"{", b'{"model": "one", "model": "two", ', 1)),
)
def test_unique_names(exchange: Exchange) -> None:
    texts = [event.data for event in exchange.stream.events] if exchange.streamed else [exchange.text]
    judged = [names for names in map(names_given_twice, texts) if names is not None]
    if not judged:
        raise NotApplicable(say("it holds no JSON"))
    twice = sorted({name for names in judged for name in names})
    assert not twice, say("an object has more than one member named {twice}", ", ".join(map(repr, twice)))


def names_given_twice(text: str) -> list[str] | None:
    """The duplicate names in a JSON text; None where it is none."""
    try:
        return duplicate_names(text)
    except (ValueError, RecursionError):
        return None
