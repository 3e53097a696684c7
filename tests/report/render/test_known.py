"""What is known, what of the baseline is out of date, and what does not count: said apart, in every form."""

from __future__ import annotations

import xml.etree.ElementTree
from dataclasses import replace

import pytest

from conformance.contract.vocabulary import validator
from conformance.judgement.verdict import Verdict
from conformance.policy.baseline import Audit, Standing, State
from conformance.report.gate import conclude
from conformance.report.render import RENDERERS
from conformance.report.report import Report
from conformance.report.report_json import dump_report, load_report

from .conftest import HOSTILE

FORMS = ("html", "json", "junit", "markdown", "terminal")  #: those that tell all of a report


def standing(state: State, requirement: str, said: str, line: int) -> Standing:
    return Standing(requirement, "gpt-*", "the upstream does so", "ann", "2026-12-01", line, state, said)


AUDIT = Audit(
    "baseline.toml",
    (
        standing(State.KNOWN, "errors.param_names_member", "is violated, as is known until 2026-12-01", 3),
        standing(State.OVERDUE, "streaming.ends_with_done", "is stale, since it holds: remove the entry", 9),
        standing(State.UNCHECKED, "audio.transcript", "could not be checked: not applicable", 15),
    ),
)


@pytest.fixture
def outdated(report: Report) -> Report:
    """Nothing is violated but what is known, and an entry of the baseline is stale for too long."""
    wanted = (Verdict.PASS, Verdict.KNOWN, Verdict.NOT_APPLICABLE)
    return replace(report, entries=tuple(each for each in report.entries if each.verdict in wanted), baseline=AUDIT)


@pytest.fixture
def held(report: Report) -> Report:
    """Held to a revision that has none of what is violated."""
    entries = tuple(replace(each, later=each.violated) for each in report.entries)
    return replace(report, entries=entries, revision="2026-11")


def test_it_survives_being_written_down(outdated: Report, held: Report) -> None:
    for report in (outdated, held):
        assert load_report(dump_report(report)) == report
        assert list(validator("report").iter_errors(dump_report(report))) == []


def test_an_overdue_entry_fails_the_gate(outdated: Report) -> None:
    concluded = conclude(outdated)
    assert concluded.exit_code == 1
    assert concluded.sentence.startswith("the baseline is out of date: baseline.toml, line 9: streaming.ends_with_done")
    assert conclude(replace(outdated, baseline=Audit("baseline.toml", AUDIT.standings[::2]))).exit_code == 0


@pytest.mark.parametrize("form", [each for each in FORMS if each != "junit"])
def test_a_stale_entry_is_shown_and_fails_nothing(outdated: Report, form: str) -> None:
    stale = replace(AUDIT.standings[1], state=State.STALE, said="is stale since 2026-11-20")
    report = replace(outdated, baseline=Audit("baseline.toml", (stale,)))
    assert conclude(report).exit_code == 0
    assert "is stale since 2026-11-20" in " ".join(RENDERERS[form](report).replace("\\", "").split())


@pytest.mark.parametrize("form", [each for each in FORMS if each != "junit"])
def test_the_baseline_is_shown(outdated: Report, form: str) -> None:
    text = " ".join(RENDERERS[form](outdated).replace("\\", "").split())
    for said in ("is stale, since it holds: remove the entry", "could not be checked: not applicable"):
        assert said in text
    assert "upstream" in text


def test_the_terminal_tells_known_from_passed(outdated: Report) -> None:
    text = RENDERERS["terminal"](outdated)
    assert "≈ errors.param_names_member on gpt-*  known until 2026-12-01, ann: the upstream does so" in text
    assert "BASELINE IS OUT OF DATE: baseline.toml, line 9" in text


def test_junit_has_a_failure_for_it(outdated: Report) -> None:
    root = xml.etree.ElementTree.fromstring(RENDERERS["junit"](outdated))
    assert root.get("failures") == "1"
    failure = root.find(".//failure")
    assert failure is not None
    assert "streaming.ends_with_done" in failure.get("message", "")


@pytest.mark.parametrize("form", FORMS)
def test_what_does_not_count_is_shown_and_no_violation(held: Report, form: str) -> None:
    text = RENDERERS[form](held)
    for entry in held.entries:
        if entry.later:
            assert entry.id in text
    assert "2026-11" in text
    assert conclude(held).exit_code == 0
    assert 'failures="0"' in text or form != "junit"


@pytest.mark.parametrize("form", FORMS)
def test_a_hostile_baseline_stays_text(outdated: Report, form: str) -> None:
    hostile = tuple(replace(each, reason=HOSTILE, owner=HOSTILE, said=HOSTILE) for each in AUDIT.standings)
    text = RENDERERS[form](replace(outdated, baseline=Audit(HOSTILE, hostile)))
    assert not {"\x1b", "\x9b", "\x00", *([] if form == "json" else ["\u202e"])} & set(text)
    assert "<script>alert" not in text or form in ("json", "terminal")
