"""Usage in a stream: once, in the last chunk, and only where it was requested."""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.contract.faults import edit, events, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import (
    EVERY_UNASKED_STREAM,
    EVERY_USAGE_STREAM,
)
from conformance.evidence.exchange import Exchange, NotApplicable, Read
from conformance.language import say
from conformance.suite.streaming import AREA
from conformance.suite.streaming.chunks import (
    USAGE,
    Chunks,
    has_audio,
    one_more_chunk,
)

#: Members of a chunk that excuse empty choices: Azure's filter results, and a moderation that was asked for.
EXCUSES = ("prompt_filter_results", "prompt_annotations", "moderation")


def _with_usage(chunks: Chunks) -> list[int]:
    return [position for position, chunk in enumerate(chunks) if chunk.get("usage") is not None]


def _on_last_choice(document: Any) -> None:
    """Usage on a chunk that has a choice, as OpenRouter sends it."""
    if isinstance(document, dict) and document.get("usage"):
        document["choices"] = [{"index": 0, "delta": {}, "finish_reason": None}]


@AREA.must(
    "send usage in exactly one chunk where it was requested",
    on=EVERY_USAGE_STREAM,
    impact=Impact.BILLING,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-12"],
    at="usage",
    hint="Send exactly one usage chunk at the end, and no running counts.",
    needs=["request"],
    broken_by={"none": put("usage", None), "running counts": put("usage", USAGE)},
)
def test_usage_once(chunks: Chunks) -> None:
    count = len(_with_usage(chunks))
    assert count == 1, say("{count} chunks of {number} have a usage that is not null", count or "no", len(chunks))


@AREA.must(
    "send usage in a chunk of its own, with an empty array of choices",
    on=EVERY_USAGE_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-12"],
    at="choices",
    hint="After the chunk with the finish_reason send one more with choices: [] and the usage.",
    needs=["request"],
    broken_by={
        "usage beside a choice": edit(_on_last_choice),
        "choices left out": edit(lambda document: document.pop("choices") if document.get("usage") else None),
    },
)
def test_usage_without_choices(chunks: Chunks) -> None:
    if not (positions := _with_usage(chunks)):
        raise NotApplicable(say("no chunk has usage"))
    last = chunks[positions[-1]]
    assert last.get("choices") == [], say(
        "the choices of the usage chunk are {dumps}", json.dumps(last.get("choices"))[:120]
    )


def _usage_early(before: list[Read]) -> list[Read]:
    """The usage chunk one place earlier."""
    at = next((number for number, each in enumerate(before) if re.search(rb'"usage": ?\{', each[1])), 0)
    return [*before[: at - 1], before[at], before[at - 1], *before[at + 1 :]] if at > 1 else before


@AREA.must(
    "send the usage in the last chunk before data: [DONE]",
    on=EVERY_USAGE_STREAM,
    impact=Impact.BILLING,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-13"],
    at="usage",
    hint="Send nothing between usage and [DONE]: SDKs read the usage of the last chunk.",
    needs=["request"],
    broken_by={
        "before the finish": events(_usage_early),
        "another chunk after it": one_more_chunk(-1, choices=[], usage=None),
    },
)
def test_usage_last(exchange: Exchange, chunks: Chunks) -> None:
    if not (positions := _with_usage(chunks)):
        raise NotApplicable(say("no chunk has usage"))
    if has_audio(exchange) or any("moderation" in chunk for chunk in chunks):
        raise NotApplicable(say("OpenAI's own audio and moderation streams go on after usage"))
    late = len(chunks) - 1 - positions[-1]
    assert not late, say("{late} more chunk(s) follow the chunk with usage, and the official SDK loses it", late)


@AREA.should(
    "give every other chunk a usage of null where usage was requested",
    on=EVERY_USAGE_STREAM,
    impact=Impact.FORM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-14"],
    at="usage",
    hint="Do not leave usage: null out of the chunks before the last.",
    needs=["request"],
    broken_by=edit(lambda document: None if document.get("usage") else document.pop("usage", None)),
    after=["streaming.usage_once"],
)
def test_usage_null_elsewhere(chunks: Chunks) -> None:
    without = [position for position, chunk in enumerate(chunks) if "usage" not in chunk]
    assert not without, say("{number} of {number2} chunks have no usage member", len(without), len(chunks))


@AREA.should(
    "send no usage in a stream for which it was not requested",
    on=EVERY_UNASKED_STREAM,
    impact=Impact.FORM,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["streaming-15"],
    at="usage",
    hint="Send usage only where include_usage is true, and remove what the gateway itself requested of the upstream.",
    needs=["request"],
    broken_by=one_more_chunk(-1, choices=[], usage=USAGE),
)
def test_usage_unasked(chunks: Chunks) -> None:
    count = len(_with_usage(chunks))
    assert not count, say("{count} of {number} chunks have usage, which was not asked for", count, len(chunks))


@AREA.should(
    "give every chunk a choice in a stream for which usage was not requested",
    on=EVERY_UNASKED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices",
    contract=["streaming-15"],
    at="choices",
    hint="Omit chunks without choices: clients read choices[0].",
    needs=["request"],
    broken_by={"anywhere": one_more_chunk(1, choices=[]), "usage": one_more_chunk(-1, choices=[], usage=USAGE)},
)
def test_no_empty_choices(chunks: Chunks) -> None:
    empty = [chunk for chunk in chunks if chunk.get("choices") == []]
    unexcused = [chunk for chunk in empty if not any(name in chunk for name in EXCUSES)]
    assert not unexcused, say(
        "{number} of {number2} chunks have an empty array of choices", len(unexcused), len(chunks)
    )
