"""The coding of the content: what Content-Encoding says, and what the request accepts."""

from __future__ import annotations

import gzip

from conformance.contract.faults import chain, header, with_content
from conformance.contract.requirement import Fault, Impact, Scope
from conformance.contract.scopes import EVERY_RESPONSE
from conformance.evidence.content_coding import left_over
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.observed import json_object
from conformance.language import say

from . import AREA

IDENTITY = "identity"


def _coded(tail: bytes = b"", cut: int | None = None) -> Fault:
    """The content in gzip, with what follows its end, or without its last bytes."""

    def fault(exchange: Exchange) -> Exchange:
        data = gzip.compress(exchange.content)[:cut] + tail
        return header("content-encoding", "gzip")(with_content(exchange, (exchange.seconds, data)))

    return fault


def _end(exchange: Exchange) -> str:
    """What is wrong with the end of coded content; empty where nothing is."""
    return left_over(exchange.reads, exchange.header("content-encoding") or "")


@AREA.must(
    "send its content in the coding that Content-Encoding declares, whole and with nothing after it, and in one that"
    " the request accepts",
    on=EVERY_RESPONSE,
    source="rfc9110#8.4",
    contract=["transport-05", "transport-10", "framing-02"],
    at="header:content-encoding",
    hint="Remove the upstream's Content-Encoding where the body was decoded on the way. The request accepts gzip and "
    "deflate.",
    broken_by={
        "not gzip": header("content-encoding", "gzip"),
        "not asked for": header("content-encoding", "br"),
        "a tail": _coded(b"\r\n0\r\n\r\n"),
        "cut short": _coded(cut=-8),
    },
    needs=["headers", "bytes"],
)
def test_content_coding(exchange: Exchange) -> None:
    problem = exchange.undecodable or _end(exchange)
    if "holds more than" in problem:
        raise Inconclusive(problem)
    plain = exchange.undecodable and json_object(exchange.wire) is not None
    assert not problem, say(
        "“{request}”: {problem}{value}", exchange.request, problem, say(": the content is plain JSON") if plain else ""
    )


def _wants_identity(request: Request) -> bool:
    """Whether a client accepts content in no coding."""
    accepted = [value.strip().lower() for name, value in request.headers if name.lower() == "accept-encoding"]
    return accepted == [IDENTITY]


PLAINLY = Scope(
    "every response to a client that accepts no content coding",
    lambda each: EVERY_RESPONSE.meant(each) and _wants_identity(each),
    lambda each: EVERY_RESPONSE.holds(each) and _wants_identity(each.request),
)


@AREA.should(
    "send content in no coding where the request accepts identity alone",
    on=PLAINLY,
    source="rfc9110#12.5.3",
    contract=["transport-10"],
    at="header:content-encoding",
    hint="Compress by the Accept-Encoding of the client, not by that of the gateway's own request upstream.",
    broken_by=chain(header("content-encoding", None), _coded()),
    needs=["headers", "request"],
    after=["transport.content_coding"],
)
def test_identity_heeded(exchange: Exchange) -> None:
    """A 406 is the other right answer."""
    if exchange.undecodable or _end(exchange):
        raise NotApplicable(
            say("the content is not in the coding that it declares (covered by transport.content_coding)")
        )
    declared = (exchange.header("content-encoding") or IDENTITY).strip().lower()
    assert declared == IDENTITY or exchange.status == 406, say(
        "“{request}” accepts identity alone, and the content is {declared}", exchange.request, declared
    )


@AREA.should(
    "not name identity as a Content-Encoding",
    on=EVERY_RESPONSE,
    impact=Impact.FORM,
    source="rfc9110#8.4",
    contract=["transport-10"],
    at="header:content-encoding",
    hint="Leave the header field out where the content has no coding.",
    shown_by=_coded(),
    broken_by={
        "alone": header("content-encoding", IDENTITY),
        "beside gzip": header("content-encoding", "gzip, identity"),
    },
    needs=["headers"],
)
def test_no_identity_named(exchange: Exchange) -> None:
    declared = exchange.header("content-encoding")
    if declared is None:
        raise NotApplicable(say("the response has no Content-Encoding"))
    assert IDENTITY not in declared.lower(), say("Content-Encoding is {declared!r}", declared)
