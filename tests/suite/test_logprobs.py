"""The requirements of log probabilities on replies that are right in an unusual way, and on real faults."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, drop, only, put, respond
from conformance.contract.requests import LOGPROBS, LOGPROBS_STREAM, PLAIN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_asked import Said, asked
from tests.support.builders_stream import (
    DONE,
    ROLE,
    Case,
    chunk,
    delta,
    fails,
    plain,
    right,
    silent,
    stream,
    unclear,
    uncovered,
)

ENTRY: dict[str, Any] = {"token": "OK", "logprob": -0.25, "bytes": [79, 75]}


def tokens(*counts: int) -> dict[str, Any]:
    """A token for each of these numbers of alternatives."""
    return {"content": [ENTRY | {"top_logprobs": [ENTRY] * count} for count in counts], "refusal": None}


def whole(logprobs: Any) -> Exchange:
    choice = {"index": 0, "message": {"role": "assistant", "content": "OK"}, "finish_reason": "stop"}
    return plain(LOGPROBS, choices=[choice | {"logprobs": logprobs}])


def pieces(*logprobs: Any) -> Exchange:
    found = (chunk({"index": 0, "delta": {"content": "O"}, "logprobs": each}) for each in logprobs)
    return stream(LOGPROBS_STREAM, ROLE, *found, delta("stop"), DONE)


CASES = [
    right("logprobs.top_bounded", "one fewer, as OpenAI's own now and then", whole(tokens(2, 1, 0))),
    right("logprobs.top_bounded", "in pieces", pieces(tokens(2), tokens(2))),
    right("logprobs.top_bounded", "no refusal, as OpenAI's own in 2024", whole({"content": tokens(2)["content"]})),
    fails("logprobs.top_bounded", "the sampled token beside them", whole(tokens(2, 3))),
    fails("logprobs.top_bounded", "five by default, in a later chunk", pieces(tokens(2), tokens(5))),
    unclear("logprobs.top_bounded", "null", whole(None)),
    unclear("logprobs.top_bounded", "the shape of legacy completions",
            whole({"tokens": ["OK"], "token_logprobs": [-0.1], "top_logprobs": [{}]})),
    silent("logprobs.top_bounded", "not asked for", plain(PLAIN, {"content": "OK"})),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_logprobs(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("logprobs", CASES) == set()


# --- judged on the reference endpoint -----------------------------------------------------------------------

CONTENT, PATH = "choices.*.message.content", "choices.*.logprobs"
ENTRIES = f"{PATH}.content"


def refused(message: str) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error"}})


def alone(request: Request) -> bool:
    return "top_logprobs" not in request.asked


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("given", refused("logprobs are not supported"), "accepted"),
        ("given", drop(PATH), "violated"),
        ("given", chain(put(PATH, None), put(CONTENT, ""), put("choices.*.delta.content", "")), "inconclusive"),
        ("given", put(PATH, {"tokens": ["OK"], "token_logprobs": [-0.1]}), "violated"),  # B255
        ("given", put(PATH, -0.31), "violated"),  # B274
        ("alone", only(alone, put(PATH, None)), "accepted"),  # what comes is another requirement
        ("alone", refused("no logprobs here"), "not applicable"),
        ("alone", only(alone, refused("top_logprobs is required")), "violated"),  # B256
        ("bytes_spell_content", put(CONTENT, lambda text: f" {text}"), "accepted"),
        ("bytes_spell_content", put(f"{ENTRIES}.*.bytes", [239, 191, 189]), "violated"),
        ("bytes_spell_content", put(f"{ENTRIES}.*.bytes", [-1, 999]), "violated"),
        ("bytes_spell_content", put(f"{ENTRIES}.*.bytes", None), "not applicable"),
        ("streamed_tokens_add_up", put(f"{ENTRIES}.*.top_logprobs", []), "accepted"),
        ("streamed_tokens_add_up", put(ENTRIES, lambda entries: entries * 2), "violated"),
        ("streamed_tokens_add_up", put(PATH, None), "not applicable"),
    ],
)  # fmt: skip
def test_logprobs_asked(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"logprobs.{requirement}", change) == expected
