"""The one place where a check meets an exchange."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement, Scope
from conformance.contract.views import VIEWS
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.language import Said, changed, hearing, joined, say

from .handing_over import exchanges_of, had
from .verdict import Finding, Verdict, gather

CRASHED = "the check could not read this exchange"  #: how the message of a check that crashed begins


def judge(requirement: Requirement, exchange: Exchange, model: Model, beside: Sequence[Exchange] = ()) -> Finding:
    """Judge one requirement on one exchange; `beside` are all of the run that it is judged on."""
    heard: Mapping[str, Said] = {}
    try:
        with hearing() as heard:
            requirement.check(**_arguments(requirement, exchange, model, beside))
    except Exception as raised:
        return finding_of(raised, requirement, model, (exchange.request.key,), heard)
    return _passed(requirement.id, model.name)


@lru_cache(maxsize=4096)
def _passed(requirement: str, model: str) -> Finding:
    """What most findings on one exchange are."""
    return Finding(requirement, model, Verdict.PASS, judged=1)


def speaks_of(requirement: Requirement, exchange: Exchange) -> bool:
    """Whether an exchange is one of those that the requirement is judged on."""
    if isinstance(requirement.on, Scope):
        return requirement.on.contains(exchange)
    return exchange.request.label in {request.label for request in requirement.on} and _is_had(exchange)


def judge_run(requirement: Requirement, exchanges: Sequence[Exchange], model: Model) -> Finding:
    """Judge a requirement that compares the exchanges of one run with each other."""
    known = [each for each in exchanges if not requirement.needs & each.unrecorded]
    if len(known) < 2:
        return _finding(requirement, model, Verdict.NOT_APPLICABLE, say("fewer than two exchanges to compare"))
    own = {"exchanges": known, "model": model}
    return _run(requirement, known, model, lambda: {name: own[name] for name in requirement.asks_for})


def judge_all(
    requirement: Requirement, exchanges: Sequence[Exchange], model: Model, *, expected: bool = True
) -> Finding:
    """Judge a requirement on all that belong to its family. `expected`: requests were sent that are meant to be
    answered that way, so that finding none is inconclusive."""
    family = requirement.on
    members = family.members(exchanges) if isinstance(family, Scope) else [each for each in exchanges if _is_had(each)]
    if not members:
        verdict = Verdict.INCONCLUSIVE if expected else Verdict.NOT_APPLICABLE
        return _finding(requirement, model, verdict, _lacking(family, exchanges if expected else ()))
    if requirement.whole_run:
        return judge_run(requirement, members, model)
    return gather(judge(requirement, exchange, model, members) for exchange in members)


def _lacking(on: Scope | tuple[Request, ...], exchanges: Sequence[Exchange]) -> str:
    """Why there is nothing to judge on, with what came instead."""
    outcomes = joined(", ", sorted({exchange.outcome for exchange in exchanges})[:3])
    if isinstance(on, Scope):
        wanted = str(on).removeprefix("every ")
        lacking = say("the run has no {wanted}", Said(wanted, {}))
        return joined("; ", (lacking, say("seen instead: {outcomes}", outcomes))) if outcomes else lacking
    named = ", ".join(map(str, on))
    if outcomes:
        return say("“{named}” shows nothing, answered with {outcomes}", named, outcomes)
    return say("the run has no exchange of “{named}”", named)


EXAMPLES = 10  #: generated requests that a requirement sends at most


def judge_given(
    requirement: Requirement,
    send: Callable[[Request], Exchange],
    model: Model,
    examples: int = EXAMPLES,
    counts: Callable[[Requirement], bool] = lambda _: True,
) -> Finding:
    """Judge a requirement whose check is given exchanges by name, or sends requests that it generates. The latter gets
    `send`, which raises Inconclusive for what is transient; `examples`, how many generated requests it may send; and
    `counts`, whether the endpoint is held to a requirement."""
    asked: list[Exchange] = []

    def noting(request: Request) -> Exchange:
        asked.append(send(request))
        check_needs(requirement, asked[-1])
        return asked[-1]

    own = {
        "send": lambda request: had(noting(request)),
        "model": model,
        "examples": examples,
        "counts": counts,
    }

    def arguments() -> dict[str, Any]:
        given = {name: exchanges_of(slot, noting, model) for name, slot in requirement.given.items()}
        return given | {name: own[name] for name in requirement.asks_for if name not in given}

    return _run(requirement, asked, model, arguments)


def _is_had(exchange: Exchange) -> bool:
    try:
        return bool(had(exchange))
    except Inconclusive:
        return False


def _arguments(
    requirement: Requirement, exchange: Exchange, model: Model, beside: Sequence[Exchange]
) -> dict[str, Any]:
    if requirement.needs & exchange.unrecorded:
        check_needs(requirement, exchange)
    if requirement.asks_for == ("exchange",):  # as most do
        return {"exchange": exchange}
    own = {"exchange": exchange, "model": model, "beside": beside}
    return {name: own[name] if name in own else VIEWS[name](exchange) for name in requirement.asks_for}


def check_needs(requirement: Requirement, exchange: Exchange) -> None:
    """Raises NotApplicable where something is not known of an exchange that the requirement needs."""
    lacking = requirement.needs & exchange.unrecorded
    if "connection" in lacking:
        raise NotApplicable(say("the application was called in this process, without a connection"))
    if lacking:
        raise NotApplicable(say("the recording did not keep: {lacking}", ", ".join(sorted(lacking))))


def _run(
    requirement: Requirement,
    exchanges: Sequence[Exchange],
    model: Model,
    arguments: Callable[[], dict[str, Any]],
) -> Finding:
    keys: tuple[str, ...] = ()
    heard: Mapping[str, Said] = {}
    try:
        try:
            with hearing() as heard:
                requirement.check(**arguments())
        finally:  # the last exchange is the most telling one, where a check sends them one by one
            keys = _keys(exchanges)
    except Exception as raised:
        if len(keys) > 1:  # a check may look at a control after what it accuses
            keys = tuple(dict.fromkeys((*_named_in(str(raised), exchanges), *keys)))
        return finding_of(raised, requirement, model, keys, heard)
    return _finding(requirement, model, Verdict.PASS, judged=len(keys))


def finding_of(
    raised: Exception, requirement: Requirement, model: Model, keys: tuple[str, ...], heard: Mapping[str, Said]
) -> Finding:
    """What it means that a check, or what makes its arguments, raised this; `heard` are the sentences that were said,
    `keys` those of the exchanges that were looked at. A check that crashes proves nothing, and must not end the run."""
    match raised:
        case NotApplicable():
            return _finding(requirement, model, Verdict.NOT_APPLICABLE, str(raised), evidence=keys)
        case Inconclusive():
            return _finding(requirement, model, Verdict.INCONCLUSIVE, str(raised), evidence=keys)
        case AssertionError():
            judged, of = len(keys), tuple[str, ...]()
            if isinstance(raised, Violation):
                keys, of = tuple(each.request.key for each in raised.exchanges), raised.of
            return replace(_finding(requirement, model, Verdict.FAIL, _said(raised, heard), judged, keys), of=of)
    message = say("the check could not read this exchange: {kind}: {crash}", type(raised).__name__, raised)
    return _finding(requirement, model, Verdict.INCONCLUSIVE, message, len(keys), keys)


def _named_in(message: str, exchanges: Iterable[Exchange]) -> list[str]:
    """The keys of the exchanges that a message names by their labels, in the order in which it does."""
    labels = {each.request.label: each.request.key for each in exchanges if each.request.label in message}
    places = {key: found.start() for label, key in labels.items() if (found := _name(label).search(message))}
    return sorted(places, key=lambda key: places[key])


@lru_cache(maxsize=4096)
def _name(label: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(label)}(?![\w-])" if label else "(?!)")


def _keys(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    if len(exchanges) == 1:
        return (exchanges[0].request.key,)
    return tuple(dict.fromkeys(each.request.key for each in reversed(exchanges)))


def _said(violation: AssertionError, heard: Mapping[str, Said]) -> str:
    """The assertion's message, without the lines in which pytest explains the expression."""
    text = (str(violation).partition("\nassert ")[0].strip() or "violated")[:2000]
    return heard.get(text, text)


def _finding(
    requirement: Requirement,
    model: Model,
    verdict: Verdict,
    message: str = "",
    judged: int = 0,
    evidence: tuple[str, ...] = (),
) -> Finding:
    if not message.isascii():  # what it quotes may hold half a surrogate pair
        message = changed(message, lambda text: text.encode("utf-8", "backslashreplace").decode())
    return Finding(requirement.id, model.name, verdict, message, judged, evidence)
