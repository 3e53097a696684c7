"""The report as GitLab's code quality artifact: an issue for each violation."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.requirement import Impact, Level
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import gettext
from conformance.report.report import Entry, Report
from conformance.text import harmless_json

from .found import statement
from .sarif import artifact, fingerprint
from .words import clean, one_line


def render(report: Report) -> str:
    """What is known, or later than the revision, is left out: GitLab has no word for it."""
    issues = [
        _issue(report, entry, finding)
        for entry in report.worst_first
        for finding in entry.findings
        if not entry.later and finding.verdict in VIOLATIONS
    ]
    return harmless_json(json.dumps(issues, indent=1)) + "\n"


def _issue(report: Report, entry: Entry, finding: Finding) -> dict[str, Any]:
    said = f"{statement(entry)}{gettext('; ')}{finding.model}{gettext(': ')}{finding.message}"
    return {
        "description": one_line(said, 1_000),
        "check_name": clean(entry.id),
        "fingerprint": fingerprint(finding),
        "severity": _severity(entry, finding),
        "location": {"path": artifact(report, finding), "lines": {"begin": 1}},
    }


def _severity(entry: Entry, finding: Finding) -> str:
    """Of what fails the gate, critical is what harms others than the program that asks."""
    if finding.verdict is Verdict.FAIL:
        return "critical" if entry.impact in (Impact.BILLING, Impact.DATA, Impact.SECURITY) else "major"
    return "info" if entry.level is Level.MAY else "minor"
