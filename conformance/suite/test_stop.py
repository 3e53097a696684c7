"""Stop sequences: what is returned ends before the first of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from conformance.contract.faults import edit, only, put, respond
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, STOP, STOP_STREAM, chat, streamed
from conformance.contract.requirement import Area
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation, list_of
from conformance.evidence.send import Send
from conformance.suite.support.refusals import refuses

AREA = Area("stop")

#: Two words, and characters of three bytes each, so that the sequence spans tokens.
STOP_WIDE_STREAM = streamed(
    chat("Repeat exactly and add nothing: 甲 乙 停止 词语 丙", label="stop-wide", stop="停止 词语", max_tokens=40)
)
STOP_FOUR = chat(
    "Repeat exactly and add nothing: one two three four five six",
    label="stop-four", stop=["five six", "three four", "\n\n", "qqq"], max_tokens=40,
)  # fmt: skip
STOP_FOUR_WORDS = replace(
    STOP_FOUR, body=STOP_FOUR.body.replace(rb'"\n\n"', b'"zzz"'), label=f"{STOP_FOUR.label}-words"
)


def _text(exchange: Exchange, first: str) -> str:
    """What was written. Raises Inconclusive where the model did not even begin with what it was to repeat."""
    if broken_off(exchange):
        raise Inconclusive("the stream broke off")
    content = exchange.messages[0].get("content") if exchange.messages else None
    if not isinstance(content, str) or first not in content:
        raise Inconclusive(f"the model did not repeat {first!r}: {content!r:.120}")
    return content


def _ends_before(exchange: Exchange, first: str, last: str, rest: str) -> None:
    """Hold that neither a stop sequence, nor a beginning of one at the end, nor what follows is in the text, and that
    the last word before it is whole."""
    stop = exchange.request.asked["stop"]
    text = _text(exchange, first)
    for each in [stop] if isinstance(stop, str) else list_of(stop):
        assert each not in text, f"the text holds the stop sequence {each!r}: {text[:120]!r}"
        begun = [each[:length] for length in range(1, len(each)) if f" {text.rstrip()}".endswith(f" {each[:length]}")]
        assert not begun, f"the text ends in {begun[-1]!r}, the beginning of the stop sequence {each!r}"
    assert rest not in text, f"the text goes on after the stop sequence, to {rest!r}: {text[:120]!r}"
    cut = [last[:length] for length in range(1, len(last)) if f" {text.rstrip()}".endswith(f" {last[:length]}")]
    assert not cut, f"the text ends in {cut[-1]!r}: of {last!r} before the stop sequence a part is lost"


def _in_stream(text: str) -> Any:
    """The whole of another text in the first delta, and nothing in the others."""

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


@AREA.must(
    "accept up to four stop sequences, of which the first to occur ends the text",
    on=(STOP_FOUR, STOP, PLAIN),
    source="openai-openapi#StopConfiguration",
    contract=["stop-02"],
    at="choices.*.message.content",
    hint="Pass all of the array on, not its first or its last element. An endpoint that offers no stop sequences is "
    "judged with --without chat.stop.",
    broken_by={
        "only the first counts": put("choices.*.message.content", "one two three four"),
        "none counts": put("choices.*.message.content", "one two three four five six"),
        "the first word of one left over": put("choices.*.message.content", "one two three"),
        "an array refused": only(
            lambda request: isinstance(request.asked.get("stop"), list),
            respond(400, {"error": {"message": "stop: must be a string", "type": "invalid_request_error"}}),
        ),
        "text refused": only(
            lambda request: isinstance(request.asked.get("stop"), str),
            respond(422, {"error": {"message": "stop: must be an array", "type": "invalid_request_error"}}),
        ),
        "both refused": only(
            lambda request: "stop" in request.asked,
            respond(400, {"error": {"message": "Unsupported parameter: stop", "type": "invalid_request_error"}}),
        ),
    },
)
def test_up_to_four(send: Send, model: Model) -> None:
    """Some models that reason take no stop sequences."""
    four, one = send(STOP_FOUR), send(STOP)
    if refuses(four):  # of white space, it may be: that is another requirement
        four = send(STOP_FOUR_WORDS)
    for refused, taken, form in ((four, one, "an array of four"), (one, four, "one as text")):
        assert not (refused.refused and taken.succeeded), (
            f"stop as {form} is refused with {refused.outcome}, and not otherwise: {refused.text[:120]}"
        )
    if refuses(four) and refuses(one) and not model.reasons and send(PLAIN).succeeded:
        raise Violation(
            f"stop is refused with {one.outcome}: {one.text[:120]}; if the endpoint does not offer it, say --without"
            " chat.stop", one, four
        )  # fmt: skip
    _ends_before(four, "one", "two", "three")


def _for_white_space(exchange: Exchange) -> bool:
    """Whether it says that a stop sequence may not be white space."""
    return refuses(exchange) and re.search(r"white.?space", exchange.text, re.IGNORECASE) is not None


@AREA.may(
    "take a stop sequence of white space",
    on=(STOP_FOUR,),
    source="openai-openapi#StopConfiguration",
    contract=["stop-02"],
    at="error",
    hint="Where the upstream takes none, as Claude does not, cut the text in the gateway.",
    needs=["request"],
    broken_by=respond(400, {"error": {"message": "each stop sequence must contain non-whitespace", "type": "t"}}),
)
def test_white_space(exchange: Exchange) -> None:
    if exchange.refused and not _for_white_space(exchange):
        raise NotApplicable("it is refused for another reason, which is another requirement")
    assert not exchange.refused, f"a stop sequence of two line ends is refused: {exchange.text[:160]}"


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
)
def test_reason_is_stop(exchange: Exchange) -> None:
    text, reason = _text(exchange, "ALPHA"), exchange.choices[0].get("finish_reason")
    if "STOPHERE" in text:
        raise Inconclusive("the stop sequence did not end the text, which is another requirement")
    assert reason == "stop", f"a stop sequence ended the text {text[:80]!r} with finish_reason {reason!r}"


@AREA.must(
    "end a streamed text before a stop sequence too, over however many chunks it is spread",
    on=(STOP_STREAM, STOP_WIDE_STREAM),
    source="openai-openapi#StopConfiguration",
    contract=["stop-04"],
    at="choices.*.delta.content",
    hint="Hold back what may be the beginning of a stop sequence until the next token tells.",
    needs=["request"],
    broken_by={
        "ignored": _in_stream("ALPHA BRAVO STOPHERE CHARLIE"),
        "its beginning leaks": _in_stream("ALPHA BRAVO STOP"),
        "the character before it lost": _in_stream("ALPHA BRAV"),
        "ignored where it is not ASCII": _in_stream("甲 乙 停止 词语 丙"),
        "its first character leaks": _in_stream("甲 乙 停"),
        "its first word leaks": _in_stream("甲 乙 停止"),
    },
)
def test_streamed_text_ends_before(exchange: Exchange, asked: dict[str, Any]) -> None:
    wide = not str(asked["stop"]).isascii()
    _ends_before(exchange, *(("甲", "乙", "丙") if wide else ("ALPHA", "BRAVO", "CHARLIE")))
    reason = exchange.choices[0].get("finish_reason")
    assert reason == "stop", f"a stop sequence ended the stream with finish_reason {reason!r}"
