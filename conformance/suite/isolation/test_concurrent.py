"""Requests at the same time: each gets its own answer, in its own form, and its own usage."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from conformance.contract.faults import only, put, respond
from conformance.contract.given import at_once
from conformance.contract.requests import PLAIN, STREAM_USAGE
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import LOOKS_LIKE_EVENTS, Exchange, Inconclusive, Request, Violation
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.names import bare
from conformance.suite.support.prompts import WORDS, same_prompt

from . import AREA
from .concurrent import (
    ALONE,
    COMPANY,
    IN_TURNS,
    NONCES,
    code_of,
    confused,
    is_in_company,
    none_odd,
    of_another_run,
    remembered,
    seen,
)  # fmt: skip


@AREA.must(
    "answer each of several requests at once with the answer to that request",
    on=(PLAIN, STREAM_USAGE),
    given={"company": at_once(*COMPANY)},
    source="openai-openapi#createChatCompletion",
    contract=["isolation-01"],
    at="choices.*.message.content",
    hint="Keep no state of a request outside of it: no shared buffer, client, or context.",
    broken_by={
        "another's answer": confused,
        "an answer of another run": of_another_run,
        "another's id": lambda exchange: put("id", confused(exchange).reply.get("choices"))(exchange),
    },
    needs_model=True,
)
def test_answers_not_mixed_up(company: Sequence[Exchange]) -> None:
    """Where a reply lacks its own code, that is the model's doing; the code of another request is a violation."""
    codes = [code for code in map(code_of, company) if code]
    for exchange in company:
        _gives_no_other(exchange, codes)
    letters = remembered(company)
    assert not letters, say(
        "two replies give codes with the letters {letters}, which no request of this run has", letters
    )
    _give_their_own(company, len(codes))


def _gives_no_other(exchange: Exchange, codes: Sequence[str]) -> None:
    """Hold that a reply has none of the codes but its own."""
    foreign = [each for each in codes if each != code_of(exchange) and each in seen(exchange)]
    assert not foreign, say(
        "“{request}” is answered with {foreign}, which another request asked for", exchange.request, foreign[0]
    )


def _give_their_own(company: Sequence[Exchange], codes: int) -> None:
    """Raises Inconclusive where replies lack their own codes, of which there are so many."""
    missing = [code_of(each) for each in company if code_of(each) not in seen(each)]
    if missing:
        raise Inconclusive(
            say("{number} of {number2} replies lack their own code, such as {code_of}", len(missing), codes, missing[0])
        )


def _other_prompt(alone: Exchange, exchange: Exchange) -> Violation | None:
    if not exchange.succeeded or not is_in_company(exchange.request):
        return None
    try:
        same_prompt(alone, exchange)
    except Violation as violation:
        return violation
    return None


@AREA.must(
    "report for requests at once the prompt_tokens that they cost alone",
    on=(PLAIN, STREAM_USAGE, WORDS),
    given={"turns": IN_TURNS, "alone": ALONE},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["isolation-02"],
    at="usage.prompt_tokens",
    hint="Keep the counts with the request that they belong to.",
    broken_by=only(is_in_company, put("usage.prompt_tokens", 1500)),
    after=["usage.prompt_tokens.covers_cache", "usage.total_tokens.sum_of", "equivalence.prompt_tokens"],
)
def test_usage_not_mixed_up(turns: Sequence[Sequence[Exchange]], alone: Sequence[Sequence[Exchange]]) -> None:
    none_odd(_other_prompt, turns, alone)


def _kind(exchange: Exchange) -> str:
    """What kind of reply it is."""
    content = next((message.get("content") for message in exchange.messages), None)
    with suppress(JSONError):
        content = loads(content) if isinstance(content, str) else content
    return (
        say("tool calls") if exchange.tool_calls else say("a JSON object") if isinstance(content, dict) else say("text")
    )


def _certainly_anothers(exchange: Exchange) -> str:
    """How a reply has a form that was not asked for, which neither a model nor another upstream explains. The
    media type alone may be wrong, of which other requirements speak."""
    streams, came = exchange.request.streams, LOOKS_LIKE_EVENTS.match(exchange.content) is not None
    if streams != came:
        return say("events, and no stream was asked for") if came else say("a document, and a stream was asked for")
    return say("a tool call, and no tools are offered") if exchange.tool_calls and not _offers(exchange.request) else ""


def _offers(request: Request) -> bool:
    return any(request.asked.get(name) for name in ("tools", "functions"))


def _other_form(alone: Exchange, exchange: Exchange) -> Violation | None:
    """The violation by a reply of another kind than alone. A snapshot of a model counts as the same model. Raises
    Inconclusive where another model answers, and the violation at once where nothing else explains the form."""
    if exchange.refused:
        return None
    if (foreign := _certainly_anothers(exchange)) and not _certainly_anothers(alone):
        raise Violation(say("“{request}” is answered with {foreign}", exchange.request, foreign), exchange)
    names = [str(each.reply.get("model")) for each in (alone, exchange)]
    if bare(names[0]) != bare(names[1]):
        raise Inconclusive(
            say(
                "“{request}” is answered by {names}, and alone by {names2}: routed elsewhere",
                exchange.request,
                names[1],
                names[0],
            )
        )
    kinds = _kind(alone), _kind(exchange)
    said = say("“{request}” is answered with {kinds}, and alone with {kinds2}", exchange.request, kinds[1], kinds[0])
    return Violation(said, exchange, alone) if kinds[0] != kinds[1] else None


@AREA.must(
    "answer streamed, plain, tool and JSON requests at once each in the form that was asked for",
    on=(PLAIN, STREAM_USAGE, WORDS),
    given={"turns": IN_TURNS, "alone": ALONE},
    impact=Impact.CLIENTS,
    source="openai-openapi#createChatCompletion",
    contract=["isolation-03"],
    hint="Keep the parameters of a request, stream, tools and response_format, out of shared objects.",
    broken_by={
        "a plain reply to a stream": only(
            lambda each: is_in_company(each) and each.streams,
            respond(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "OK"}}], "model": "m"}),
        ),
        "another's tool call": only(
            lambda each: is_in_company(each) and "tools" not in each.asked,
            put("choices.*.message.tool_calls", [{"id": "call_1", "type": "function", "function": {}}]),
        ),
        "another's format": only(lambda each: each.label == NONCES[0].label, put("choices.*.message.content", "{}")),
    },
)
def test_forms_not_mixed_up(turns: Sequence[Sequence[Exchange]], alone: Sequence[Sequence[Exchange]]) -> None:
    none_odd(_other_form, turns, alone)
