"""What a requirement is judged on among recordings made elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.contract.for_model import for_model
from conformance.contract.given import undeclared
from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import JSON_CONTENT, Exchange, Inconclusive, NotApplicable, Request
from conformance.judgement.judge import judge, judge_given, speaks_of
from conformance.judgement.verdict import Finding, Verdict, gather

Recorded = Mapping[Model, Sequence[Exchange]]  #: by the model that was asked


def find_recorded(requirement: Requirement, column: str, recorded: Recorded) -> Finding:
    """The finding of a requirement on recordings that a report shows in one column."""
    found = list(_findings(requirement, recorded))
    if found:
        return replace(gather(found), model=column)
    reason = "no recording is of that kind"
    if requirement.sends:
        reason = "it compares answers to requests of its own, which are not in recordings made elsewhere"
    elif requirement.whole_run:
        reason = "recordings made elsewhere may hold one exchange twice, so they are not compared"
    return Finding(requirement.id, column, Verdict.NOT_APPLICABLE, reason)


def _findings(requirement: Requirement, recorded: Recorded) -> list[Finding]:
    if requirement.sends or requirement.whole_run:
        return []
    if requirement.given:
        return [
            judge_given(requirement, _playing_back(requirement, model, exchanges), model)
            for model, exchanges in recorded.items()
            if all(_is_claimed(each, model) and _found(each, model, exchanges) for each in _wanted(requirement))
        ]
    return [
        judge(requirement, exchange, model)
        for model, exchanges in recorded.items()
        for exchange in exchanges
        if speaks_of(requirement, exchange)
    ]


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
            raise Inconclusive(f"“{request}” is not among the recordings")
        if lacking := requirement.needs & exchange.unrecorded:
            raise NotApplicable(f"the recording did not keep: {', '.join(sorted(lacking))}")
        return exchange

    return send


#: Two cache-busting prefixes that differ everywhere: where requests with them are alike, the prefix is not.
_ONE, _OTHER = "a" * 12, "b" * 12


def _found(request: Request, model: Model, exchanges: Sequence[Exchange]) -> Exchange | None:
    """The recording of this attempt at a request; None where there is none."""
    found = _occurrences(request, model, exchanges)
    return found[request.attempt - 1] if 1 <= request.attempt <= len(found) else None


def _occurrences(request: Request, model: Model, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The recordings of a request, whatever cache-busting prefix it was sent with, in the order they were started."""
    if request.headers != JSON_CONTENT or request.credentials != "valid" or request.hang_up_after is not None:
        return []  # of which a recording does not tell
    one, other = (for_model(request, model, prefix) for prefix in (_ONE, _OTHER))
    found = sorted((each for each in exchanges if _is_sent(each, one, other)), key=lambda each: each.started)
    # one exchange that stands there twice is no repetition
    return list({(each.started, each.status, each.wire): each for each in found}.values())


def _is_sent(exchange: Exchange, one: Request, other: Request) -> bool:
    sent = exchange.request
    return (
        "request" not in exchange.unrecorded
        and (sent.method, sent.path, len(sent.body)) == (one.method, one.path, len(one.body))
        and all(byte in (a, b) or a != b for byte, a, b in zip(sent.body, one.body, other.body, strict=True))
    )
