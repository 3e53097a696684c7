"""The JUnit XML: its counts add up, and it is never green where the gate is not."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from conformance.judgement.verdict import Verdict
from conformance.report.render import RENDERERS
from conformance.report.report import Entry, Report

COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(RENDERERS["junit"](report))


@pytest.mark.parametrize("which", ["report", "faulty", "unjudged", "conforming", "hostile"])
def test_counts_add_up(which: str, request: pytest.FixtureRequest) -> None:
    root = parsed(request.getfixturevalue(which))
    for element in [root, *root.iter("testsuite")]:
        assert {name: int(element.get(name, "")) for name in COUNTED} == {
            name: len(list(element.iter(tag))) for name, tag in COUNTED.items()
        }


def test_a_suite_for_each_model_and_a_case_for_each_requirement(report: Report) -> None:
    root = parsed(report)
    assert [suite.get("name") for suite in root] == [model.name for model in report.models]
    for suite in root:
        assert {case.get("name") for case in suite.iter("testcase")} == {entry.id for entry in report.entries}


def test_what_fails_the_gate_is_a_failure(report: Report) -> None:
    warned_only = parsed(report)
    failing = parsed(replace(report, entries=tuple(map(failed, report.entries))))
    warned = './/testcase[@name="transport.request_id"]'
    assert [case.find("failure") for case in warned_only.findall(warned)] == [None, None]
    (said,) = [str(out.text) for out in warned_only.findall(f"{warned}/system-out")]
    assert said.startswith("warning: the endpoint SHOULD")
    assert [failure.get("type") for failure in failing.findall(f"{warned}/failure")] == ["SHOULD"]


def failed(entry: Entry) -> Entry:
    """As a gate that lists its impact grades it."""
    worse = {Verdict.WARN: Verdict.FAIL}
    return replace(
        entry, findings=tuple(replace(each, verdict=worse.get(each.verdict, each.verdict)) for each in entry.findings)
    )


def test_the_impact_is_a_property(report: Report) -> None:
    found = {
        str(case.get("name")): [each.get("value") for each in case.iter("property") if each.get("name") == "impact"]
        for case in parsed(report).iter("testcase")
    }
    assert found["cache.write_total"] == ["billing"]
    assert found["transport.request_id"] == ["form"]


def test_what_could_not_be_judged_is_an_error(unjudged: Report) -> None:
    (error,) = parsed(unjudged).iter("error")
    assert error.text == "the endpoint refused the connection"


def test_too_little_judged_is_an_error_too(report: Report) -> None:
    undecided = replace(
        report,
        entries=tuple(
            replace(
                entry,
                findings=tuple(replace(each, verdict=Verdict.INCONCLUSIVE) for each in entry.findings),
            )
            for entry in report.entries
        ),
    )
    assert len(list(parsed(undecided).iter("error"))) == 1
