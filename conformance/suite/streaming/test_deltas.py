"""Deltas: none is a message, none repeats the text, and the end follows the last of them."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import chunk, events, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import (
    EVERY_CHUNKED,
    EVERY_COMPLETED_STREAM,
    EVERY_STREAM,
    failed,
    streamed_choices,
)
from conformance.evidence.exchange import Exchange, NotApplicable, Read
from conformance.evidence.sse import EventStream
from conformance.language import say
from conformance.suite.streaming import AREA
from conformance.suite.streaming.chunks import (
    FINISHES,
    Chunks,
    by_index,
    delta_of,
    finish_reasons,
    has_audio,
)


@AREA.should(
    "send deltas alone, without a message beside them that repeats the text",
    on=EVERY_CHUNKED,
    impact=Impact.FORM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.delta",
    contract=["streaming-06"],
    at="choices.*.message",
    hint="Remove message from the choices of chunks: it belongs to a plain completion.",
    broken_by=put("choices.*.message", {"role": "assistant", "content": "OK"}),
)
def test_delta_alone(chunks: Chunks) -> None:
    both = [each for each in streamed_choices(chunks) if each.get("message") and "delta" in each]
    assert not both, say(
        "{number} streamed choices have a message beside the delta: {dumps}", len(both), json.dumps(both[0])[:160]
    )


SHORTEST_TWICE = 20  #: characters of a text that a model hardly says twice by itself


def _texts(choices: list[dict[str, Any]]) -> list[str]:
    """The pieces of text of one choice, empty ones left out."""
    return [text for choice in choices if isinstance(text := delta_of(choice).get("content"), str) and text]


def _whole_at_end(before: list[Read]) -> list[Read]:
    """The text of the first choice once more, in a delta of its own before the choice ends."""
    documents = [json.loads(data[6:]) for _, data in before if data.startswith(b"data: {")]
    said = "".join(_texts([each for each in streamed_choices(documents) if each.get("index") == 0]))
    at = next((number for number, each in enumerate(before) if FINISHES.search(each[1])), 0)
    again = {"index": 0, "delta": {"content": said}, "logprobs": None, "finish_reason": None}
    return [*before[:at], (before[at][0], chunk(documents[0] | {"choices": [again]})), *before[at:]]


@AREA.should(
    "not repeat the whole text of a choice at its end",
    on=EVERY_COMPLETED_STREAM,
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.delta",
    contract=["streaming-06", "equiv-01"],
    at="choices.*.delta.content",
    hint="Omit the text of the upstream's last event, which repeats what was already streamed.",
    broken_by=events(_whole_at_end),
)
def test_text_not_again(chunks: Chunks) -> None:
    pieces = {index: _texts(choices) for index, choices in by_index(chunks).items()}
    long = {index: texts for index, texts in pieces.items() if len(texts) > 2 and len(texts[-1]) >= SHORTEST_TWICE}
    for index, (*before, last) in long.items():
        assert last.strip() != "".join(before).strip(), say(
            "the last delta of choice {index} is all its text: {last!r:.120}", index, last
        )
    if not any(len(texts) > 2 and len("".join(texts)) >= SHORTEST_TWICE for texts in pieces.values()):
        raise NotApplicable(say("no choice has a text of 20 characters in several deltas"))


@AREA.must(
    "send data: [DONE] only after every choice has its finish_reason",
    on=EVERY_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-11"],
    at="choices.*.finish_reason",
    hint="When the upstream breaks off, send an error event, not [DONE]: clients treat [DONE] as success.",
    broken_by={
        "the upstream broke off": events(lambda before: [each for each in before if not FINISHES.search(each[1])]),
        "nothing but [DONE]": events(lambda before: before[-1:]),
    },
    after=["framing.one_json_object", "streaming.finish_once"],
)
def test_done_after_finish(exchange: Exchange, stream: EventStream, chunks: Chunks) -> None:
    if not stream.terminators or failed(exchange) or has_audio(exchange):
        raise NotApplicable(say("the stream has no [DONE], an error event before it, or sound"))
    if not chunks and stream.foreign:
        raise NotApplicable(say("the chunks are not in events (covered by framing.events_closed)"))
    assert streamed_choices(chunks), say("the stream says [DONE] without a single choice")
    unfinished = [index for index, found in by_index(chunks).items() if not finish_reasons(found)]
    assert not unfinished, say("the stream says [DONE], yet choice {unfinished} has no finish_reason", unfinished[0])
