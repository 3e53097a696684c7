"""What real clients make of exchanges: the facts that docs/clients.md tells, of the versions that are pinned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.clients.judging import judged
from conformance.clients.listed import CLIENTS
from conformance.clients.result import Judged, what
from conformance.clients.taking import Taken, readable
from conformance.evidence.exchange import Exchange
from tests.support.exchanges import completion, plain, stream_of, streamed

USAGE = {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24}
DETAILS = {"cached_tokens": 3, "cached_write_tokens": 9, "cached_write_5m_tokens": 7, "cached_write_1h_tokens": 2}
COUNTED = USAGE | {"prompt_tokens_details": DETAILS}
CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": "m"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
REFUSAL = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
LAST = CHUNK | {"choices": [], "usage": COUNTED}


def of(message: Any, finish_reason: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return completion(COUNTED, choices=[choice])


def chunks(*deltas: dict[str, Any], finish_reason: str = "stop", **members: Any) -> Exchange:
    said = [(each, None) for each in deltas]
    choices = [
        [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]
        for delta, reason in [*said, ({}, finish_reason)]
    ]
    return streamed([*(CHUNK | {"choices": each, "usage": None} | members for each in choices), LAST | members])


def calling(*entries: dict[str, Any]) -> Exchange:
    first = {"role": "assistant", "content": None}
    return chunks(first, *({"tool_calls": [each]} for each in entries), finish_reason="tool_calls")


MESSAGE = {"role": "assistant", "content": None, "refusal": None}
CONFORM: Mapping[str, Exchange] = {
    "whole": plain(completion(COUNTED)),
    "streamed": stream_of(COUNTED),
    "call": plain(of(MESSAGE | {"tool_calls": [CALL]}, "tool_calls")),
    "call-streamed": calling({"index": 0, **CALL}),
    "refusal": plain(of(REFUSAL)),
    "refused": plain(
        {"error": {"message": "no such model", "type": "invalid_request_error", "param": "model", "code": None}},
        status=404,
    ),
    "failing": streamed(
        [
            CHUNK | {"choices": []},
            {"error": {"message": "overloaded", "type": "server_error", "param": None, "code": None}},
        ]
    ),
}
BROKEN: Mapping[str, Exchange] = {
    "no-created": plain({name: each for name, each in completion(COUNTED).items() if name != "created"}),
    "no-object": plain({name: each for name, each in completion(COUNTED).items() if name != "object"}),
    "calls-null": plain(of(MESSAGE | {"content": "OK.", "tool_calls": None})),
    "calls-without-index": calling(CALL),
    "chunk-without-object": chunks({"role": "assistant", "content": "OK."}, object=None),
    "total-is-wrong": plain(completion(USAGE | {"total_tokens": 99})),
    "streamed-total-is-wrong": stream_of(USAGE | {"total_tokens": 99}),
}
#: What each client makes of the write counters: in a reply that came whole, and in a stream.
WRITES = {
    "openai-python": ("untyped", "untyped"),
    "openai-node": ("untyped", "untyped"),
    "ai-sdk-openai": ("lost", "lost"),
    "ai-sdk-compatible": ("raw", "raw"),
    "langchain": ("raw", "lost"),
    "pydantic-ai": ("lost", "lost"),
    "litellm": ("untyped", "untyped"),
    "openai-go": ("untyped", "raw"),
    "openai-java": ("untyped", "untyped"),
}

#: What a client makes of what conforms, and no endpoint can mend.
CHANGES = {"pydantic-ai": {"refusal": "lost finish reason"}}
OWN_SUM = {"total-is-wrong": "lost usage", "streamed-total-is-wrong": "lost usage"}
BREAKS = {
    "openai-python": {"calls-without-index": "raised TypeError", "chunk-without-object": "raised AssertionError"},
    "openai-node": {"calls-without-index": "raised OpenAIError"},
    "ai-sdk-openai": {"calls-without-index": "raised TypeValidationError", **OWN_SUM},
    "ai-sdk-compatible": OWN_SUM,
    "pydantic-ai": {"no-object": "raised UnexpectedModelBehavior", **OWN_SUM},
    "litellm": {"streamed-total-is-wrong": "lost usage"},
    "openai-java": {"calls-without-index": "raised OpenAIInvalidDataException"},
}


@pytest.fixture(scope="module", params=sorted(CLIENTS))
def read(request: pytest.FixtureRequest, cache: Path) -> Judged:
    """What a client makes of all of these."""
    every = {**CONFORM, **BROKEN}
    taken = []
    for name, exchange in every.items():
        wanted = readable(exchange)
        assert wanted is not None
        taken.append(Taken(name, name, exchange, wanted, {}))
    (found,) = judged([CLIENTS[request.param]], taken, cache, print)
    if found.skipped:
        pytest.skip(found.skipped)
    return found


def test_what_conforms_is_read_right(read: Judged) -> None:
    wrong = {each.taken.name: what(each.finding) for each in read.readings if each.finding.outcome != "right"}
    assert {name: finding for name, finding in wrong.items() if name in CONFORM} == CHANGES.get(read.client.name, {})


def test_where_the_writes_survive(read: Judged) -> None:
    held = {each.taken.name: each.members for each in read.readings}
    for name, how in zip(("whole", "streamed"), WRITES[read.client.name], strict=True):
        assert held[name]["cached_tokens"][0] == "typed"
        assert {held[name][member][0] for member in list(DETAILS)[1:]} == {how}, name


def test_what_does_not_conform(read: Judged) -> None:
    findings = {each.taken.name: each.finding for each in read.readings if each.taken.name in BROKEN}
    found = {name: what(each) for name, each in findings.items() if each.outcome != "right"}
    assert found == BREAKS.get(read.client.name, {})
