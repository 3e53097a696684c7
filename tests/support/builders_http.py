"""Exchanges made by hand, and what one requirement says of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from conformance.contract.profile import Model
from conformance.contract.requirement import Scope
from conformance.evidence.exchange import Exchange, Request
from conformance.judgement.judge import judge, judge_run
from conformance.judgement.verdict import Verdict
from conformance.suite.catalogue import load

NOW = 1_760_000_000
GPT, CLAUDE, OTHER = Model("gpt-4o", "gpt"), Model("claude-sonnet-4-5", "claude"), Model("kimi-k3", "other")
NEW_GPT, DEEPSEEK = Model("gpt-5.6-sol", "gpt"), Model("deepseek-chat", "deepseek")
JSON, EVENTS = ("content-type", "application/json"), ("content-type", "text/event-stream")

Said = Literal["accepted", "violated", "not applicable"]
MESSAGE = {"role": "assistant", "content": "OK", "refusal": None}


def asking(credentials: Literal["valid", "none", "unknown"] = "valid", **members: Any) -> Request:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say OK."}], **members}
    return Request(body=json.dumps(document).encode(), credentials=credentials)


def choice(message: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    own = {"index": 0, "message": MESSAGE | (message or {}), "finish_reason": "stop", "logprobs": None}
    return own | members


def usage(details: Any = None, **members: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": 5000, "completion_tokens": 20, "total_tokens": 5020}
    return counts | ({"prompt_tokens_details": details} if details is not None else {}) | members


def completion(**members: Any) -> dict[str, Any]:
    own = {"id": "chatcmpl-1", "object": "chat.completion", "created": NOW, "model": "gpt-4o"}
    return own | {"choices": [choice()], "usage": usage()} | members


def response(
    body: Any,
    *headers: tuple[str, str],
    status: int = 200,
    request: Request | None = None,
    at: float = NOW,
) -> Exchange:
    """A response with this body: bytes as they are, anything else as JSON. No header but those given, and a type."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    typed = headers if any(name == "content-type" for name, _ in headers) else (JSON, *headers)
    return Exchange(request or asking(), status, typed, ((0.2, sent),), started=at, seconds=0.2)


def stream(*documents: Any, request: Request | None = None) -> Exchange:
    """A stream of these chunks, ended by [DONE]."""
    lines = [f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in (*documents, "[DONE]")]
    asked = asking(stream=True, stream_options={"include_usage": True})
    return response("".join(lines).encode(), EVENTS, request=request or asked)


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **members: Any) -> dict[str, Any]:
    own = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": NOW, "model": "gpt-4o"}
    return own | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]} | members


def refusal(status: int = 400, *headers: tuple[str, str], request: Request | None = None, **error: Any) -> Exchange:
    own = {"message": "It is wrong.", "type": "invalid_request_error", "param": None, "code": None}
    return response({"error": own | error}, *headers, status=status, request=request)


def said(name: str, *exchanges: Exchange, model: Model = GPT) -> Said:
    """What a requirement says of one exchange, or of a run of several."""
    requirement = load()[name]
    assert isinstance(requirement.on, Scope)
    members: Sequence[Exchange] = requirement.on.members(exchanges)
    if len(members) < len(exchanges):
        return "not applicable"
    whole = judge_run(requirement, members, model) if requirement.whole_run else judge(requirement, members[0], model)
    if whole.verdict in (Verdict.FAIL, Verdict.WARN):
        assert whole.message
        return "violated"
    assert whole.verdict is not Verdict.INCONCLUSIVE, whole.message
    return "accepted" if whole.verdict is Verdict.PASS else "not applicable"
