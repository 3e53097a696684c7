"""What a requirement is judged on among recordings made elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.contract.for_model import for_model
from conformance.contract.given import has_at_once, undeclared
from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, Request
from conformance.judgement.judge import judge, judge_given, speaks_of
from conformance.judgement.verdict import Finding, Verdict, gather
from conformance.language import say

Recorded = Mapping[Model, Sequence[Exchange]]  #: by the model that was asked


def find_recorded(requirement: Requirement, column: str, recorded: Recorded) -> Finding:
    """The finding of a requirement on recordings that a report shows in one column."""
    found = list(_findings(requirement, recorded))
    if found:
        return replace(gather(found), model=column)
    reason = say("no recording matches")
    if requirement.sends:
        reason = say("it sends requests that it generates, which recordings made elsewhere do not contain")
    elif requirement.whole_run:
        reason = say("recordings made elsewhere may hold one exchange twice, so they are not compared")
    return Finding(requirement.id, column, Verdict.NOT_APPLICABLE, reason)


def _findings(requirement: Requirement, recorded: Recorded) -> list[Finding]:
    if requirement.sends or requirement.whole_run:
        return []
    if any(map(has_at_once, requirement.given.values())):
        return []  # a recording does not show what was sent at the same time
    if requirement.given:
        return [
            judge_given(requirement, _playing_back(requirement, model, exchanges), model)
            for model, exchanges in recorded.items()
            if all(_is_claimed(each, model) and _found(each, model, exchanges) for each in _wanted(requirement))
        ]
    found = []
    for model, exchanges in recorded.items():
        spoken_of = [each for each in exchanges if speaks_of(requirement, each)]
        found += [judge(requirement, exchange, model, spoken_of) for exchange in spoken_of]
    return found


def _wanted(requirement: Requirement) -> Iterator[Request]:
    """The requests without which recordings cannot show whether the requirement holds."""
    yield from requirement.named
    for slot in requirement.given.values():
        yield from undeclared(slot, on_demand=False)


def _is_claimed(request: Request, model: Model) -> bool:
    return all(map(model.claims, request.features))


def _playing_back(
    requirement: Requirement, model: Model, exchanges: Sequence[Exchange]
) -> Callable[[Request], Exchange]:
    """A `Send` that finds a request among recordings: of equal ones the first is the first attempt, and so on."""

    def send(request: Request) -> Exchange:
        exchange = _found(request, model, exchanges)
        if exchange is None:
            raise Inconclusive(say("“{request}” is not among the recordings", request))
        return exchange

    return send


def _found(request: Request, model: Model, exchanges: Sequence[Exchange]) -> Exchange | None:
    """The recording of this attempt at a request; None where there is none."""
    found = _occurrences(request, model, exchanges)
    return found[request.attempt - 1] if 1 <= request.attempt <= len(found) else None


#: Statuses that speak of credentials, of which recordings do not tell.
_OF_CREDENTIALS = (401, 402, 403, 407)


def _occurrences(request: Request, model: Model, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The recordings of a request in the order they were started. None of one with a cache-busting prefix: whether its
    prompt was cold is not known."""
    if SALT.encode() in request.body:
        return []
    sent = _identity(for_model(request, model, ""))
    alike = (each for each in exchanges if "request" not in each.unrecorded and _identity(each.request) == sent)
    found = sorted((each for each in alike if each.status not in _OF_CREDENTIALS), key=lambda each: each.started)
    # one exchange that stands there twice is no repetition
    return list({(each.started, each.status, each.wire): each for each in found}.values())


def _identity(request: Request) -> tuple[object, ...]:
    """What makes two requests the same but for the attempt."""
    how = request.method, request.path, request.headers, request.credentials, request.hang_up_after
    return (*how, len(request.body), request.body)
