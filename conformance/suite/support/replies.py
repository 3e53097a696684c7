"""What a reply says, and what a model that never read the request leaves out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from conformance.contract.faults import only, put, respond
from conformance.contract.given import OnDemand, on_demand
from conformance.contract.requests import chat
from conformance.contract.requirement import Fault
from conformance.contract.scopes import broken_off, cut_short, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, Violation
from conformance.language import joined, say

from .messages import turns

Problem = Callable[[Exchange], str]


def answered(exchange: Exchange) -> str:
    """The text of an answer, empty beside tool calls. Raises AssertionError where the request was rejected,
    Inconclusive where the reply was cut off or has no text."""
    said = " ".join(exchange.text.split())[:200]
    assert exchange.succeeded, say(
        "“{request}” is answered with {outcome}: {said}", exchange.request, exchange.outcome, said
    )
    check_whole(exchange)
    content = content_of(exchange)
    if (
        not content
        and not exchange.tool_calls
        and any(cut_short(each.get("finish_reason")) for each in exchange.choices)
    ):
        raise Inconclusive(
            say("the reply is empty, and ends with {finish_reason!r}", exchange.choices[0].get("finish_reason"))
        )
    thought = any(each.get(name) for each in exchange.messages for name in ("reasoning_content", "reasoning"))
    if not exchange.tool_calls and (not isinstance(content, str) or (thought and not content)):
        raise Inconclusive(say("the reply has no text: {dumps}", json.dumps(content)[:100]))
    return content or ""


def check_whole(exchange: Exchange) -> None:
    """Raises Inconclusive for a stream that broke off."""
    if broken_off(exchange):
        raise Inconclusive(say("the stream broke off"))


def content_of(exchange: Exchange) -> Any:
    """The content of the first message; None where there is none."""
    return exchange.messages[0].get("content") if exchange.messages else None


def sent_choices(exchange: Exchange) -> list[dict[str, Any]]:
    """The choices as they were sent: those of a reply, or of each chunk of a stream."""
    return streamed_choices(exchange.chunks) if exchange.streamed else exchange.choices


def lacks(words: Sequence[str]) -> Problem:
    """Which of these words an answer lacks."""

    def problem(exchange: Exchange) -> str:
        text = answered(exchange)
        missing = [word for word in words if word not in text]
        return are_missing(missing, text) if missing else ""

    return problem


def are_missing(words: Sequence[str], text: str) -> str:
    """A sentence about words that a text lacks."""
    return say("{words} {_are} missing: {text!r}", joined(" and ", words), "are" if words[1:] else "is", text[:160])


_CONTROL = "-control"  #: ends the labels of controls


def control(label: str, *contents: str, system: str = "") -> OnDemand:
    """A request, sent only where it is looked at, that wants the same of the model as another, without what the
    requirement is about: a model that cannot do that shows nothing."""
    instructions = [{"role": "system", "content": system}] if system else []
    return on_demand(chat(label=f"{label}{_CONTROL}", max_tokens=100, messages=[*instructions, *turns(*contents)]))


def but_for_controls(fault: Fault) -> Fault:
    """A fault in the answers to all requests that are no control."""
    return only(lambda request: not request.label.endswith(_CONTROL), fault)


def without(word: str) -> Fault:
    """The answer of a model that never read this word, where it is not told it in a control."""
    return but_for_controls(put("choices.*.message.content", lambda text: text and text.replace(word, "it")))


def exchanged(one: str, other: str) -> Fault:
    """An answer in which these two words have changed places, where it is not to a control."""
    places = {one: other, other: one}
    either = re.compile("|".join(map(re.escape, places)))
    content = "choices.*.message.content"
    return but_for_controls(put(content, lambda text: text and either.sub(lambda found: places[found[0]], text)))


REFUSED = respond(400, {"error": {"message": "messages: not supported", "type": "invalid_request_error"}})


def not_refused(answers: Sequence[Exchange], times: int = 3) -> Iterator[Exchange]:
    """Of exchanges given by `tries_or`, those of the request, or those in its place where it is refused."""
    if answers[0].refused:
        return iter(answers[1 : 1 + times])
    return chain(answers[:1], answers[1 + times :])


def one_of(
    answers: Iterable[Exchange], problem: Problem, controls: Sequence[Exchange] = (), shown: Problem | None = None
) -> None:
    """Hold that one of several answers to a request shows no problem, for models do not always do as they are told. A
    rejection counts at once. Raises Inconclusive where an answer was cut off, and where a control shows a problem, too:
    the same as the answers, or what is to be `shown` by it."""
    seen: list[Exchange] = []
    found = cut = ""
    for exchange in answers:
        seen.insert(0, exchange)
        found = problem(exchange)
        if not found:
            return
        if exchange.choices and exchange.choices[0].get("finish_reason") in ("length", "content_filter"):
            cut = str(exchange.choices[0]["finish_reason"])
    if cut:
        raise Inconclusive(say("a reply was cut off ({cut}): {found}", cut, found))
    for exchange in controls:
        _is_able(exchange, shown or problem, found)
    told = say("in each of {number} answers to “{labels}” {found}", len(seen), seen[-1].request, found)
    raise Violation(told, *seen, *controls)


def _is_able(control: Exchange, problem: Problem, found: str) -> None:
    """Raises Inconclusive where a model does not do what is asked of it in a control, either."""
    lacking = problem(control) if control.succeeded else say("it is {outcome}", control.outcome)
    if lacking:
        raise Inconclusive(
            say("{found}; nor does the model do it where nothing else is asked (“{request}”)", found, control.request)
        )
