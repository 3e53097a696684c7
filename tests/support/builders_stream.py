"""Exchanges made by hand, and the table of what a requirement says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requirement import Scope
from conformance.evidence.exchange import Exchange, Fact, Request
from conformance.judgement.judge import judge_all
from conformance.judgement.verdict import Verdict
from conformance.policy.gating import gate
from conformance.suite.catalogue import load

JSONObject = dict[str, Any]

GPT = Model("gpt-4o-mini", "gpt")
HEAD: JSONObject = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1760000000,
    "model": "gpt-4o-mini-2024-07-18",
}
USAGE: JSONObject = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
DONE = b"data: [DONE]\n\n"
ERROR: JSONObject = {"error": {"message": "Upstream broke off", "type": "server_error", "param": None, "code": None}}

Event = JSONObject | bytes


def chunk(*choices: JSONObject, **members: Any) -> JSONObject:
    return HEAD | {"choices": list(choices)} | members


def delta(finish: str | None = None, index: int = 0, **members: Any) -> JSONObject:
    """A chunk with one choice of which this is the delta."""
    return chunk({"index": index, "delta": members, "finish_reason": finish})


def usage(**members: Any) -> JSONObject:
    return chunk(usage=USAGE, **members)


ROLE = delta(role="assistant", content="")
OK = delta(content="OK")
STOP = delta("stop")


def event(document: Event) -> bytes:
    return document if isinstance(document, bytes) else b"data: " + json.dumps(document).encode() + b"\n\n"


def stream(
    request: Request, *events: Event, model: Model = GPT, seconds: float = 1.0, unrecorded: Iterable[Fact] = ()
) -> Exchange:
    """A stream of these events, each a read of its own, and no [DONE] of its own accord."""
    reads = tuple((number / 100, event(each)) for number, each in enumerate(events))
    return Exchange(
        for_model(request, model, ""),
        200,
        (("content-type", "text/event-stream"),),
        reads,
        seconds=seconds,
        unrecorded=frozenset(unrecorded),
    )


def plain(
    request: Request, *messages: JSONObject, finish: str | None = "stop", model: Model = GPT, **members: Any
) -> Exchange:
    """A completion with one choice for each message."""
    choices = [
        {"index": index, "message": {"role": "assistant", "content": None} | each, "finish_reason": finish}
        for index, each in enumerate(messages)
    ]
    document = HEAD | {"object": "chat.completion", "choices": choices, "usage": USAGE} | members
    body = json.dumps(document).encode()
    return Exchange(for_model(request, model, ""), 200, (("content-type", "application/json"),), ((0.0, body),))


def call(name: str, arguments: str, id: str = "call_1", **members: Any) -> JSONObject:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}} | members


@dataclass(frozen=True)
class Case:
    """What a requirement is expected to say of some exchanges."""

    requirement: str
    what: str
    verdict: Verdict
    exchanges: tuple[Exchange, ...]
    model: Model = GPT

    def check(self) -> None:
        requirement = load()[self.requirement]
        finding = gate("must").graded(requirement, judge_all(requirement, self.exchanges, self.model, expected=False))
        assert finding.verdict is self.verdict, finding.message
        assert finding.verdict <= Verdict.PASS or finding.message

    def __str__(self) -> str:
        return f"{self.requirement}: {self.what}"


def right(requirement: str, what: str, *exchanges: Exchange, model: Model = GPT) -> Case:
    return Case(requirement, what, Verdict.PASS, exchanges, model)


def fails(requirement: str, what: str, *exchanges: Exchange, model: Model = GPT) -> Case:
    return Case(requirement, what, Verdict.FAIL, exchanges, model)


def warns(requirement: str, what: str, *exchanges: Exchange, model: Model = GPT) -> Case:
    return Case(requirement, what, Verdict.WARN, exchanges, model)


def silent(requirement: str, what: str, *exchanges: Exchange, model: Model = GPT) -> Case:
    """Nothing to say of it."""
    return Case(requirement, what, Verdict.NOT_APPLICABLE, exchanges, model)


def unclear(requirement: str, what: str, *exchanges: Exchange, model: Model = GPT) -> Case:
    return Case(requirement, what, Verdict.INCONCLUSIVE, exchanges, model)


def uncovered(area: str, cases: Iterable[Case]) -> set[str]:
    """The requirements in the modules of an area that lack an accepted or a rejected case."""
    own = {area, f"test_{area}"}
    here = [each for each in load().values() if each.check.__module__.split(".")[2] in own]  # conformance.suite.…
    ids = {each.id for each in here if isinstance(each.on, Scope) and not each.composite}
    assert ids, f"no requirement is in the file of {area}"
    accepted = {case.requirement for case in cases if case.verdict is Verdict.PASS}
    rejected = {case.requirement for case in cases if case.verdict >= Verdict.WARN}
    return ids - (accepted & rejected)
