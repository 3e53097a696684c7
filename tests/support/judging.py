"""What the catalogue says of an endpoint that differs from the reference endpoint, judging again only what differs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count

from conformance.contract.given import has_at_once
from conformance.contract.profile import Model, Profile
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send, remembering
from conformance.judgement.verdict import Finding
from conformance.lab.reference import Endpoint
from conformance.runs.run import Run
from conformance.suite.catalogue import load

Models = tuple[Model, ...]
MODELS: Models = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))


def run_of(send: Send, models: Models = MODELS) -> Run:
    return Run(Profile("reference", models, "reference"), "abcdefghijkl", send)


@dataclass(frozen=True)
class Whole:
    """A run on the reference endpoint: what was answered, what each requirement looked at, what it found."""

    answers: dict[str, Exchange]
    asked: dict[tuple[str, Model], dict[str, Request]]
    findings: dict[tuple[str, Model], Finding]

    def again(self, run: Run) -> Iterator[tuple[Requirement, Model, list[Exchange], list[Exchange]]]:
        """Each requirement and model, with what another endpoint answers to what was asked for it here, and those of
        the answers that differ; what is to be asked at once is not asked one by one before, since an answer is kept."""
        known, answers, differing = load(), dict[str, Exchange](), set[str]()
        for (name, model), requests in self.asked.items():
            requirement = known[name]
            one_by_one = {} if at_once(requirement) else requests
            for key, request in one_by_one.items():
                if key not in answers:
                    answers[key] = run.send(request)
                    if answers[key] != self.answers[key]:
                        differing.add(key)
            changed = [] if differing.isdisjoint(one_by_one) else [key for key in one_by_one if key in differing]
            exchanges = [answers[key] for key in one_by_one] if changed else []
            yield requirement, model, exchanges, [answers[key] for key in changed]


def at_once(requirement: Requirement) -> bool:
    """Whether it sends requests at once, of which what is asked one by one shows nothing."""
    return any(map(has_at_once, requirement.given.values()))


@cache
def whole(models: Models = MODELS) -> Whole:
    """The run that all others of these models are compared with, once a process."""
    endpoint, found = Endpoint(), Whole({}, {}, {})
    seen: dict[str, Request] = {}

    def answer(request: Request) -> Exchange:
        found.answers[request.key] = endpoint.answer(request)
        return found.answers[request.key]

    send = remembering(answer)

    def noting(request: Request) -> Exchange:
        seen[request.key] = request
        return send(request)

    run = run_of(noting, models)
    for model in models:
        for requirement in load().values():
            seen.clear()
            run.families.clear()  # or nothing is asked for the second requirement on a family
            found.findings[requirement.id, model] = run.find(requirement, model)
            found.asked[requirement.id, model] = dict(seen)
    return found


def other_endpoint() -> Endpoint:
    """One for what the whole run did not ask, whose caches are cold and whose ids are its own. Its clock is slow: it
    answers a whole session, in which what was written for five minutes is read after many."""
    started = time.time()
    return Endpoint(counter=count(10**6), clock=lambda: started + (time.time() - started) / 60)


def findings(send: Send, models: Models = MODELS) -> list[Finding]:
    """The findings of the whole catalogue on another endpoint."""
    run, before, found = run_of(remembering(send), models), whole(models), list[Finding]()
    for requirement, model, _, changed in before.again(run):
        judged_anew = changed or at_once(requirement)
        found.append(run.find(requirement, model) if judged_anew else before.findings[requirement.id, model])
    return found
