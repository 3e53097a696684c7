"""One cause, one finding: what follows from another violation is told as its consequence."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from conformance.contract.requirement import Requirement

from .verdict import VIOLATIONS, Finding, Verdict

_Violated = Mapping[tuple[str, str], Finding]  #: by requirement and model


def folded(
    findings: Iterable[Finding], catalogue: Mapping[str, Requirement], later: Container[str] = ()
) -> list[Finding]:
    """The findings, those with a cause as its consequence. A violation follows from one of a requirement that it
    presupposes (`Requirement.after`), or that it repeats (`Finding.of`), on the same model, and never from one that
    weighs less: what fails the gate does not follow from a warning. What cannot be judged follows from a violation that
    fails the gate, so that a run which could not judge enough never becomes green. `later` are the ids of requirements
    that do not count: nothing follows from them."""
    found = list(findings)
    known = (each for each in found if each.verdict in (*VIOLATIONS, Verdict.KNOWN))
    violated = {(each.requirement, each.model): each for each in known if each.requirement not in later}
    return [_with_cause(each, violated, catalogue) for each in found]


def _with_cause(finding: Finding, violated: _Violated, catalogue: Mapping[str, Requirement]) -> Finding:
    cause = _cause(finding, violated, catalogue)
    if not cause:
        return finding
    verdict = Verdict.CONSEQUENCE if finding.verdict in VIOLATIONS else finding.verdict
    return replace(finding, verdict=verdict, follows=cause)


def _cause(finding: Finding, violated: _Violated, catalogue: Mapping[str, Requirement]) -> str:
    """The violated requirement that the finding follows from, empty where there is none: the one that itself follows
    from no other."""
    if finding.of:
        return _repeated(finding, violated)
    weight = {Verdict.WARN: Verdict.WARN, Verdict.FAIL: Verdict.FAIL, Verdict.INCONCLUSIVE: Verdict.FAIL}
    if finding.verdict not in weight or finding.requirement not in catalogue:
        return ""
    for id in catalogue[finding.requirement].after:
        presupposed = violated.get((id, finding.model))
        if presupposed and presupposed.verdict in VIOLATIONS and presupposed.verdict >= weight[finding.verdict]:
            return _cause(presupposed, violated, catalogue) or id
    return ""


def _repeated(finding: Finding, violated: _Violated) -> str:
    """The first of the requirements whose violation the finding is, where all of them are found violated by themselves
    or accepted: what no other finding tells is told."""
    repeated = [violated.get((id, finding.model)) for id in finding.of]
    if finding.verdict not in VIOLATIONS or not all(repeated):
        return ""
    return finding.of[0]
