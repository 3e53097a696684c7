"""The same request twice, and the header fields that clients send with repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.faults import chain, content, header, only, put, status
from conformance.contract.given import usually
from conformance.contract.requests import PLAIN, PLAIN_AGAIN, again
from conformance.contract.requirement import Area, Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import answered_with, json_object
from conformance.language import say
from conformance.suite.support.sdk import SDK, SDK_HEADERS

AREA = Area("idempotence", Impact.CLIENTS)

#: Declared by no requirement: a reply that is replayed has the id of the first, as it may.
SDK_AGAIN = replace(
    again(SDK), headers=(("content-type", "application/json; charset=utf-8"), *SDK_HEADERS), label="sdk-headers-charset"
)


def _from_cache(exchange: Exchange) -> bool:
    """Whether the reply says that it comes from a cache of replies."""
    said = [
        value.lower() for name, value in exchange.headers if "cache" in name.lower() and "control" not in name.lower()
    ]
    return exchange.header("age") is not None or any("hit" in each or each == "true" for each in said)


@AREA.should(
    "process each of two identical requests, with an id and a usage of its own",
    on={"one": PLAIN, "two": PLAIN_AGAIN},
    impact=Impact.DATA,
    source="rfc9110#9.2.2",
    contract=["idempotence-01"],
    at="id",
    hint="Give each reply an id of its own, not one that is made from the request. Where replies are cached on purpose,"
    " say so in a header such as x-cache.",
    broken_by={
        "the first reply again": put("id", "chatcmpl-1"),
        "no usage": only(lambda each: each.attempt > 1, put("usage.completion_tokens", 0)),
        "the second refused": only(lambda each: each.attempt > 1, status(409)),
    },
    needs=["status", "headers", "other headers", "ids"],
)
def test_repeats_are_independent(one: Exchange, two: Exchange) -> None:
    if _from_cache(two):
        raise NotApplicable(say("the second reply says that it comes from a cache of replies"))
    assert two.succeeded, say("the same request again is answered with HTTP {status}", two.status)
    ids = one.reply.get("id"), two.reply.get("id")
    assert not ids[0] or ids[0] != ids[1], say("two requests are answered with the same id {ids!r}", ids[0])
    count = two.usage.get("completion_tokens")
    assert count != 0, say("the second of two identical requests reports completion_tokens 0")


@AREA.should(
    "answer requests with the headers that clients send: those of SDKs, a charset, a repeated Idempotency-Key",
    on={"plain": PLAIN, "exchanges": usually(SDK, SDK_AGAIN)},
    source="openai-python#_base_client.py",
    contract=["idempotence-02", "robust-03"],
    hint="Ignore headers that are not known, and the charset of JSON (RFC 8259 11). A repeated key may replay the "
    "first reply.",
    broken_by={
        "the headers": only(lambda each: each.label == SDK.label, status(400)),
        "the key": only(
            lambda each: each.label == SDK_AGAIN.label, chain(status(409), header("x-error", "key reused"))
        ),
        "no completion": only(lambda each: each.label == SDK.label, content(b"I am not even JSON")),
    },
)
def test_sdk_headers(plain: Exchange, exchanges: Sequence[Exchange]) -> None:
    """An endpoint that answers this suite, known by its User-Agent, and not its clients is seen here."""
    if not _completes(plain):
        raise Inconclusive(say("without these headers there is no completion, either: {answer}", answered_with(plain)))
    for exchange in exchanges:
        assert _completes(exchange), say("with these headers {answer}", answered_with(exchange))


def _completes(exchange: Exchange) -> bool:
    """Whether a completion came, which has choices."""
    return exchange.succeeded and bool((json_object(exchange.text) or {}).get("choices"))
