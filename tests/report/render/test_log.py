"""The log of a pipeline: every finding is named, what matters most first, and nothing is cut off."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Level
from conformance.judgement.verdict import Finding, Verdict
from conformance.report.render.detail import Detail
from conformance.report.render.log import about, render
from conformance.report.report import Entry, Report, Spend

MODELS = (Model("gpt-4o", "gpt"), Model("claude-x", "claude"))
LONG = "observed " + "x" * 1500 + " at its end"


def entry(number: int, verdict: Verdict, impact: Impact = Impact.CLIENTS, message: str = LONG) -> Entry:
    id = f"area{number % 7}.requirement_{number}"
    findings = tuple(Finding(id, model.name, verdict, message, judged=1) for model in MODELS)
    said = f"do number {number}"
    return Entry(
        id, Level.MUST, said, "rfc9110#1", "https://x", "usage", "Do it.", ("usage-01",), findings, impact=impact
    )


def report(*entries: Entry) -> Report:
    return Report(
        base_url="https://host/v1", source="live", models=MODELS, version="1", started=0.0, seconds=3.0,
        spend=Spend(7, 8, 9), entries=entries, gate=("must",), folder="reports/host-v1",
    )  # fmt: skip


PASSES = tuple(entry(number, Verdict.PASS) for number in range(100, 110))


def test_each_of_68_violations_is_a_line_with_its_sentence_below() -> None:
    impacts = [Impact.BILLING if number % 5 == 0 else Impact.CLIENTS for number in range(68)]
    failing = [entry(number, Verdict.FAIL, impact) for number, impact in enumerate(impacts)]
    lines = render(report(*failing, *PASSES)).splitlines()
    named = [line.split()[1] for line in lines if line.startswith("✗ ")]
    assert sorted(named) == sorted(each.id for each in failing)
    assert [line.split()[3] for line in lines if line.startswith("✗ ")] == sorted(impacts, key=list(Impact).index)
    below = [after for line, after in pairwise(lines) if line.startswith("✗ ")]
    assert {each.strip() for each in below} == {f"the endpoint MUST {each.sentence}" for each in failing}
    assert all(LONG in line for line in lines if line.startswith("✗ "))
    assert len(lines) == 2 * 68 + 2
    assert lines[-1].startswith("VIOLATES: 68 of ")


def test_where_it_conforms_two_lines_follow_the_first() -> None:
    conforming = report(*PASSES)
    assert about(conforming) == "https://host/v1  live  gpt-4o, claude-x"
    first, second = render(conforming).splitlines()
    assert first == "Report: reports/host-v1/report.html; 7 requests, 8 input and 9 output tokens, 3.0 seconds"
    assert second.startswith("CONFORMS: violates 0 of 10 MUST")


def test_quiet_is_the_conclusion_and_verbose_everything() -> None:
    mixed = report(entry(1, Verdict.FAIL), entry(2, Verdict.INCONCLUSIVE, message="it is away"), *PASSES)
    (quiet,) = render(mixed, Detail.QUIET).splitlines()
    assert quiet.startswith("VIOLATES: ")
    verbose = render(mixed, Detail.VERBOSE)
    for said in (
        "    remedy: Do it.",
        "    clause: rfc9110#1, contract usage-01",
        "    reproduce: phanedge-conformance replay ",
    ):
        assert said in verbose
        assert said not in render(mixed)
    assert "? inconclusive: it is away: area2.requirement_2\n" in verbose
    assert "? inconclusive: area2.requirement_2\n" in render(mixed)
    away = report(*(entry(number, Verdict.INCONCLUSIVE, message="it is away") for number in range(20)), *PASSES)
    assert "? inconclusive: it is away: area0.requirement_0, " in render(away)
    assert "? inconclusive" not in render(report(entry(2, Verdict.INCONCLUSIVE), *PASSES))
    assert "? inconclusive" in render(report(entry(2, Verdict.INCONCLUSIVE), *PASSES), Detail.VERBOSE)


def test_what_differs_between_models_has_a_line_for_each() -> None:
    failing = entry(1, Verdict.FAIL)
    one, other = failing.findings
    apart = replace(failing, findings=(replace(one, message="7 came"), replace(other, message="8 came")))
    lines = [line for line in render(report(apart, *PASSES)).splitlines() if line.startswith("✗ ")]
    assert [line.rpartition("  ")[2] for line in lines] == ["7 came", "8 came"]
    assert ["gpt-4o" in lines[0], "claude-x" in lines[1]] == [True, True]


def test_what_follows_from_a_violation_is_named_as_well() -> None:
    following = [entry(number, Verdict.CONSEQUENCE) for number in range(2, 30)]
    followed = [
        replace(each, findings=tuple(replace(one, follows="area1.requirement_1") for one in each.findings))
        for each in following
    ]
    text = render(report(entry(1, Verdict.FAIL), *followed, *PASSES))
    (causes,) = [line for line in text.splitlines() if line.startswith("    causes: ")]
    assert len(causes.split(", ")) == 28


@pytest.mark.parametrize("said", ["::error::x", "##vso[task.x]", "a\nb", "\x1b[31mred", "a\u202eb"])
def test_nothing_that_an_endpoint_said_is_a_command_or_a_line(said: str) -> None:
    text = render(report(entry(1, Verdict.FAIL, message=f"it said {said}"), *PASSES))
    assert len(text.splitlines()) == 4
    assert not any(each in text for each in ("::error", "##vso[", "\x1b", "\u202e"))
