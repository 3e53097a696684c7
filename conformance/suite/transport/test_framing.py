"""Message framing, and the x-request-id by which a response is reported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from conformance.contract.faults import failing, header
from conformance.contract.requirement import Impact, Scope
from conformance.contract.scopes import EVERY_RESPONSE
from conformance.evidence.exchange import Exchange, Failure, NotApplicable, Violation
from conformance.language import say

from . import AREA

#: What was cut short is asked for again: of the attempts the last one tells.
EVERY_ARRIVAL = Scope(
    "every response, whole or cut short",
    EVERY_RESPONSE.meant,
    lambda each: each.failure is None or (each.failure.kind == "truncated" and each.request.attempt > 0),
)


@AREA.must(
    "send Content-Length or Transfer-Encoding, never both",
    on=EVERY_ARRIVAL,
    source="rfc9112#6.2",
    contract=["transport-07", "transport-10"],
    at="header:content-length header:transfer-encoding",
    hint="Leave framing to the HTTP library; do not copy either field from the upstream's response.",
    broken_by=header("transfer-encoding", "chunked"),
    needs=["headers", "bytes", "connection"],
)
def test_one_framing(exchange: Exchange) -> None:
    length, coding = exchange.header("content-length"), exchange.header("transfer-encoding")
    if length is None and coding is None:
        raise NotApplicable(say("neither field was sent"))
    assert length is None or coding is None, say(
        "Content-Length is {length} beside Transfer-Encoding: {coding}", length, coding
    )


@AREA.must(
    "send as many bytes of content as its Content-Length says, and terminate chunked content",
    on=EVERY_ARRIVAL,
    source="rfc9112#6.3",
    contract=["transport-07", "transport-10"],
    at="header:content-length",
    hint="Set Content-Length after the body is final, and do not close the connection before it is sent.",
    broken_by={
        "more than announced": header("content-length", "7"),
        "no number": header("content-length", "unknown"),
        "two lengths": header("content-length", "12, 13"),
        "cut short": failing(Failure("truncated", "the peer closed the connection before the body was complete")),
        "bytes after its end": lambda exchange: replace(exchange, surplus=1),
    },
    needs=["headers", "bytes", "connection"],
)
def test_whole_body(exchange: Exchange) -> None:
    assert not (problem := exchange.failure or _beyond(exchange)), say("the content is not whole ({problem})", problem)
    length, sent = exchange.header("content-length"), len(exchange.wire)
    if length is None and exchange.header("transfer-encoding") is None:
        raise NotApplicable(say("the response announces neither a length nor chunks"))
    if length is None or exchange.request.method == "HEAD":
        return
    said = {each.strip() for each in length.split(",")}
    assert said == {str(sent)}, say("Content-Length is {length}, and {sent} bytes of content came", length, sent)


def _beyond(exchange: Exchange) -> str:
    """What followed the response on its connection, which no client can tell from the next one (RFC 9112 9.2)."""
    return (
        say("its end was followed by {surplus} more bytes on the connection", exchange.surplus)
        if exchange.surplus
        else ""
    )


@AREA.should(
    "send an x-request-id header with each response",
    on=EVERY_RESPONSE,
    impact=Impact.FORM,
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
    instead = say("; the response has {others} instead", ", ".join(others)) if others else ""
    assert (exchange.header("x-request-id") or "").strip(), say("x-request-id is absent or empty{instead}", instead)


def _by_request_id(exchanges: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    named: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        if value := (exchange.header("x-request-id") or "").strip():
            named.setdefault(value, []).append(exchange)
    return named


@AREA.should(
    "give every response an x-request-id of its own",
    on=EVERY_RESPONSE,
    impact=Impact.FORM,
    source="openai-overview#debugging-requests",
    contract=["transport-09"],
    at="header:x-request-id",
    broken_by=header("x-request-id", "req_the_same"),
    needs=["headers", "other headers", "ids"],
    after=["ids.unique"],
)
def test_request_id_unique(exchanges: list[Exchange]) -> None:
    named = _by_request_id(exchanges)
    if sum(map(len, named.values())) < 2:
        raise NotApplicable(say("fewer than two responses have an x-request-id"))
    for value, same in named.items():
        if len(same) > 1:
            raise Violation(say("{number} responses have the x-request-id {value!r}", len(same), value), *same)
