"""What the catalogue says of an endpoint with a fault, judging what the fault changed and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from conformance.billing.prices import EXAMPLE
from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send, remembering
from conformance.judgement.judge import judge_all
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.lab.known_faults import plant
from conformance.policy.gating import DEFAULT
from conformance.runs.run import Run
from tests.support.judging import MODELS, Models, at_once, other_endpoint, run_of, whole

THINKING: Models = (Model("reference-reasoning", "gpt"),)  #: judged where a fault is about thinking only


def faulty(names: Iterable[str], models: Models = MODELS) -> Send:
    """The endpoint of the whole run with these faults: what they do not touch is answered as it was there. What
    they make of a request is answered by another endpoint, after what they make of the request that it follows; and
    what is repeated oftener than there, after what it repeats: else it would be cold."""
    answers, other, asked = whole(models).answers, other_endpoint(), threading.local()
    beside = remembering(other.answer)
    warmed: set[str] = set()

    def warm(request: Request | None) -> None:
        if request is None or request.key in warmed:
            return
        warmed.add(request.key)
        warm(request.after)
        before, asked.request = asked.request, None
        planted(request)
        asked.request = before

    def answer(request: Request) -> Exchange:
        if request is not asked.request:
            if asked.request is not None:
                warm(asked.request.after)
            return other.answer(request)
        if (known := answers.get(request.key)) is None and request.after is not None:
            beside(request.after)
        return known or other.answer(request)

    planted = plant(answer, names)

    def send(request: Request) -> Exchange:
        asked.request = request
        return planted(request)

    return remembering(send)


def violations(names: Iterable[str], models: Models = MODELS) -> dict[str, Verdict]:
    """The requirements that the faulty endpoint violates on these models, each with its worst verdict as the default
    gate grades it."""
    run, before, found = run_of(faulty(names, models), models), whole(models), dict[str, Verdict]()
    for requirement, model, exchanges, changed in before.again(run):
        finding = _found(run, requirement, replace(model, prices=EXAMPLE), exchanges, changed)
        if finding is not None and finding.verdict in VIOLATIONS:
            found[requirement.id] = DEFAULT.graded(requirement, finding).verdict
    return found


def _found(
    run: Run, requirement: Requirement, model: Model, exchanges: list[Exchange], changed: list[Exchange]
) -> Finding | None:
    """What is found on the exchanges that the fault changed; None where it changed none."""
    if at_once(requirement):
        return run.find(requirement, model)
    if not changed:
        return None
    if requirement.composite:
        return run.find(requirement, model)
    return judge_all(requirement, exchanges if requirement.whole_run else changed, model, expected=False)
