"""What the catalogue says of an endpoint with a fault, judging again only what the fault changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import count

from conformance.archive import Send
from conformance.catalogue import load
from conformance.exchange import Exchange, Request
from conformance.judge import judge_all
from conformance.planted import plant
from conformance.profile import Model, Profile
from conformance.reference import Endpoint
from conformance.requirement import Requirement
from conformance.run import Run
from conformance.verdict import Finding, Verdict

MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))


def remembering(send: Send) -> Send:
    """Each request is answered once, after the one that it follows."""
    known: dict[str, Exchange] = {}

    def remember(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                remember(request.after)
            known[request.key] = send(request)
        return known[request.key]

    return remember


def run_of(send: Send) -> Run:
    return Run(Profile("reference", MODELS, "reference"), "abcdefghijkl", send)


@dataclass(frozen=True)
class Whole:
    """A run on the endpoint without a fault: what was answered, what each requirement looked at, what it found."""

    answers: dict[str, Exchange]
    asked: dict[tuple[str, Model], tuple[Request, ...]]
    findings: tuple[Finding, ...]


@cache
def whole() -> Whole:
    """The run that all others are compared with, once a process."""
    endpoint, answers = Endpoint(), dict[str, Exchange]()
    asked: dict[tuple[str, Model], tuple[Request, ...]] = {}
    seen: dict[str, Request] = {}

    def answer(request: Request) -> Exchange:
        answers[request.key] = endpoint.answer(request)
        return answers[request.key]

    send = remembering(answer)

    def noting(request: Request) -> Exchange:
        seen[request.key] = request
        return send(request)

    findings, run = [], run_of(noting)
    for model in MODELS:
        for requirement in load().values():
            seen.clear()
            findings.append(run.find(requirement, model))
            asked[requirement.id, model] = tuple(seen.values())
    return Whole(answers, asked, tuple(findings))


def faulty(names: Iterable[str]) -> Send:
    """The endpoint of the whole run with these faults: what they do not touch is answered as it was there. What
    they make of a request is answered by another endpoint, whose caches are cold and whose ids are its own."""
    answers, other, asked = whole().answers, Endpoint(counter=count(10**6)), threading.local()

    def answer(request: Request) -> Exchange:
        known = answers.get(request.key) if request is asked.request else None
        return known or other.answer(request)

    planted = plant(answer, names)

    def send(request: Request) -> Exchange:
        asked.request = request
        return planted(request)

    return remembering(send)


def violations(names: Iterable[str]) -> dict[str, Verdict]:
    """The requirements that the faulty endpoint violates, each with its worst verdict."""
    run, found = run_of(faulty(names)), dict[str, Verdict]()
    for model in MODELS:
        for requirement in load().values():
            finding = _found(run, requirement, model)
            if finding is not None and finding.verdict >= Verdict.WARN:
                found[requirement.id] = max(finding.verdict, found.get(requirement.id, Verdict.WARN))
    return found


def _found(run: Run, requirement: Requirement, model: Model) -> Finding | None:
    """What is found on the exchanges that the fault changed; None where it changed none."""
    if "send_together" in requirement.asks_for:
        return run.find(requirement, model)  # what is asked one by one shows nothing of what is asked at once
    answers = whole().answers
    exchanges = [run.send(request) for request in whole().asked[requirement.id, model]]
    changed = [each for each in exchanges if each is not (was := answers[each.request.key]) and each != was]
    if not changed:
        return None
    if requirement.sends:
        return run.find(requirement, model)
    return judge_all(requirement, exchanges if requirement.whole_run else changed, model, expected=False)
