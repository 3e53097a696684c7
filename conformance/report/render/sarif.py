"""The report as SARIF 2.1.0 (OASIS, with errata 01): a rule for each violated requirement, a result for each model."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from conformance.contract.requirement import Level
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import gettext, spoken
from conformance.report.report import Entry, Report
from conformance.text import harmless_json

from .found import clause, impact, statement
from .words import clean, headline, one_line, started, web_link

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FOLDER = "RUN"  #: the base of all locations
_SAID = 1_000  #: characters of a message
_VIOLATED = (*VIOLATIONS, Verdict.KNOWN)


def render(report: Report) -> str:
    """What does not count, since it is later than the revision, is left out."""
    violated = [entry for entry in report.worst_first if entry.models(*_VIOLATED) and not entry.later]
    run = {
        "tool": {"driver": _driver(report, violated)},
        "invocations": [_invocation(report)],
        "language": spoken(),
        "originalUriBaseIds": {_FOLDER: {"description": {"text": gettext("The folder of the run.")}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(report, entry, finding, place)
            for place, entry in enumerate(violated)
            for finding in entry.findings
            if finding.verdict in _VIOLATED
        ],
    }
    value = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return harmless_json(json.dumps(value, indent=1)) + "\n"


def level(entry: Entry, finding: Finding) -> str:
    """What fails the gate is an error, information of a MAY a note."""
    if finding.verdict is Verdict.FAIL:
        return "error"
    return "note" if entry.level is Level.MAY else "warning"


def artifact(report: Report, finding: Finding) -> str:
    """The file in the run's folder that shows a finding."""
    key = next((key for key in finding.evidence if key in report.evidence), "")
    return f"archive/{key}.json" if key.isalnum() and report.source != "recording" else "report.json"


def fingerprint(finding: Finding) -> str:
    """What a violation has in common with itself in the next run."""
    return hashlib.sha256(f"{finding.requirement}\n{finding.model}".encode("utf-8", "replace")).hexdigest()


def _driver(report: Report, violated: list[Entry]) -> dict[str, Any]:
    return {
        "name": "phanedge-conformance",
        "version": clean(report.version),
        "rules": [_rule(entry) for entry in violated],
    }


def _rule(entry: Entry) -> dict[str, Any]:
    link = web_link(entry.link)
    hint = {"help": {"text": clean(entry.hint)}} if entry.hint else {}
    return {
        "id": entry.id,
        "shortDescription": {"text": clean(statement(entry))},
        "fullDescription": {"text": clean(f"{statement(entry)} ({clause(entry)})")},
        **({"helpUri": link} if link else {}),
        **hint,
        "properties": {
            "tags": sorted({entry.area, str(entry.impact)}), "level": str(entry.level), "impact": clean(impact(entry)),
            "contract": list(entry.contract),
        },
    }  # fmt: skip


def _invocation(report: Report) -> dict[str, Any]:
    """Whether the run could judge, and if not, why."""
    concluded = headline(report)
    unjudged = {"level": "error", "message": {"text": one_line(concluded.rest, _SAID)}}
    return {
        "executionSuccessful": concluded.exit_code != 3,
        "exitCode": concluded.exit_code,
        "exitCodeDescription": concluded.meaning,
        "startTimeUtc": started(report).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [unjudged] if concluded.exit_code == 3 or report.unjudged else [],
    }


def _result(report: Report, entry: Entry, finding: Finding, place: int) -> dict[str, Any]:
    file = {"uri": artifact(report, finding), "uriBaseId": _FOLDER}
    known = {"suppressions": [{"kind": "external", "justification": gettext("accepted in the baseline")}]}
    return {
        "ruleId": entry.id,
        "ruleIndex": place,
        "level": level(entry, finding),
        "message": {"text": one_line(f"{finding.model}{gettext(': ')}{finding.message}", _SAID)},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": {"startLine": 1}}}],
        "partialFingerprints": {"requirementAndModel/v1": fingerprint(finding)},
        **(known if finding.verdict is Verdict.KNOWN else {}),
    }
