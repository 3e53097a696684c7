"""Whether a requirement can fail: each of its counterexamples must be rejected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.billing.prices import EXAMPLE
from conformance.contract.faults import chain
from conformance.contract.profile import FAMILIES, Model
from conformance.contract.requirement import Fault, Requirement
from conformance.evidence.exchange import Exchange
from conformance.evidence.send import Send
from conformance.judgement.judge import judge, judge_given, judge_run, speaks_of
from conformance.judgement.verdict import Verdict
from conformance.language import say

from .run import Run

_POSING = {"gpt": "gpt-4o"}  #: names that tell a version, on which some requirements depend


def survivors(requirement: Requirement, run: Run) -> Iterator[str]:
    """The counterexamples of a requirement that it fails to reject. A requirement about a family that the run has no
    model of is shown what the others answered, as if they were of that family."""
    models = [replace(model, prices=EXAMPLE) for model in run.profile.models]
    shown = {model: _shown(requirement, run.exchanges(model)) for model in models}
    posing = {
        replace(model, name=_POSING.get(family, model.name), family=family): exchanges
        for family in FAMILIES
        for model, exchanges in shown.items()
    }
    if not requirement.broken_by:
        yield say("it has no counterexample")
    if requirement.composite:
        yield from _asking_survivors(requirement, run)
        return
    for name, fault in requirement.broken_by:
        if not any(_caught(requirement, each, model, fault) for model, each in (shown | posing).items() if each):
            yield (
                say("the counterexample {name!r} is accepted", name) if name else say("its counterexample is accepted")
            )


def _asking_survivors(requirement: Requirement, run: Run) -> Iterator[str]:
    """Likewise for a requirement that is given exchanges by name, or sends: the endpoint has the fault."""
    for name, fault in requirement.broken_by:
        for model in run.profile.models:
            send, shown = run.sender(model), requirement.shown_by or (lambda exchange: exchange)
            accepted = judge_given(requirement, _through(send, shown), model)
            if accepted.verdict is not Verdict.PASS:
                continue
            if judge_given(requirement, _through(send, shown, fault), model).verdict >= Verdict.WARN:
                break
        else:
            yield (
                say("the counterexample {name!r} is accepted", name) if name else say("its counterexample is accepted")
            )


def _through(send: Send, *faults: Fault) -> Send:
    return lambda request: chain(*faults)(send(request))


def _shown(requirement: Requirement, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The exchanges that the requirement speaks of and accepts, after `shown_by` where there is one."""
    shown = [requirement.shown_by(each) for each in exchanges] if requirement.shown_by else list(exchanges)
    return [each for each in shown if speaks_of(requirement, each)]


def _caught(requirement: Requirement, exchanges: Sequence[Exchange], model: Model, fault: Fault) -> bool:
    """Whether the fault turns something accepted into something that is violated, by assertion."""
    if requirement.whole_run:
        broken = [fault(exchange) for exchange in exchanges]
        accepted = judge_run(requirement, exchanges, model).verdict is Verdict.PASS
        return accepted and judge_run(requirement, broken, model).verdict >= Verdict.WARN
    for exchange in exchanges:
        if judge(requirement, exchange, model).verdict is not Verdict.PASS:
            continue
        broken_one = fault(exchange)
        if speaks_of(requirement, broken_one) and judge(requirement, broken_one, model).verdict >= Verdict.WARN:
            return True
    return False
