"""Answers to requests that a single requirement sends satisfy the rest of the catalogue, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from conformance.contract.faults import drop, only, put, respond
from conformance.contract.given import on_demand, tries, usually
from conformance.contract.marks import INTRUSIVE
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, TOOL_AUTO
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send
from conformance.language import joined, say
from conformance.suite.support.overflow import OVERFLOW_STREAM_TRIES, OVERFLOW_TRIES, overflow
from conformance.suite.support.parameters import ALL_OPTIONS, AT_END
from conformance.suite.support.round_trip import after_call

from . import AREA
from .judged import Counts, hold

Had = Callable[[], Exchange]  #: requests an exchange; raises Inconclusive or NotApplicable where there is none


def _labelled(beginning: str) -> Callable[[Request], bool]:
    return lambda request: request.label.startswith(beginning)


def _of_other_requirements(options: Sequence[Exchange], ends: Sequence[Exchange], model: Model) -> list[Had]:
    """The exchanges that other requirements request of this model."""
    sent = [] if model.family == "gpt" else [lambda: options[0]]
    return sent if model.reasons else [*sent, lambda: ends[0], lambda: ends[1]]


def _too_long(model: Model, forms: Sequence[Sequence[Exchange]], plain: Sequence[Exchange]) -> Exchange:
    """The response to a prompt beyond the context in the last of its forms. It is sent only where it was rejected in
    the forms before, since an accepted one may be charged for. One rejected for the size of its body is left out: a
    server in front may have answered."""
    if any(overflow(model, tries, plain).status < 400 for tries in forms[:-1]):
        raise NotApplicable(say("it was not rejected in a stream"))
    exchange = overflow(model, forms[-1], plain)
    if exchange.status == 413:
        raise NotApplicable(say("it is rejected for the size of its body"))
    return exchange


def _hold_all(requested: Iterable[Had], held: Callable[[Exchange], None]) -> None:
    """Judge each exchange that there is. Raises Inconclusive where there is none."""
    judged, reasons = 0, list[str]()
    for had in requested:
        try:
            exchange = had()
        except (Inconclusive, NotApplicable) as reason:
            reasons.append(str(reason))
            continue
        held(exchange)
        judged += 1
    if not judged:
        raise Inconclusive(joined("; ", reasons))


@AREA.must(
    "satisfy every other MUST also in its answers to the requests that single requirements send: a prompt beyond the "
    "context, a tool result sent back, OpenAI's parameters, the ends of ranges",
    on=(PLAIN, TOOL_AUTO),
    given={
        "called": tries(TOOL_AUTO),
        "options": on_demand(ALL_OPTIONS),
        "ends": usually(*AT_END.values()),
        "too_long": (OVERFLOW_STREAM_TRIES, OVERFLOW_TRIES),
        "plain": on_demand(PLAIN),
    },
    source="openai-openapi#createChatCompletion",
    contract=["errors-01", "sampling-01"],
    hint="Fix the requirement named above.",
    broken_by={
        "a result sent back": only(_labelled("tool-round-trip"), drop("usage.total_tokens")),
        "parameters": only(_labelled("options-of-openai"), put("choices.*.finish_reason", "eos")),
        "the ends of ranges": only(_labelled("parameters-"), drop("id")),
        "a prompt too long": only(_labelled("context-overflow"), respond(400, {"error": "the context is too long"})),
    },
)
def test_single_requests(
    send: Send,
    called: Sequence[Exchange],
    options: Sequence[Exchange],
    ends: Sequence[Exchange],
    too_long: Sequence[Sequence[Exchange]],
    plain: Sequence[Exchange],
    model: Model,
    counts: Counts,
) -> None:
    """Nothing is sent for this that is not sent for another requirement."""
    requested: list[Had] = [
        lambda: send(after_call(called)),
        *_of_other_requirements(options, ends, model),
        partial(_too_long, model, too_long[:1], plain),
        *([partial(_too_long, model, too_long, plain)] if model.claims(INTRUSIVE) else []),
    ]
    _hold_all(requested, lambda exchange: hold(exchange, model, counts))
