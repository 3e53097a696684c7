"""How a reply ends that a stop sequence ends: before the sequence, and with its reason."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import edit, put
from conformance.contract.requests import STOP, STOP_STREAM, chat, streamed
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say

from . import AREA
from .texts import ends_before, text_of

#: Two words, and characters of three bytes each, so that the sequence spans tokens.
STOP_WIDE_STREAM = streamed(
    chat("Repeat exactly and add nothing: 甲 乙 停止 词语 丙", label="stop-wide", stop="停止 词语", max_tokens=40)
)


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
    ends_before(exchange, "ALPHA", "BRAVO", "CHARLIE")


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
    text, reason = text_of(exchange, "ALPHA"), exchange.choices[0].get("finish_reason")
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
    ends_before(exchange, *(("甲", "乙", "丙") if wide else ("ALPHA", "BRAVO", "CHARLIE")))
    reason = exchange.choices[0].get("finish_reason")
    assert reason == "stop", say("a stop sequence ended the stream with finish_reason {reason!r}", reason)
