"""Both judges on the same exchange: the plain one, and the compiled one of the audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

from conformance.audit.judging import judge_of, verdicts
from conformance.audit.views import given
from conformance.contract.profile import Model, family_of
from conformance.evidence.exchange import Exchange
from conformance.evidence.recording import Recording
from conformance.evidence.recordings import recordings
from conformance.judgement.judge import judge
from conformance.judgement.verdict import VIOLATIONS
from conformance.runs.passive import Passive, passive
from conformance.suite.catalogue import load


@cache
def requirements() -> Passive:
    """Those that speak of single exchanges."""
    return passive(load().values())


def _anew(exchange: Exchange) -> Exchange:
    """The exchange with nothing that was made of it before."""
    return replace(exchange, request=replace(exchange.request))


def differences(exchange: Exchange, model: Model) -> Iterator[str]:
    """What the two judges say differently of an exchange: verdicts, and of violations the messages."""
    compiled, plain, fresh = judge_of(()), _anew(exchange), _anew(exchange)
    recording = given(Recording(fresh, "unknown", model.name, False, str(exchange.request)))
    outcome = compiled.outcome(recording.exchange, model)
    found = dict(verdicts(compiled, outcome))
    told = {compiled.requirements[place].id: finding.message for place, finding in outcome.findings}
    for requirement in requirements().about(plain, model.name):
        finding = judge(requirement, plain, model)
        other = found.pop(requirement.id, None)
        if other is not finding.verdict:
            yield f"{requirement.id}: {finding.verdict} ({finding.message}), and {other} compiled"
        elif other in VIOLATIONS and told[requirement.id] != finding.message:
            yield f"{requirement.id}: {finding.message!r}, and {told[requirement.id]!r} compiled"
    yield from (f"{id}: not judged, and {verdict} compiled" for id, verdict in found.items())


def all_differences(exchanges: Iterable[tuple[Exchange, Model]]) -> list[str]:
    """Those of several exchanges, each with its model."""
    return [f"{exchange.request}: {each}" for exchange, model in exchanges for each in differences(exchange, model)]


def share(folder: Path, number: int, of: int) -> tuple[int, list[str]]:
    """How many recordings of a folder were judged, every so many-th one, and what differs; for a process of its own."""
    found = [
        (each.exchange, Model(each.model, family_of(each.model)))
        for each in islice(recordings(folder), number, None, of)
    ]
    return len(found), all_differences(found)
