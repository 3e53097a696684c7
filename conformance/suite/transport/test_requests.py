"""The endpoint serves the plainest request: plain by default, and with its body in chunks."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.faults import content_edit, failing, header, only, respond, status
from conformance.contract.given import AsReceived
from conformance.contract.requests import LENGTH, PLAIN, once
from conformance.evidence.exchange import JSON_CONTENT, Exchange, Failure, Inconclusive, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.judgement.handing_over import had
from conformance.language import say
from conformance.suite.support.parameters import NULLS
from conformance.suite.support.sdk import SDK

from . import AREA

CHUNKED = once(replace(PLAIN, headers=(*JSON_CONTENT, ("transfer-encoding", "chunked")), label="body-in-chunks"))


@AREA.must(
    "serve a POST to /chat/completions under its base URL, with a certificate that verifies where that is https",
    on={"exchange": AsReceived(PLAIN)},
    source="phanedge#openapi",
    contract=["transport-01"],
    at="status",
    broken_by={"404": status(404), "a wrong certificate": failing(Failure("tls", "hostname mismatch"))},
    needs=["status", "key"],
)
def test_served(exchange: Exchange) -> None:
    assert not (exchange.failure and exchange.failure.kind == "tls"), say("TLS fails: {failure}", exchange.failure)
    if had(exchange).status in (401, 402, 403):
        raise Inconclusive(say("HTTP {status}: the key may not use this model", exchange.status))
    assert exchange.status == 200, answered_with(exchange)


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
        raise NotApplicable(say("it was rejected, which says nothing about streaming"))
    assert exchange.status == 200, answered_with(exchange)
    assert exchange.media_type != "text/event-stream", say(
        "{request} was answered with an event stream", exchange.request
    )
    events = exchange.text.lstrip("\ufeff\r\n ").startswith("data:")
    assert not events, say("the body is events: {text!r}", exchange.text[:80])


@AREA.should(
    "accept a request whose body is sent in chunks",
    on=(CHUNKED,),
    source="rfc9112#7.1",
    contract=["transport-08"],
    at="status",
    hint="RFC 9110 allows 411, which excludes clients that stream their uploads.",
    broken_by={"411": status(411), "400": respond(400, {"error": {"message": "Invalid JSON in request body"}})},
    needs=["connection"],
)
def test_chunked_body(exchange: Exchange) -> None:
    if exchange.status in (401, 402, 403):
        raise Inconclusive(say("HTTP {status} is about the key, not about the body", exchange.status))
    assert exchange.status == 200, answered_with(exchange)
