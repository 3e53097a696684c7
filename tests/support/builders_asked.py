"""Requirements that send, asked of the reference endpoint with something changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from conformance.contract.faults import chain
from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault, Scope
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send
from conformance.judgement.judge import judge, judge_given
from conformance.judgement.verdict import Finding, Verdict, gather
from conformance.lab.reference import Endpoint
from conformance.suite.catalogue import load

GPT = Model("reference-gpt", "gpt")
SALTED = "abcdefghijkl"
Said = Literal["accepted", "violated", "inconclusive", "not applicable"]

_SAID: dict[Verdict, Said] = {
    Verdict.PASS: "accepted", Verdict.FAIL: "violated", Verdict.WARN: "violated",
    Verdict.INCONCLUSIVE: "inconclusive", Verdict.NOT_APPLICABLE: "not applicable",
}  # fmt: skip


def endpoint(*changes: Fault, model: Model = GPT) -> Send:
    """The reference endpoint, asked each request once, with these changes in every answer."""
    known: dict[str, Exchange] = {}
    reference = Endpoint()

    def send(request: Request) -> Exchange:
        filled = for_model(request, model, SALTED)
        if filled.key not in known:
            known[filled.key] = chain(*changes)(reference.answer(filled))
        return known[filled.key]

    return send


def found(name: str, send: Callable[[Request], Exchange], examples: int = 10, model: Model = GPT) -> Finding:
    """The finding of one requirement on what this sends."""
    requirement = load()[name]
    if requirement.composite:
        return judge_given(requirement, send, model, examples)
    assert not isinstance(requirement.on, Scope)
    return gather(judge(requirement, send(request), model) for request in requirement.on)


def asked(name: str, *changes: Fault, model: Model = GPT) -> Said:
    """What one requirement says of the reference endpoint with these changes."""
    finding = found(name, endpoint(*changes, model=model), model=model)
    assert finding.message or finding.verdict is Verdict.PASS
    assert "the check could not read" not in finding.message, finding.message
    return _SAID[finding.verdict]
