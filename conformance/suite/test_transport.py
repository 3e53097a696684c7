"""How a response travels: status, media type, the JSON text, message framing, and the id to report it by."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.contract.faults import content, content_edit, failing, header, only, respond, status
from conformance.contract.requests import LENGTH, PLAIN, once
from conformance.contract.requirement import Area, Scope
from conformance.contract.scopes import EVERY_RESPONSE, EVERY_SUCCESS
from conformance.evidence.content_coding import undone
from conformance.evidence.exchange import JSON_CONTENT, Exchange, Failure, Inconclusive, NotApplicable, Violation
from conformance.evidence.send import Send
from conformance.evidence.strict_json import JSONError, duplicate_names, loads
from conformance.suite.support.parameters import NULLS
from conformance.suite.support.sdk import SDK

AREA = Area("transport")

EVERY_ARRIVAL = Scope(
    "every response, whole or cut short",
    EVERY_RESPONSE.meant,
    lambda each: each.failure is None or each.failure.kind == "truncated",
)


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
    assert exchange.status == 200, f"a completion came with status {exchange.status}"


# --- media types --------------------------------------------------------------------------------------------


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
        raise NotApplicable("it was asked to stream")
    assert exchange.media_type == "application/json", (
        f"a completion that was not asked to stream has the content type {exchange.header('content-type')!r}"
    )
    assert charset(exchange) == "utf-8", f"the JSON is declared to be {charset(exchange)}, not UTF-8"


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
        raise NotApplicable("it was not asked to stream")
    assert exchange.media_type == "text/event-stream", (
        f"the answer to a streamed request has the content type {exchange.header('content-type')!r}"
    )


# --- the JSON text ------------------------------------------------------------------------------------------


@AREA.must(
    "send as body, where it does not stream, one JSON object in UTF-8 with nothing but white space around it",
    on=EVERY_RESPONSE,
    source="rfc8259#2",
    contract=["transport-05"],
    hint="No byte-order mark, no NaN or Infinity, no text around it; line breaks as keep-alives are fine.",
    broken_by={
        "a byte-order mark": content_edit(lambda body: b"\xef\xbb\xbf" + body),
        "NaN": content_edit(lambda body: body.replace(b"{", b'{"cost": NaN, ', 1)),
        "not UTF-8": content_edit(lambda body: body.replace(b"{", b'{"note": "na\xefve", ', 1)),
        "two objects": content_edit(lambda body: body + b"{}"),
        "null": content(b"null"),
        "an array": content_edit(lambda body: b"[" + body + b"]"),
        "line breaks alone": content(b"\n\n\n\n"),
        "cut short": content_edit(lambda body: body[: len(body) // 2]),
    },
)
def test_one_json_object(exchange: Exchange) -> None:
    if exchange.streamed or not (exchange.succeeded or (exchange.status >= 500 and declares_json(exchange))):
        raise NotApplicable(
            "neither a plain success nor a 5xx declared as JSON; of a 4xx errors.refusal_is_json says it"
        )
    try:
        document = loads(exchange.content)
    except JSONError as error:
        raise AssertionError(f"the body ({len(exchange.content)} bytes) is not one JSON text: {error}") from None
    assert isinstance(document, dict), f"the body is JSON, but no object: {exchange.text.strip()[:80]}"


def declares_json(exchange: Exchange) -> bool:
    """Whether an error response says that it is JSON."""
    return exchange.refused and exchange.media_type == "application/json"


@AREA.should(
    "give no JSON object two members of the same name",
    on=EVERY_RESPONSE,
    source="rfc8259#4",
    contract=["transport-05"],
    hint="Parsers differ in which of the two they take, so that client and bill may read different values.",
    broken_by=content_edit(lambda data: data.replace(b"{", b'{"model": "one", "model": "two", ', 1)),
)
def test_unique_names(exchange: Exchange) -> None:
    texts = [event.data for event in exchange.stream.events] if exchange.streamed else [exchange.text]
    judged = [names for names in map(names_given_twice, texts) if names is not None]
    if not judged:
        raise NotApplicable("it holds no JSON")
    twice = sorted({name for names in judged for name in names})
    assert not twice, f"an object has more than one member named {', '.join(map(repr, twice))}"


def names_given_twice(text: str) -> list[str] | None:
    """The duplicate names in a JSON text; None where it is none."""
    try:
        return duplicate_names(text)
    except (ValueError, RecursionError):
        return None


# --- framing ------------------------------------------------------------------------------------------------


@AREA.must(
    "send Content-Length or Transfer-Encoding, never both",
    on=EVERY_ARRIVAL,
    source="rfc9112#6.2",
    contract=["transport-07"],
    at="header:content-length header:transfer-encoding",
    hint="Leave framing to the HTTP library; do not copy either field from the upstream's response.",
    broken_by=header("transfer-encoding", "chunked"),
    needs=["headers", "bytes"],
)
def test_one_framing(exchange: Exchange) -> None:
    length, coding = exchange.header("content-length"), exchange.header("transfer-encoding")
    if length is None and coding is None:
        raise NotApplicable("neither field was sent")
    assert length is None or coding is None, f"Content-Length is {length} beside Transfer-Encoding: {coding}"


@AREA.must(
    "send as many bytes of content as its Content-Length says, and end what it sends in chunks",
    on=EVERY_ARRIVAL,
    source="rfc9112#6.3",
    contract=["transport-07"],
    at="header:content-length",
    hint="Set Content-Length after the body is final, and do not close the connection before it is sent.",
    broken_by={
        "more than announced": header("content-length", "7"),
        "no number": header("content-length", "unknown"),
        "two lengths": header("content-length", "12, 13"),
        "cut short": failing(Failure("truncated", "the peer closed the connection before the body was complete")),
    },
    needs=["headers", "bytes"],
)
def test_whole_body(exchange: Exchange) -> None:
    assert exchange.failure is None, f"the content is not whole ({exchange.failure})"
    length, sent = exchange.header("content-length"), len(exchange.wire)
    if length is None and exchange.header("transfer-encoding") is None:
        raise NotApplicable("the response announces neither a length nor chunks")
    if length is None or exchange.request.method == "HEAD":
        return
    said = {each.strip() for each in length.split(",")}
    assert said == {str(sent)}, f"Content-Length is {length}, and {sent} bytes of content came"


# --- the id of a request ------------------------------------------------------------------------------------


@AREA.should(
    "name each response in an x-request-id header",
    on=EVERY_RESPONSE,
    source="openai-overview#debugging-requests",
    contract=["transport-09"],
    at="header:x-request-id",
    hint="SDKs show this header in their exceptions, so that a customer can quote it to support.",
    broken_by={"absent": header("x-request-id", None), "empty": header("x-request-id", "")},
    needs=["headers", "other headers"],
)
def test_request_id(exchange: Exchange) -> None:
    named = re.compile(r"(request|generation|trace|correlation)-?id", re.IGNORECASE)
    others = sorted({name for name, _ in exchange.headers if named.search(name)} - {"x-request-id"})
    instead = f"; the response has {', '.join(others)} instead" if others else ""
    assert (exchange.header("x-request-id") or "").strip(), f"x-request-id is absent or empty{instead}"


@AREA.should(
    "give every response an x-request-id of its own",
    on=EVERY_RESPONSE,
    source="openai-overview#debugging-requests",
    contract=["transport-09"],
    at="header:x-request-id",
    broken_by=header("x-request-id", "req_the_same"),
    needs=["headers", "other headers", "ids"],
)
def test_request_id_unique(exchanges: list[Exchange]) -> None:
    named: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        if value := (exchange.header("x-request-id") or "").strip():
            named.setdefault(value, []).append(exchange)
    if sum(map(len, named.values())) < 2:
        raise NotApplicable("fewer than two responses have an x-request-id")
    for value, same in named.items():
        if len(same) > 1:
            raise Violation(f"{len(same)} responses have the x-request-id {value!r}", *same)


# --- content coding ------------------------------------------------------------------------------------------


@AREA.must(
    "send its content in the coding that Content-Encoding declares, and in one that was asked for",
    on=EVERY_RESPONSE,
    source="rfc9110#8.4",
    contract=["transport-05", "framing-02"],
    at="header:content-encoding",
    hint="Take the upstream's Content-Encoding off where the body was decoded on the way. Asked for are gzip and "
    "deflate.",
    broken_by={"not gzip": header("content-encoding", "gzip"), "not asked for": header("content-encoding", "br")},
    needs=["headers", "bytes"],
)
def test_content_coding(exchange: Exchange) -> None:
    declared = exchange.header("content-encoding") or ""
    if declared.strip().lower() in ("", "identity"):
        return
    _, problem = undone(exchange.reads, declared)
    if "holds more than" in problem:
        raise Inconclusive(problem)
    assert not problem, f"“{exchange.request}”: {problem}"


# --- the request --------------------------------------------------------------------------------------------

CHUNKED = once(replace(PLAIN, headers=(*JSON_CONTENT, ("transfer-encoding", "chunked")), label="body-in-chunks"))


@AREA.must(
    "serve a POST to /chat/completions under its base URL, with a certificate that verifies where that is https",
    on=(PLAIN,),
    source="phanedge#openapi",
    contract=["transport-01"],
    at="status",
    broken_by={"404": status(404), "a wrong certificate": failing(Failure("tls", "hostname mismatch"))},
)
def test_served(send: Send, send_raw: Send) -> None:
    exchange = send_raw(PLAIN)
    assert not (exchange.failure and exchange.failure.kind == "tls"), f"TLS fails: {exchange.failure}"
    if send(PLAIN).status in (401, 402, 403):
        raise Inconclusive(f"HTTP {exchange.status}: the key may not use this model")
    assert exchange.status == 200, f"{exchange.outcome}: {exchange.text[:120].strip()}"


@AREA.must(
    "answer in one JSON document where stream is absent, false or null",
    on=(PLAIN, LENGTH, NULLS, SDK),
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["transport-06"],
    at="header:content-type",
    hint="Read stream as a boolean that is false by default, and pass no stream_options on without it.",
    broken_by={
        "an event stream": header("content-type", "text/event-stream"),
        "events called JSON": content_edit(lambda body: b"data: " + body + b"\n\n"),
        "refused": only(lambda each: "stream" in each.asked, status(400)),
    },
    needs=["request"],
)
def test_no_stream_unasked(exchange: Exchange) -> None:
    if exchange.refused and exchange.request.asked.get("stream", None) is None:
        raise NotApplicable("it was refused, which says nothing about streaming")
    assert exchange.status == 200, f"{exchange.request} was answered with HTTP {exchange.status}"
    assert exchange.media_type != "text/event-stream", f"{exchange.request} was answered with an event stream"
    assert not exchange.text.lstrip("\ufeff\r\n ").startswith("data:"), f"the body is events: {exchange.text[:80]!r}"


@AREA.should(
    "take a request whose body comes in chunks",
    on=(CHUNKED,),
    source="rfc9112#7.1",
    contract=["transport-08"],
    at="status",
    hint="411 is allowed by RFC 9110, but leaves out clients that stream their uploads.",
    broken_by={"411": status(411), "400": respond(400, {"error": {"message": "Invalid JSON in request body"}})},
)
def test_chunked_body(exchange: Exchange) -> None:
    if exchange.status in (401, 402, 403):
        raise Inconclusive(f"HTTP {exchange.status} is about the key, not about the body")
    assert exchange.status == 200, f"a body in chunks was answered with HTTP {exchange.status}: {exchange.text[:120]}"
