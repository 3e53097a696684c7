"""Stop sequences: what is returned ends before the first of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.faults import edit, only, put, respond
from conformance.contract.given import in_turn, on_demand
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, STOP, STOP_STREAM, chat, streamed
from conformance.contract.requirement import Area, Fault, Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation, list_of
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.refusals import refuses

AREA = Area("stop", Impact.DATA, needs_model=True)

#: Two words, and characters of three bytes each, so that the sequence spans tokens.
STOP_WIDE_STREAM = streamed(
    chat("Repeat exactly and add nothing: 甲 乙 停止 词语 丙", label="stop-wide", stop="停止 词语", max_tokens=40)
)
_SIX = "Repeat exactly and add nothing: one two three four five six"
STOP_FOUR = chat(_SIX, label="stop-four", stop=["five six", "three four", "\n\n", "qqq"], max_tokens=40)
STOP_FOUR_WORDS = replace(STOP_FOUR, body=STOP_FOUR.body.replace(rb'"\n\n"', b'"zzz"'), label="stop-four-words")


def _text(exchange: Exchange, first: str) -> str:
    """The text of a reply. Raises Inconclusive where it lacks the first word that the model was to repeat."""
    if broken_off(exchange):
        raise Inconclusive(say("the stream broke off"))
    content = exchange.messages[0].get("content") if exchange.messages else None
    if not isinstance(content, str) or first not in content:
        raise Inconclusive(say("the model did not repeat {first!r}: {content!r:.120}", first, content))
    return content


def _ends_before(exchange: Exchange, first: str, last: str, rest: str) -> None:
    """Hold that the text holds neither a stop sequence nor what follows it, does not end in the beginning of one, and
    that the last word before it is whole."""
    stop, text = exchange.request.asked["stop"], _text(exchange, first)
    for each in [stop] if isinstance(stop, str) else list_of(stop):
        assert each not in text, say("the text holds the stop sequence {each!r}: {text!r}", each, text[:120])
        begun = _beginning_at_end(text, each)
        assert not begun, say("the text ends in {begun!r}, the beginning of the stop sequence {each!r}", begun, each)
    assert rest not in text, say("the text continues after the stop sequence, to {rest!r}: {text!r}", rest, text[:120])
    cut = _beginning_at_end(text, last)
    assert not cut, say("the text ends in {cut!r}: a part of {last!r} before the stop sequence is lost", cut, last)


def _beginning_at_end(text: str, sequence: str) -> str:
    """The longest incomplete beginning of a sequence with which a text ends, as a word; empty where there is none."""
    begun = [sequence[:length] for length in range(1, len(sequence))]
    return next((each for each in reversed(begun) if f" {text.rstrip()}".endswith(f" {each}")), "")


def _in_stream(text: str) -> Fault:
    """Puts another text whole into the first delta, and none into the others."""

    def change(document: Any) -> None:
        for choice in document.get("choices", ()):
            if isinstance(choice.get("delta", {}).get("content"), str):
                choice["delta"]["content"] = text if "role" in choice["delta"] else ""

    return edit(change)


@AREA.must(
    "end the text before a stop sequence, and leave the sequence out",
    on=(STOP,),
    source="openai-openapi#StopConfiguration",
    contract=["stop-01"],
    at="choices.*.message.content",
    hint="Pass stop on (Anthropic's stop_sequences), or cut the text.",
    needs=["request"],
    broken_by={
        "ignored": put("choices.*.message.content", "ALPHA BRAVO STOPHERE CHARLIE"),
        "the sequence included": put("choices.*.message.content", "ALPHA BRAVO STOPHERE"),
        "its beginning left over": put("choices.*.message.content", "ALPHA BRAVO STOP"),
        "only the sequence cut out": put("choices.*.message.content", "ALPHA BRAVO  CHARLIE"),
        "the character before it lost": put("choices.*.message.content", "ALPHA BRAV"),
    },
)
def test_text_ends_before(exchange: Exchange) -> None:
    _ends_before(exchange, "ALPHA", "BRAVO", "CHARLIE")


def _rejecting(kind: type | tuple[type, ...], status: int, message: str) -> Fault:
    """Rejects stop where it is of this type."""
    rejection = respond(status, {"error": {"message": message, "type": "invalid_request_error"}})
    return only(lambda request: isinstance(request.asked.get("stop"), kind), rejection)


@AREA.must(
    "accept up to four stop sequences, of which the first to occur ends the text",
    on={"four": STOP_FOUR, "one": STOP, "plain": in_turn(PLAIN), "words": on_demand(STOP_FOUR_WORDS)},
    source="openai-openapi#StopConfiguration",
    contract=["stop-02"],
    at="choices.*.message.content",
    hint="Pass all of the array on, not its first or its last element. An endpoint that offers no stop sequences is "
    "judged with --without chat.stop.",
    broken_by={
        "only the first counts": put("choices.*.message.content", "one two three four"),
        "none counts": put("choices.*.message.content", "one two three four five six"),
        "the first word of one left over": put("choices.*.message.content", "one two three"),
        "an array refused": _rejecting(list, 400, "stop: must be a string"),
        "text refused": _rejecting(str, 422, "stop: must be an array"),
        "both refused": _rejecting((list, str), 400, "Unsupported parameter: stop"),
    },
    after=["stop.text_ends_before"],
)
def test_up_to_four(
    four: Exchange, one: Exchange, plain: Sequence[Exchange], words: Sequence[Exchange], model: Model
) -> None:
    """An array may be rejected for its sequence of white space (covered by stop.white_space)."""
    several = words[0] if refuses(four) else four
    _no_form_is_rejected(several, one)
    if refuses(several) and refuses(one) and not model.reasons and plain[0].succeeded:
        raise Violation(
            say("{answer}; if the endpoint does not offer stop, use --without chat.stop", answered_with(one)),
            one,
            several,
        )
    _ends_before(several, "one", "two", "three")


def _no_form_is_rejected(four: Exchange, one: Exchange) -> None:
    """Hold that neither an array nor a single string is rejected where the other is accepted."""
    for rejected, accepted, form in ((four, one, "an array of four"), (one, four, "a string")):
        said = say("stop is rejected as {form}, and accepted otherwise: {answer}", form, answered_with(rejected))
        assert not (rejected.refused and accepted.succeeded), said


def _for_white_space(exchange: Exchange) -> bool:
    """Whether a response says that a stop sequence may not be white space."""
    return refuses(exchange) and re.search(r"white.?space", exchange.text, re.IGNORECASE) is not None


@AREA.may(
    "accept a stop sequence of white space",
    on=(STOP_FOUR,),
    impact=Impact.CLIENTS,
    source="openai-openapi#StopConfiguration",
    contract=["stop-02"],
    at="error",
    hint="Where the upstream rejects it, as Claude does, cut the text in the gateway.",
    needs=["request"],
    broken_by=respond(400, {"error": {"message": "each stop sequence must contain non-whitespace", "type": "t"}}),
    needs_model=False,
)
def test_white_space(exchange: Exchange) -> None:
    if exchange.refused and not _for_white_space(exchange):
        raise NotApplicable(say("it is rejected for another reason (covered by stop.up_to_four)"))
    assert not exchange.refused, say("a stop sequence of two line ends is rejected: {text}", exchange.text[:160])


@AREA.must(
    "report stop as the finish_reason of a reply that a stop sequence ended",
    on=(STOP, STOP_STREAM),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["stop-03"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (stop_sequence) to stop.",
    broken_by={
        "the upstream's word": put("choices.*.finish_reason", lambda reason: reason and "stop_sequence"),
        "length": put("choices.*.finish_reason", lambda reason: reason and "length"),
    },
    after=["sampling.end_is_stop"],
)
def test_reason_is_stop(exchange: Exchange) -> None:
    text, reason = _text(exchange, "ALPHA"), exchange.choices[0].get("finish_reason")
    if "STOPHERE" in text:
        raise Inconclusive(say("the stop sequence did not end the text (covered by stop.text_ends_before)"))
    assert reason == "stop", say(
        "a stop sequence ended the text {text!r} with finish_reason {reason!r}", text[:80], reason
    )


@AREA.must(
    "end a streamed text before a stop sequence too, over however many chunks it is spread",
    on=(STOP_STREAM, STOP_WIDE_STREAM),
    source="openai-openapi#StopConfiguration",
    contract=["stop-04"],
    at="choices.*.delta.content",
    hint="Hold back what may be the beginning of a stop sequence until the next token decides.",
    needs=["request"],
    broken_by={
        "ignored": _in_stream("ALPHA BRAVO STOPHERE CHARLIE"),
        "its beginning leaks": _in_stream("ALPHA BRAVO STOP"),
        "the character before it lost": _in_stream("ALPHA BRAV"),
        "ignored where it is not ASCII": _in_stream("甲 乙 停止 词语 丙"),
        "its first character leaks": _in_stream("甲 乙 停"),
        "its first word leaks": _in_stream("甲 乙 停止"),
    },
    after=["stop.text_ends_before"],
)
def test_streamed_text_ends_before(exchange: Exchange, asked: dict[str, Any]) -> None:
    wide = not str(asked["stop"]).isascii()
    _ends_before(exchange, *(("甲", "乙", "丙") if wide else ("ALPHA", "BRAVO", "CHARLIE")))
    reason = exchange.choices[0].get("finish_reason")
    assert reason == "stop", say("a stop sequence ended the stream with finish_reason {reason!r}", reason)
