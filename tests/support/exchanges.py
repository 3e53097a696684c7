"""Exchanges made by hand, and judging them with the whole catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requests import chat
from conformance.contract.requests import streamed as asking_to_stream
from conformance.contract.requirement import Scope
from conformance.evidence.exchange import Exchange, Read, Request
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Verdict
from conformance.suite.catalogue import load

NOW = 1_760_000_000
PLAIN = chat(max_tokens=None, label="by hand")
STREAM_USAGE = asking_to_stream(PLAIN)


def _text(usage: dict[str, Any] | None) -> str:
    """As much as the usage counts, where that is more than a word."""
    written = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return "OK. " * written if isinstance(written, int) and 20 < written < 1000 else "OK."


def completion(usage: dict[str, Any] | None, **members: Any) -> dict[str, Any]:
    """A completion that conforms, but for what is given."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": _text(usage), "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    document = {"id": "chatcmpl-1", "object": "chat.completion", "created": NOW, "model": "m", "choices": [choice]}
    return document | ({"usage": usage} if usage is not None else {}) | members


def plain(document: Any, request: Request = PLAIN, status: int = 200, model: str = "m") -> Exchange:
    """The exchange in which a JSON document comes back whole."""
    body = json.dumps(document).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))), ("x-request-id", "r-1"))
    return Exchange(for_model(request, Model(model), "salt"), status, headers, ((0.1, body),), None, NOW, 0.1)


def streamed(documents: Sequence[Any], request: Request = STREAM_USAGE, model: str = "m") -> Exchange:
    """The exchange in which these chunks come back, and [DONE]."""
    reads: list[Read] = [
        (0.1 * number, b"data: " + json.dumps(each).encode() + b"\n\n") for number, each in enumerate(documents, 1)
    ]
    reads.append((0.1 * (len(documents) + 1), b"data: [DONE]\n\n"))
    headers = (("content-type", "text/event-stream; charset=utf-8"), ("x-request-id", "r-1"))
    return Exchange(for_model(request, Model(model), "salt"), 200, headers, tuple(reads), None, NOW, reads[-1][0])


def stream_of(usage: dict[str, Any]) -> Exchange:
    """A stream with this usage in its last chunk."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": NOW, "model": "m"}
    deltas: list[tuple[dict[str, Any], str | None]] = [
        ({"role": "assistant", "content": "", "refusal": None}, None), ({"content": _text(usage)}, None), ({}, "stop"),
    ]  # fmt: skip
    chunks: list[dict[str, Any]] = [
        base | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}], "usage": None}
        for delta, reason in deltas
    ]
    return streamed([*chunks, base | {"choices": [], "usage": usage}])


def violated(exchange: Exchange, model: Model) -> dict[str, str]:
    """The requirements of the catalogue that an exchange violates, with what is said of each."""
    found = {}
    for requirement in load().values():
        if requirement.whole_run or not isinstance(requirement.on, Scope) or not requirement.on.contains(exchange):
            continue
        finding = judge(requirement, exchange, model)
        if finding.verdict >= Verdict.WARN:
            found[requirement.id] = finding.message
    return found
