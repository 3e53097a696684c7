"""Requests that are answered at the same time, or one after the other, and know nothing of each other.

What is sent together is named by no requirement's `on`: a request that is judged for other reasons, too, would have
been sent alone before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from conformance.contract.faults import only, put, respond, status, without_events
from conformance.contract.profile import Model
from conformance.contract.requests import (
    JSON_OBJECT,
    LENGTH_STREAM,
    PLAIN,
    STREAM_USAGE,
    TOOL_REQUIRED,
    again,
    chat,
    once,
    streamed,
)  # fmt: skip
from conformance.contract.requirement import Area
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.send import Send
from conformance.evidence.strict_json import JSONError, loads
from conformance.judgement.handing_over import had
from conformance.suite.support.names import bare
from conformance.suite.support.prompts import WORDS, same_prompt

AREA = Area("isolation")

Together = Callable[..., list[Exchange]]

CODES = ("MORB", "TIVA", "KELU")
_CODE = re.compile(rf"(?:{'|'.join(CODES)}|conversation )([a-z]{{12}})")


def _nonce(code: str) -> Request:
    request = once(chat(f"Reply with this code only: {code}{SALT}", label=f"nonce-{code}", max_tokens=40))
    return streamed(request) if CODES.index(code) % 2 else request


def _company(request: Request, label: str) -> Request:
    return once(replace(request, attempt=4, after=None, label=f"{label}-in-company"))


NONCES = tuple(map(_nonce, CODES))
#: What is sent together, each with the declared request that has an answer of the same form, sent alone. It is the
#: endpoint that confuses requests, whichever its models are.
COMPANY = dict(zip(NONCES, map(once, (PLAIN, STREAM_USAGE, PLAIN)), strict=True)) | {
    _company(streamed(WORDS), "thousand-words"): once(WORDS),
    _company(TOOL_REQUIRED, "tool-required"): once(TOOL_REQUIRED),
    _company(JSON_OBJECT, "json-object"): once(JSON_OBJECT),
}
#: It names the run, so that no remembered answer of another run is the answer to it.
RECALL = once(
    chat(f"This is conversation {SALT}. Which code did I tell you before? Answer NONE if none.", label="recall")
)
ABORTED = tuple(
    once(replace(again(LENGTH_STREAM, attempt), after=None, hang_up_after=1, label=f"aborted-stream-{attempt}"))
    for attempt in (4, 5)
)
INTACT = tuple(
    once(replace(again(LENGTH_STREAM, attempt), after=None, label=f"intact-stream-{attempt}")) for attempt in (6, 7)
)
AFTERWARDS = once(replace(again(PLAIN, 5), after=None, label="plain-afterwards"))


def _seen(exchange: Exchange) -> str:
    """All that a client sees of a reply: as it came, and with the pieces of a stream put together."""
    with suppress(Inconclusive):
        return f"{exchange.text}\n{json.dumps(exchange.reply, ensure_ascii=False)}"
    return exchange.text


def _together(send_together: Together, model: Model, turn: int = 0) -> list[tuple[Request, Exchange]]:
    """The six at once, as far as they are claimed, each with its answer; once more for each turn."""
    claimed = [each for each in COMPANY if all(map(model.claims, each.features))]
    repeated = [replace(each, attempt=each.attempt + 10 * turn) for each in claimed]
    return list(zip(claimed, send_together(*repeated), strict=True))


def _in_company(request: Request) -> bool:
    return request.label.endswith("-in-company")


_TURNS = 3  #: in which something must be odd each time: chance and routing make one odd, too


def _none_odd(
    send: Send, send_together: Together, model: Model, odd: Callable[[Exchange, Exchange], Violation | None]
) -> None:
    """Hold that no answer in company is odd beside those to the same request alone. Raises the violation where the
    same is odd in every turn, beside every answer alone; Inconclusive where it is so in some."""
    first: dict[str, Violation] = {}
    for turn in range(_TURNS):
        found = {}
        for request, exchange in _together(send_together, model, turn):
            if turn and request.label not in first:
                continue
            alone = [COMPANY[request], *(again(COMPANY[request], attempt) for attempt in range(2, turn + 2))]
            strange = [odd(send(each), exchange) for each in alone]
            if strange[0] and all(strange):
                found[request.label] = strange[0]
        if not turn:
            first = found
        elif not first.keys() & found.keys():
            raise Inconclusive(f"{next(iter(first.values()))}; asked again it is not so")
        first = {label: first[label] for label in first.keys() & found.keys()}
        if not first:
            return
    raise next(iter(first.values()))


def _code(exchange: Exchange) -> str:
    """The code that a request asks for; empty where it asks for none."""
    found = _CODE.search(exchange.request.body.decode("utf-8", "replace"))
    return found[0] if found else ""


def _confused(exchange: Exchange) -> Exchange:
    """The reply with the code of another request of the same run."""
    told = exchange.request.body.decode()
    if not (found := _CODE.search(told)):
        return exchange
    foreign = next(code for code in CODES if code not in told) + found[1]
    return put("choices.*.message.content", foreign)(exchange)


@AREA.must(
    "answer each of several requests at once with the answer to that request",
    on=(PLAIN, STREAM_USAGE),
    source="openai-openapi#createChatCompletion",
    contract=["isolation-01"],
    at="choices.*.message.content",
    hint="Keep no state of a request outside of it: no shared buffer, client, or context.",
    broken_by={
        "another's answer": _confused,
        "another's id": lambda exchange: put("id", _confused(exchange).reply.get("choices"))(exchange),
    },
)
def test_answers_not_mixed_up(send_together: Together, model: Model) -> None:
    """A code of its own that is missing is the model's doing; one of another request is a violation at once."""
    exchanges = [exchange for _, exchange in _together(send_together, model)]
    codes = [code for code in map(_code, exchanges) if code]
    for exchange in exchanges:
        foreign = [each for each in codes if each != _code(exchange) and each in _seen(exchange)]
        assert not foreign, f"“{exchange.request}” is answered with {foreign[0]}, which another request asked for"
    if missing := [each for each in exchanges if _code(each) not in _seen(each)]:
        raise Inconclusive(f"{len(missing)} of {len(codes)} replies lack their own code, such as {_code(missing[0])}")


