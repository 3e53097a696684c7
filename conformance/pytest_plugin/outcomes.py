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


def requirements_of(function: object) -> tuple[Requirement, ...]:
    """The requirements of a test function of the suite; none of any other, whatever attributes it has."""
    found = getattr(function, "requirements", ())
    known = isinstance(found, tuple) and all(isinstance(each, Requirement) for each in found)
    return found if known else ()


def judged_by(item: pytest.Item) -> tuple[Requirement, str] | None:
    """The requirement and the name of the model that a test of the suite is about; None of any other test."""
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    if not requirements_of(getattr(item, "function", None)) or "requirement" not in parameters:
        return None
    return parameters["requirement"], parameters["model"]


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
