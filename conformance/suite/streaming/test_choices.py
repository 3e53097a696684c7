"""The choices of a stream: index, role and finish_reason."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import DROP, events, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import (
    EVERY_CHUNKED,
    EVERY_COMPLETED_STREAM,
)
from conformance.evidence.exchange import Exchange, NotApplicable, Read
from conformance.language import joined, say
from conformance.suite.streaming import AREA
from conformance.suite.streaming.chunks import (
    FINISHES,
    SAID,
    Chunks,
    by_index,
    delta_of,
    finish_reasons,
    has_audio,
)


@AREA.must(
    "give every streamed choice the index 0 where one choice was requested",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.index",
    contract=["streaming-07"],
    at="choices.*.index",
    hint="Do not use the upstream's content-block number as the index of the choice.",
    needs=["request"],
    broken_by=put("choices.*.index", 1),
    after=["envelope.choice_indices"],
)
def test_index_zero(chunks: Chunks, asked: dict[str, Any]) -> None:
    if asked.get("n") not in (None, 1):
        raise NotApplicable(say("more than one choice was asked for"))
    others = sorted(set(by_index(chunks)) - {0})
    assert not others, say(
        "one choice was asked for, yet choices have the index {others}", joined(", ", map(str, others))
    )


@AREA.should(
    "begin each streamed choice with the role assistant, and give it no other role",
    on=EVERY_CHUNKED,
    source="openai-openapi#ChatCompletionStreamResponseDelta.role",
    contract=["streaming-08"],
    at="choices.*.delta.role",
    hint="Send role: assistant in the first delta of each choice.",
    broken_by={
        "no role": put("choices.*.delta.role", DROP),
        "another role": put("choices.*.delta.role", lambda role: "model"),
    },
)
def test_role_first(chunks: Chunks) -> None:
    for index, choices in by_index(chunks).items():
        roles = [delta_of(choice).get("role") for choice in choices]
        assert roles[0] == "assistant", say("the first delta of choice {index} has the role {roles!r}", index, roles[0])
        others = [role for role in roles if role not in (None, "", "assistant")]
        assert not others, say("a delta of choice {index} has the role {others!r}", index, others[0])


@AREA.should(
    "name the role once in each streamed choice",
    on=EVERY_CHUNKED,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["streaming-08"],
    at="choices.*.delta.role",
    hint="Omit role from all deltas but the first; SDKs join it to “assistantassistant”.",
    broken_by=put("choices.*.delta.role", "assistant"),
)
def test_role_once(chunks: Chunks) -> None:
    for index, choices in by_index(chunks).items():
        roles = [choice for choice in choices if delta_of(choice).get("role") and "audio" not in delta_of(choice)]
        assert len(roles) <= 1, say("{number} deltas of choice {index} name the role", len(roles), index)


@AREA.must(
    "give each choice of a completed stream exactly one finish_reason",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-09"],
    at="choices.*.finish_reason choices.*.index",
    hint="Send null until a choice ends, then its reason once, under the index of that choice.",
    broken_by={
        "none": put("choices.*.finish_reason", None),
        "twice": events(lambda before: [each for each in before for _ in range(1 + bool(FINISHES.search(each[1])))]),
        "in every chunk": put("choices.*.finish_reason", "stop"),
    },
)
def test_finish_once(exchange: Exchange, chunks: Chunks) -> None:
    reasons = {index: finish_reasons(choices) for index, choices in by_index(chunks).items()}
    if not all(reasons.values()) and has_audio(exchange):
        raise NotApplicable(say("OpenAI's own audio streams end without finish_reason"))
    told = [say("choice {index} has {said}", index, _in_words(of)) for index, of in reasons.items() if len(of) != 1]
    assert not told, joined("; ", told)


def _in_words(reasons: list[str]) -> str:
    if not reasons:
        return say("no finish_reason")
    return say("{number} finish_reasons: {reasons}", len(reasons), ", ".join(reasons[:5]))


def _early_finish(before: list[Read]) -> list[Read]:
    """The chunk with the finish_reason one place earlier."""
    at = next((number for number, each in enumerate(before) if FINISHES.search(each[1])), 0)
    return [*before[: at - 1], before[at], before[at - 1], *before[at + 1 :]] if at > 1 else before


@AREA.must(
    "send nothing of a choice after its finish_reason",
    on=EVERY_CHUNKED,
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-10"],
    at="choices.*.delta",
    hint="Send the finish_reason only after the last delta of text or arguments.",
    broken_by={
        "a finish one chunk early": events(_early_finish),
        "a finish in every chunk": put("choices.*.finish_reason", "stop"),
    },
)
def test_nothing_after_finish(chunks: Chunks) -> None:
    found = by_index(chunks)
    if not any(map(finish_reasons, found.values())):
        raise NotApplicable(say("no choice has a finish_reason"))
    for index, choices in found.items():
        for delta in _after_finish(choices):
            late = [f"{name} {delta[name]!r:.80}" for name in SAID if delta.get(name)]
            assert not late, say("choice {index} goes on with {late} after its finish_reason", index, late[0])


def _after_finish(choices: Chunks) -> list[dict[str, Any]]:
    """The deltas of a choice after the first one with a finish_reason."""
    ends = [place for place, choice in enumerate(choices) if finish_reasons([choice])]
    return [delta_of(choice) for choice in choices[ends[0] + 1 :]] if ends else []
