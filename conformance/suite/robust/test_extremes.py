"""Deeply nested, huge and broken-off requests: the endpoint continues to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.faults import failing, only, put, respond, status
from conformance.contract.given import AsReceived, OnDemand, as_received, on_demand, usually
from conformance.contract.requests import LONG_STREAM, PLAIN, UNKNOWN_MODEL, bad, chat, intrusive, once
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import JSON_CONTENT, Exchange, Failure, Inconclusive, Request
from conformance.evidence.observed import answered_with, count_or_zero
from conformance.language import say

from . import AREA
from .members import with_member

DEPTH, LARGE = 10_000, 20 * 2**20  #: levels, and bytes
HUGE_SECONDS = 120.0
NESTED = intrusive(with_member("json-nested", f'"x_nested": {"[" * DEPTH}{"]" * DEPTH}'))
_HUGE_BODY = b'{"model": "%b", "messages": [{"role": "user", "content": "%b"}]}'
HUGE = intrusive(bad("body-of-20-MB", _HUGE_BODY % (UNKNOWN_MODEL.encode(), b"a" * LARGE)))
#: Announces more than it has, so that the connection is closed in the middle of the body.
TOO_LONG = (*JSON_CONTENT, ("content-length", str(len(PLAIN.body) + 500)))
HALF_A_BODY = once(bad("body-broken-off", PLAIN.asked, headers=TOO_LONG))
HUNG_UP = once(replace(LONG_STREAM, hang_up_after=1, label="long-stream-hung-up"))


def _after(request: Request) -> OnDemand:
    """Up to three answers to a small request that no other requirement sends, to follow this one."""
    plain = once(chat(f"Say OK. ({request.label})", label=f"after-{request.label}"))
    return OnDemand(as_received(plain, 3), usual=1)


def still_serves(later: Sequence[Exchange]) -> Exchange:
    """The answer to a later request, the first that is not transient. Raises AssertionError where it failed, or where
    all were transient, and Inconclusive where the failure may have another reason."""
    for exchange in later:
        if not exchange.transient:
            break
    if exchange.status in (401, 402, 403, 429):
        raise Inconclusive(say("{exchange}, which has another reason", exchange))
    assert exchange.succeeded, say("the next plain request failed: {answer}", answered_with(exchange))
    return exchange


@AREA.should(
    "answer JSON nested 10,000 levels deep with a client error, or ignore it, and continue to serve",
    on={"exchange": AsReceived(NESTED), "plain": on_demand(PLAIN), "later": _after(NESTED)},
    source="rfc8259#9",
    contract=["robust-05"],
    at="status",
    hint="Bound the depth that is parsed: recursion without a bound ends the process.",
    broken_by={
        "500": only(lambda each: each.label == "json-nested", status(500)),
        "no answer": only(lambda each: each.label == "json-nested", failing(Failure("reset", "the process ended"))),
        "away": only(lambda each: each.label.startswith("after-"), status(503)),
    },
    after=["errors.mistake_is_4xx", "errors.refusal_is_json"],
)
def test_nested_json(exchange: Exchange, plain: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    if exchange.failure and plain[0].status != 200:
        raise Inconclusive(say("{exchange}", exchange))
    assert not exchange.failure, say("{exchange}", exchange)
    assert exchange.status < 500, answered_with(exchange)
    still_serves(later)


def _has_error(exchange: Exchange) -> bool:
    """Whether it has an error object."""
    try:
        return bool(exchange.error)
    except Inconclusive:
        return False


@AREA.should(
    "reject a body of 20 MB with a client error and an error object within two minutes, and continue to serve",
    on=(PLAIN,),
    given={"huge": usually(AsReceived(HUGE)), "later": _after(HUGE)},
    source="rfc9110#15.5.14",
    contract=["robust-06"],
    at="status",
    hint="Bound the size of a body before it is read, and send 413 with an error object.",
    broken_by={
        "500": only(lambda each: len(each.body) > LARGE, status(500)),
        "no error object": only(lambda each: len(each.body) > LARGE, respond(413, {"detail": "too large"})),
        "away": only(lambda each: each.label.startswith("after-"), status(503)),
        "too late": only(lambda each: len(each.body) > LARGE, lambda each: replace(each, seconds=130.0)),
    },
    after=["errors.mistake_is_4xx", "errors.refusal_is_json"],
)
def test_huge_body(huge: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    """The connection may be closed instead: a server that stops reading need not answer."""
    exchange = huge[0]
    assert exchange.seconds < HUGE_SECONDS, say("it was answered after {seconds:.0f} s", exchange.seconds)
    if not exchange.failure:
        assert 400 <= exchange.status < 500, answered_with(exchange)
        assert _has_error(exchange), say("{answer}, which is no error object", answered_with(exchange))
    still_serves(later)


@AREA.should(
    "serve on, and count anew, after a client closed the connection in the middle of a body, or of a stream",
    on={"plain": PLAIN, "broken_off": usually(*map(AsReceived, (HALF_A_BODY, HUNG_UP))), "later": _after(HUNG_UP)},
    impact=Impact.CLIENTS,
    source="rfc9112#9.5",
    contract=["robust-07", "isolation-05"],
    at="status",
    hint="Let a write to a closed connection end that request alone, and start the counts of the next one anew.",
    broken_by={
        "away": only(lambda each: each.label == f"after-{HUNG_UP.label}", status(500)),
        "counted on": only(lambda each: each.label == f"after-{HUNG_UP.label}", put("usage.prompt_tokens", 1)),
    },
)
def test_hung_up(plain: Exchange, broken_off: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    assert plain.status == 200, answered_with(plain)
    list(broken_off)  # both are sent now, and not declared: they would be sent long before what shows their effect
    afterwards = still_serves(later)
    before, after = (count_or_zero(each.reply.get("usage"), "prompt_tokens") for each in (plain, afterwards))
    assert 0 in (before, after) or after >= before, _fewer(after, before)


def _fewer(after: int, before: int) -> str:
    return say(
        "a longer prompt than “{member}” has {counts} prompt_tokens after “{member2}”, and that one {counts2}",
        PLAIN,
        after,
        HUNG_UP,
        before,
    )