@AREA.must(
    "report for requests at once the prompt_tokens that they cost alone",
    on=(PLAIN, STREAM_USAGE, WORDS),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["isolation-02"],
    at="usage.prompt_tokens",
    hint="Keep the counts with the request that they belong to.",
    broken_by=only(_in_company, put("usage.prompt_tokens", 1500)),
)
def test_usage_not_mixed_up(send: Send, send_together: Together, model: Model) -> None:
    _none_odd(send, send_together, model, _other_prompt)


def _other_prompt(alone: Exchange, exchange: Exchange) -> Violation | None:
    if not exchange.succeeded or not _in_company(exchange.request):
        return None
    try:
        same_prompt(alone, exchange)
    except Violation as violation:
        return violation
    return None


def kind(exchange: Exchange) -> str:
    """What kind of reply it is."""
    content = next((message.get("content") for message in exchange.messages), None)
    with suppress(JSONError):
        content = loads(content) if isinstance(content, str) else content
    return "tool calls" if exchange.tool_calls else "a JSON object" if isinstance(content, dict) else "text"


def _certainly_anothers(exchange: Exchange) -> str:
    """How a reply has a form that was not asked for, which neither a model nor another upstream explains."""
    streams, came = exchange.request.streams, exchange.media_type
    if streams != (came == "text/event-stream"):
        return f"{came}, and {'a' if streams else 'no'} stream was asked for"
    return "a tool call, and no tools are offered" if exchange.tool_calls and not _offers(exchange.request) else ""


def _offers(request: Request) -> bool:
    return any(request.asked.get(name) for name in ("tools", "functions"))


