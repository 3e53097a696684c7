"""The requirements of equivalence on streams that are right in an unusual way, and on real faults."""

from __future__ import annotations

import pytest

from conformance.contract.requests import STREAM, TOOL_AUTO_STREAM
from conformance.evidence.exchange import Exchange
from tests.support.builders_stream import (
    DONE,
    ERROR,
    OK,
    ROLE,
    STOP,
    Case,
    chunk,
    delta,
    fails,
    right,
    silent,
    stream,
    uncovered,
)


def sent(*events: object) -> Exchange:
    return stream(STREAM, *events, DONE)  # type: ignore[arg-type]


def calling(*pieces: object) -> Exchange:
    return stream(TOOL_AUTO_STREAM, ROLE, *(delta(tool_calls=[piece]) for piece in pieces), delta("tool_calls"), DONE)


FIRST = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
SOUND = [delta(role="assistant", refusal=None), delta(audio={"id": "audio_1", "data": "AAAA"}), STOP]
REFUSAL = [delta(role="assistant", content=None, refusal=""), delta(refusal="I cannot."), STOP]
FILTERED = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}

CASES = [
    *(
        right(f"equivalence.{name}", what, exchange)
        for name in ("accumulates", "whole_message")
        for what, exchange in {
            "OpenAI's own text": sent(ROLE, OK, STOP),
            "OpenAI's own refusal": sent(*REFUSAL),
            "OpenAI's own sound": sent(*SOUND),
            "Azure's preamble": sent(FILTERED, ROLE, OK, STOP),
            "a call with arguments at once": calling(FIRST),
            "a call without an index, whole": calling({name: FIRST[name] for name in ("id", "type", "function")}),
            "the role in every delta": sent(ROLE, delta(role="assistant", content="OK"), STOP),
            "reasoning that used up the limit": sent(delta(role="assistant", reasoning_content="Hm"), delta("length")),
            "llama.cpp's, of a model that ends at once": sent(delta(role="assistant", content=None), STOP),
            "a chunk without choices": sent(ROLE, {**OK, "choices": None}, OK, STOP),
        }.items()
    ),
    silent("equivalence.accumulates", "broken off by an error", sent(ROLE, OK, ERROR)),
    fails("equivalence.accumulates", "no index of the choice", sent(chunk({"delta": {"content": "OK"}}), STOP)),
    fails("equivalence.accumulates", "the index as text", sent(chunk({"index": "0", "delta": {}}), STOP)),
    fails("equivalence.accumulates", "a delta of text", sent(chunk({"index": 0, "delta": "Hello"}), STOP)),
    fails("equivalence.accumulates", "later pieces without an index",
          calling(FIRST, {"function": {"arguments": "{}"}})),
    fails("equivalence.whole_message", "message instead of delta",
          sent(chunk({"index": 0, "message": {"content": "OK"}, "finish_reason": "stop"}))),
    fails("equivalence.whole_message", "nothing but a role", sent(delta(role="assistant"), STOP)),
    fails("equivalence.whole_message", "calls that were lost",
          sent(delta(role="assistant", content=None), delta("tool_calls"))),
    fails("equivalence.whole_message", "the developer's role", sent(delta(role="developer", content="OK"), STOP)),
    fails("equivalence.whole_message", "content as an object", sent(ROLE | delta(content={"a": 1}), STOP)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equivalence(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("equivalence", CASES) == set()
