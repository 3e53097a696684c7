"""The requirements of several choices on streams that are right in an unusual way, and on real faults."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, edit, only, put, respond, status
from conformance.contract.requests import STREAM, TWO_STREAM
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_asked import Said, asked
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


# --- judged on the reference endpoint -----------------------------------------------------------------------

WRITTEN = "usage.completion_tokens"


def refused(message: str) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error"}})


def one_choice(document: Any) -> None:
    document["choices"] = [each for each in document["choices"] if each["index"] == 0]


def several(request: Request) -> bool:
    return "n" in request.asked


COUNT_OF_ONE = chain(put(WRITTEN, 4), only(several, put(WRITTEN, 4)))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("as_many_as_asked", refused("n must be 1"), "accepted"),
        ("as_many_as_asked", edit(one_choice), "violated"),
        ("as_many_as_asked", put("choices.*.index", 0), "violated"),  # B155
        ("as_many_as_asked", put("choices.*.index", None), "violated"),
        ("as_many_as_asked", status(500), "violated"),
        ("tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 8))), "accepted"),
        ("tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 7))), "accepted"),  # one end token
        ("tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 10))), "accepted"),
        ("tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 11))), "violated"),
        ("tokens_of_all", COUNT_OF_ONE, "violated"),
        ("tokens_of_all", only(several, edit(one_choice)), "inconclusive"),
        ("tokens_of_all", only(several, refused("n must be 1")), "inconclusive"),
        ("tokens_of_all", put("usage.completion_tokens_details.reasoning_tokens", 64), "not applicable"),
    ],
)  # fmt: skip
def test_choices_asked(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"choices.{requirement}", change) == expected
