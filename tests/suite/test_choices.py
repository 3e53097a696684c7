"""The requirements of several choices on streams that are right in an unusual way, and on real faults."""

from __future__ import annotations

import pytest

from conformance.contract.requests import STREAM, TWO_STREAM
from conformance.evidence.exchange import Exchange
from tests.support.builders_stream import DONE, Case, chunk, delta, fails, right, silent, stream, unclear, uncovered


def two(*events: object) -> Exchange:
    return stream(TWO_STREAM, *events, DONE)  # type: ignore[arg-type]


A, B = delta(role="assistant", content="A"), delta(role="assistant", content="B", index=1)
ENDS = (delta("stop"), delta("length", index=1))
BOTH = chunk({"index": 0, "delta": {}, "finish_reason": "stop"}, {"index": 1, "delta": {}, "finish_reason": "stop"})

CASES = [
    right("choices.streamed_apart", "one after the other", two(A, ENDS[0], B, ENDS[1])),
    right("choices.streamed_apart", "interleaved, the second first", two(B, A, *ENDS)),
    right("choices.streamed_apart", "both in one chunk", two(A, B, BOTH)),
    fails("choices.streamed_apart", "two answers under index 0", two(A, A, ENDS[0], ENDS[0])),
    fails("choices.streamed_apart", "counted from one", two(B, delta("stop", 1), delta(index=2), delta("stop", 2))),
    fails("choices.streamed_apart", "one does not end", two(A, B, ENDS[0])),
    unclear("choices.streamed_apart", "n was ignored", two(A, ENDS[0])),
    silent("choices.streamed_apart", "one was asked for", stream(STREAM, A, ENDS[0], DONE)),
    silent("choices.streamed_apart", "no index, another fault",
           two(chunk({"delta": {}, "index": None, "finish_reason": "stop"}))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_choices(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("choices", CASES) == set()