def _other_form(alone: Exchange, exchange: Exchange) -> Violation | None:
    """A reply of another kind than alone, by a model of the same name; a snapshot of it is the same."""
    names = [str(each.reply.get("model")) for each in (alone, exchange)]
    if bare(names[0]) != bare(names[1]):
        raise Inconclusive(f"“{exchange.request}” is answered by {names[1]}, and alone by {names[0]}: routed elsewhere")
    kinds = kind(alone), kind(exchange)
    said = f"“{exchange.request}” is answered with {kinds[1]}, and alone with {kinds[0]}"
    return Violation(said, exchange, alone) if kinds[0] != kinds[1] else None


@AREA.must(
    "answer streamed, plain, tool and JSON requests at once each in the form that was asked for",
    on=(PLAIN, STREAM_USAGE, WORDS),
    source="openai-openapi#createChatCompletion",
    contract=["isolation-03"],
    hint="Keep the parameters of a request, stream, tools and response_format, out of shared objects.",
    broken_by={
        "a plain reply to a stream": only(
            lambda each: _in_company(each) and each.streams,
            respond(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "OK"}}], "model": "m"}),
        ),
        "another's tool call": only(
            lambda each: _in_company(each) and "tools" not in each.asked,
            put("choices.*.message.tool_calls", [{"id": "call_1", "type": "function", "function": {}}]),
        ),
        "another's format": only(lambda each: each.label == NONCES[0].label, put("choices.*.message.content", "{}")),
    },
)
def test_forms_not_mixed_up(send: Send, send_together: Together, model: Model) -> None:
    def odd(alone: Exchange, exchange: Exchange) -> Violation | None:
        if exchange.refused:
            return None
        if (foreign := _certainly_anothers(exchange)) and not _certainly_anothers(alone):
            raise Violation(f"“{exchange.request}” is answered with {foreign}", exchange)
        return _other_form(alone, exchange)

    _none_odd(send, send_together, model, odd)


@AREA.must(
    "know nothing of what earlier requests were told",
    on=(PLAIN, STREAM_USAGE),
    source="openai-openapi#createChatCompletion",
    contract=["isolation-04"],
    at="choices.*.message.content",
    hint="Forward the messages of this request only; keep no session by key or connection.",
    broken_by=only(lambda each: each.label == RECALL.label, _confused),
)
def test_no_memory(send: Send, send_together: Together, model: Model) -> None:
    told = [code for _, each in _together(send_together, model) if (code := _code(each))]
    exchange = send(RECALL)
    if not exchange.messages:
        raise NotApplicable("the question was not answered")
    known = [code for code in told if code in _seen(exchange)]
    assert not known, f"a later request without it is answered with the code {known[0]} of an earlier one"


@AREA.should(
    "answer other requests, at the same time and later, undisturbed by streams that clients abort",
    on=(PLAIN, LENGTH_STREAM),
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["isolation-05"],
    hint="Cancel the upstream request of the stream that was closed, and no other; answer each stream anew.",
    broken_by={
        "others break off": only(
            lambda each: each.attempt in (6, 7), without_events(b'"finish_reason":"'), without_events(b"[DONE]")
        ),
        "the next one fails": only(lambda each: each.attempt == 5 and not each.streams, status(500)),
    },
)
def test_aborted_streams(send_raw: Send, send_together: Together) -> None:
    with suppress(Inconclusive):  # raised for what broke off, which is what is to be seen
        send_together(*ABORTED, *INTACT)
    for exchange in map(send_raw, INTACT):
        broke = exchange.failure is not None and exchange.failure.kind in ("reset", "truncated")
        assert not broke, f"two streams were aborted, and another broke off: {exchange.failure}"
        assert not broken_off(had(exchange)), "two streams were aborted, and another came to no end"
    later = had(send_raw(AFTERWARDS))
    assert later.succeeded, f"after two aborted streams a plain request is answered with HTTP {later.status}"
    ids = [each.reply.get("id") for each in map(send_raw, (LENGTH_STREAM, *INTACT))]
    known = [str(each) for each in ids if each]
    assert len(known) == len(set(known)), f"three streams of one request have the ids {', '.join(known)}"
