"""What is between a requirement and its test: the finding as an outcome, and as JSON for the xdist controller."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.requirement import Requirement
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import Said, of_parts, parts_of
from conformance.text import printable

FINDING = "conformance-finding"  #: the property of a test's report that holds its finding


class Inconclusiveness(Exception):
    """A requirement could not be judged; shown as an error, as pytest shows a setup that failed."""


def become_outcome(requirement: Requirement, finding: Finding, counts: bool) -> None:
    """End the test as the finding demands: failed, an error, xfailed or skipped; return where the requirement holds.
    A violation of a requirement that does not count is an xfail."""
    message = printable(finding.message)
    said = f"{requirement.id}: the endpoint {requirement.level} {requirement.sentence}; {message}"
    if finding.verdict is Verdict.FAIL and counts:
        pytest.fail(said, pytrace=False)
    if finding.verdict is Verdict.INCONCLUSIVE:
        raise Inconclusiveness(said)
    if finding.verdict in (*VIOLATIONS, Verdict.KNOWN):
        pytest.xfail(said)
    if finding.verdict is Verdict.NOT_APPLICABLE:
        pytest.skip(message)


def requirement_of(item: pytest.Item) -> Requirement | None:
    """The requirement that a test of the suite is about."""
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters.get("requirement")


def pack(finding: Finding) -> list[Any]:
    """A finding as JSON."""
    message = parts_of(finding.message) if isinstance(finding.message, Said) else finding.message
    known = [finding.requirement, finding.model, int(finding.verdict), message]
    return [*known, finding.judged, list(finding.evidence), finding.refused, list(finding.of)]


def unpack(value: list[Any]) -> Finding:
    """The finding that `pack` made JSON of."""
    requirement, model, verdict, said, judged, evidence, refused, of = value
    message = said if isinstance(said, str) else of_parts(said)
    return Finding(requirement, model, Verdict(verdict), message, judged, tuple(evidence), refused, tuple(of))
