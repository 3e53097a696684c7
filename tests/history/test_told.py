"""What the reports of a run in a history say of earlier runs, in every format and in one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from conformance.history.news import news_of, past_of
from conformance.history.night import Night, night_of
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import speaking
from conformance.policy.baseline_file import read_baseline
from conformance.report.baseline_update import list_known
from conformance.report.render import RENDERERS
from conformance.report.render import log as log_format
from conformance.report.render.news import message, subject, summary
from conformance.report.report import Report

from .test_news import DAY, FAIL, ID, PASS, entry, report

TEXTS = {**{name: RENDERERS[name] for name in ("terminal", "html", "markdown")}, "log": log_format.render}
BEGIN = 20_000 * DAY  #: 2024-10-04


def told(*reports: Report) -> Report:
    """The last report, a day after the one before, with its news."""
    dated = [replace(each, started=BEGIN + number * DAY) for number, each in enumerate(reports)]
    nights: list[Night] = []
    for each in dated:
        each = replace(each, news=news_of(past_of(nights), each))
        nights.append(night_of(each, f"night{len(nights)}"))
    return each


def fails(number: int = 0) -> Report:
    return report(FAIL, number)


HOLDS = report(PASS, 0)
DOWN = replace(HOLDS, unjudged="the endpoint was down")


@pytest.mark.parametrize("form", TEXTS)
def test_a_report_says_what_is_new_how_old_the_rest_is_and_what_was_fixed(form: str) -> None:
    def text(*reports: Report) -> str:
        return " ".join(TEXTS[form](told(*reports)).replace("\\", "").split())

    new = text(HOLDS, fails())
    assert "since the run on 2024-10-04 00:00 UTC: 1 new" in new
    assert "1 fixed" not in new
    old = text(HOLDS, fails(), DOWN, fails())
    assert "since the run on 2024-10-05 00:00 UTC: 1 violated as before" in old
    assert "1 run in between could not be judged" in old
    assert "since 2024-10-05" in old  # the age of the finding
    fixed = text(fails(), HOLDS)
    assert "1 fixed" in fixed
    assert fixed.count(ID) >= (1 if form != "html" else 2)
    flapping = text(fails(), HOLDS, fails())
    assert "flaps: violated in 2 of the last 3 runs, first on 2024-10-04" in flapping
    assert "no earlier run of this history could be judged" in text(DOWN, HOLDS)
    assert "the last run that could be judged was on 2024-10-04" in text(HOLDS, DOWN)
    assert "earlier run" not in text(HOLDS)[:0] + TEXTS[form](HOLDS)  # a run of no history says nothing of it


def test_what_was_violated_and_is_not_judged_is_said() -> None:
    narrower = replace(HOLDS, entries=tuple(each for each in HOLDS.entries if each.id != ID))
    assert "1 violated before, not judged now" in summary(told(fails(), narrower))


def test_a_suite_or_a_model_that_is_new_is_no_fault_of_the_endpoint() -> None:
    younger = replace(fails(), version="2.0")
    text = message(told(replace(HOLDS, entries=HOLDS.entries[1:]), younger))
    assert "1 violated of those that no earlier run had; the suite changed from 1.0 to 2.0" in text
    assert "violated, of requirements that no earlier run had: the endpoint need not be worse: 1" in text
    text = message(told(HOLDS, report(FAIL, 1, ("one", "two"))))
    assert "1 new, 1 violated on added models" in text
    assert "added models: two" in text


def test_the_message_of_an_outage_gives_the_reason() -> None:
    found = told(HOLDS, DOWN)
    assert subject(found) == "COULD NOT JUDGE: the last run that could be judged was on 2024-10-04 00:00 UTC"
    assert message(found).splitlines()[-1] == "could not be judged: the endpoint was down"


def test_the_message_is_in_the_language_that_is_spoken() -> None:
    with speaking("zh"):
        text = message(told(HOLDS, fails()))
    assert "new" not in text
    assert ID in text


def test_a_baseline_lists_nothing_that_rests_on_time(tmp_path: Path) -> None:
    late = replace(
        entry("framing.ends_after_done", PASS, ()), findings=(Finding("framing.ends_after_done", "one", FAIL),)
    )
    wrong = entry("usage.total_tokens", Verdict.FAIL, ("one",))
    said = list_known(replace(HOLDS, entries=(late, wrong)), tmp_path / "b.toml", "ann", date(2026, 12, 31))
    assert [each.requirement for each in read_baseline(tmp_path / "b.toml").known] == ["usage.total_tokens"]
    assert "framing.ends_after_done; to accept one that comes and goes, list it with a rate" in said
    said = list_known(replace(HOLDS, entries=(late,)), tmp_path / "c.toml", "ann", date(2026, 12, 31))
    assert said.startswith("nothing is violated that a baseline is for: no baseline is needed\nleft out")
