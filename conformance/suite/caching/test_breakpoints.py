"""Cache breakpoints: none, on prompts or models that cache nothing by them, and wrong ones."""

from __future__ import annotations

from conformance.contract.faults import put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, WRITES

from . import AREA
from .counts import counted
from .faults import NO_CACHE_CONTROL, wrote
from .prompts import FIVE_MARKERS, SHORT, UNKNOWN_TTL, UNMARKED, WRONG_ORDER

# --- that write nothing -------------------------------------------------------------------------------------


@AREA.should(
    "report no cache writes of Claude for a prompt without a cache breakpoint",
    on=[UNMARKED],
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-15"],
    at=f"{DETAILS}.{WRITES}",
    hint="A gateway that adds breakpoints of its own charges its customer for writes that were not asked for.",
    broken_by=wrote(700),
)
def test_unmarked_writes_nothing(exchange: Exchange) -> None:
    found = counted(exchange)
    assert not found.written, say("there is no cache breakpoint, and a write is charged: {found}", found)


@AREA.should(
    "answer a Claude prompt with four cache breakpoints that is too short to be cached, and report no writes",
    on=[SHORT],
    source="anthropic-caching#cache-limitations",
    contract=["cache-16", "cache-23"],
    at=f"{DETAILS}.{WRITES} status",
    hint="Four breakpoints are allowed: a gateway that adds one of its own must leave one out.",
    broken_by={
        "written": wrote(700),
        "rejected": respond(
            400, {"error": {"message": "A maximum of 4 blocks with cache_control may be provided. Found 5."}}
        ),
    },
)
def test_short_is_not_written(exchange: Exchange, model: Model) -> None:
    if not model.claims("cache.explicit"):
        raise NotApplicable(say("cache breakpoints are not claimed to mean anything to this model"))
    assert exchange.succeeded, say(
        "four cache breakpoints on a short prompt were answered with {outcome}", exchange.outcome
    )
    found = counted(exchange)
    assert not found.written, say("a prompt shorter than any that is cached was charged a write: {found}", found)


@AREA.should(
    "answer content with cache_control on a model that does not cache by breakpoints, and report no writes",
    on=[SHORT],
    impact=Impact.CLIENTS,
    source="phanedge#extension-fields",
    contract=["cache-36"],
    at="status",
    hint="Take cache_control out where the upstream rejects it.",
    broken_by={"passed on": NO_CACHE_CONTROL, "written": wrote(700)},
)
def test_markers_are_harmless(exchange: Exchange, model: Model) -> None:
    if model.family == "claude":
        raise NotApplicable(say("Claude caches by breakpoints"))
    assert exchange.succeeded, say("a part with cache_control was answered with {outcome}", exchange.outcome)
    found = counted(exchange)
    assert not found.written, say("a breakpoint that means nothing to this model was charged a write: {found}", found)


# --- that are wrong -----------------------------------------------------------------------------------------


@AREA.should(
    "reject a cache breakpoint of one hour after one of five minutes with 400, in words about ttl or cache_control",
    on=[WRONG_ORDER],
    impact=Impact.FORM,
    source="anthropic-caching#mixing-different-ttls",
    contract=["cache-22"],
    at="status error.message",
    hint="Pass the upstream's error on: a changed TTL is a changed price.",
    broken_by={"500": status(500), "other words": put("error.message", "Bad request."), "accepted": status(200)},
)
def test_wrong_order(exchange: Exchange) -> None:
    assert exchange.status == 400, say("1h after 5m was answered with {outcome}, not 400", exchange.outcome)
    message = str(exchange.error.get("message"))
    explained = "ttl" in message.lower() or "cache_control" in message
    assert explained, say("the message does not speak of ttl or cache_control: {message!r}", message[:200])


@AREA.may(
    "answer more than four cache breakpoints or reject them with a 4xx",
    on=[FIVE_MARKERS],
    impact=Impact.FORM,
    source="anthropic-caching#cache-limitations",
    contract=["cache-23"],
    at="status",
    hint="Take the last four, or pass the upstream's 400 on.",
    broken_by=status(500),
)
def test_five_markers(exchange: Exchange) -> None:
    fit = exchange.succeeded or 400 <= exchange.status < 500
    assert fit, say("five cache breakpoints were answered with {outcome}", exchange.outcome)


@AREA.may(
    "reject a ttl that is neither 5m nor 1h with a 4xx",
    on=[UNKNOWN_TTL],
    impact=Impact.FORM,
    source="anthropic-caching#1-hour-cache-duration",
    contract=["cache-24"],
    at="status",
    hint="An unknown TTL has no price.",
    broken_by={"accepted": status(200), "500": status(500)},
)
def test_unknown_ttl(exchange: Exchange) -> None:
    assert 400 <= exchange.status < 500, say("the ttl 2h was answered with {outcome}", exchange.outcome)
