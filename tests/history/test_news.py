"""What a run has to tell after others, as a pure function of their reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.profile import Model
from conformance.contract.requirement import Level
from conformance.contract.vocabulary import validator
from conformance.history.news import News, Origin, news_of, past_of
from conformance.history.night import Night, night_of
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.course import FLAPS, RECENT
from conformance.report.report import Entry, Report, Spend
from conformance.report.report_json import dump_report, load_report

PASS, FAIL, WARN, KNOWN = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN
OPEN, CONSEQUENCE, ABSENT = Verdict.INCONCLUSIVE, Verdict.CONSEQUENCE, None
DAY = 86_400.0
ID = "area.it"
OF_LETTER = {".": PASS, "x": FAIL, "w": WARN, "k": KNOWN, "-": OPEN, "c": CONSEQUENCE, " ": ABSENT}


def entry(id: str, verdict: Verdict, models: Sequence[str], later: bool = False) -> Entry:
    findings = tuple(
        Finding(id, each, verdict, "seen", follows="area.cause" if verdict is CONSEQUENCE else "") for each in models
    )
    return Entry(id, Level.MUST, "be so", "rfc9110", "https://host", "", "", (), findings, later)


def report(verdict: Verdict | None, day: float, models: Sequence[str] = ("one",), **changes: Any) -> Report:
    """A run on which all else holds."""
    others = [entry(f"area.other{number}", PASS, models) for number in range(4)]
    own = [entry(ID, verdict, models)] if verdict is not None else []
    known = tuple(Model(each, "gpt") for each in models)
    made = Report("https://host/v1", "live", known, "1.0", day * DAY, 1.0, Spend(), (*own, *others))
    return replace(made, **changes)


def played(reports: Sequence[Report]) -> list[News]:
    """What each of these runs has to tell after those before it."""
    nights: list[Night] = []
    found = []
    for number, each in enumerate(reports):
        news = news_of(past_of(nights), each)
        found.append(news)
        nights.append(night_of(replace(each, news=news), f"night{number}"))
    return found


def nights(letters: str) -> list[News]:
    """Of runs in which one requirement came to these verdicts; `!` is a run that could not be judged."""
    return played(
        [
            report(PASS, day, unjudged="the endpoint was down") if each == "!" else report(OF_LETTER[each], day)
            for day, each in enumerate(letters)
        ]
    )


def letter(news: News) -> str:
    """What is told, as a letter each."""
    lists = {"n": news.new, "w": news.worse, "f": news.fixed, "~": news.flapping, "l": news.lost}
    found = "".join(name for name, each in lists.items() if each)
    return found + "o" * news.began + "r" * news.recovered or "."


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (".x", ".n"),
        (".xx-cx", ".n...."),  # what is open between is neither fixed nor new again
        (".xx.", ".n.f"),
        (".xx-.", ".n..f"),  # fixed, although the last run could not judge it
        (".c.", "..."),  # told with its cause, and only then
        (".cx", "..n"),  # the cause is gone, and it is still violated
        (".xc.", ".n.f"),
        (" x", ".n"),
        (".kk.", "...f"),  # accepted: nobody is told
        (".kx", "..w"),  # accepted no longer
        (".wx", ".nw"),
        (".xw", ".n."),
        ("x", "n"),
        (".x.x.x.x", ".nf~...."),  # told once that it flaps
        (".x.x" + "." * FLAPS, ".nf~" + "." * (FLAPS - 1) + "f"),
        (".x.x" + "x" * (FLAPS - 1), ".nf~" + "." * (FLAPS - 2) + "w"),
        (".x" + "." * FLAPS + "x", ".nf" + "." * (FLAPS - 1) + "n"),
        (".-.-.", ".l..."),
    ],
)
def test_each_change_is_told_once(runs: str, told: str) -> None:
    assert "".join(map(letter, nights(runs))) == told


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (".!!.", [".", "o", ".", "r"]),
        (".!x", [".", "o", "nr"]),
        (".x!!x", [".", "n", "o", ".", "r"]),
        (".x!.", [".", "n", "o", "fr"]),
        ("!!x", ["o", ".", "nr"]),
    ],
)
def test_an_outage_is_told_at_its_begin_and_end_and_hides_nothing(runs: str, told: list[str]) -> None:
    assert list(map(letter, nights(runs))) == told


@given(st.text(alphabet="".join(OF_LETTER) + "!", min_size=1, max_size=30))
@settings(max_examples=50)
def test_no_violation_is_untold_and_none_is_told_twice(runs: str) -> None:
    """Whatever comes: what is violated has been told since it last held for long, and never the same thing twice."""
    last = ""
    for each, news in zip(runs, nights(runs), strict=True):
        told = letter(news).strip(".orl")
        assert len(told) <= 1
        assert not (told and told == last and told in "n~f")
        last = told or last
        if each in "xw":
            assert last in ("n", "w", "~")
        if news.exit_code == 1 and not last:
            raise AssertionError("a red run that nobody was told of")


def test_why_a_violation_was_not_known() -> None:
    def origin(*reports: Report) -> list[tuple[str, Origin]]:
        return [(each.change.model, each.origin) for each in played(reports)[-1].new]

    fail = report(FAIL, 1)
    assert origin(fail) == [("one", Origin.FIRST)]
    assert origin(report(PASS, 0), fail) == [("one", Origin.HELD)]
    assert origin(report(OPEN, 0), fail) == [("one", Origin.OPEN)]
    assert origin(report(ABSENT, 0), fail) == [("one", Origin.REQUIREMENT)]
    assert origin(report(PASS, 0), report(FAIL, 1, ("other",))) == [("other", Origin.MODEL)]


def test_models_and_requirements_that_come_and_go() -> None:
    news = played([report(ABSENT, 0, ("one", "old")), report(PASS, 1, ("one", "young"))])[-1]
    assert (news.models_added, news.models_gone, news.added) == (("young",), ("old",), (ID,))
    assert not news.tells


def test_what_does_not_count_is_not_told() -> None:
    later = replace(
        report(PASS, 1), entries=(entry(ID, FAIL, ("one",), later=True), entry("area.also", PASS, ("one",)))
    )
    assert not played([report(PASS, 0), later])[-1].tells


def test_the_age_of_a_finding() -> None:
    course = nights(".xx!x")[-1].by_pair[ID, "one"]
    assert (course.first_seen, course.last_seen, course.turned, course.recent) == (DAY, 4 * DAY, DAY, ".xxx")
    assert nights(".x!")[-1].by_pair[ID, "one"].first_seen == DAY  # an outage forgets nothing
    assert nights(".x" + "." * RECENT)[-1].courses == ()


def test_ages_outlive_the_runs_that_are_removed() -> None:
    reports = [report(OF_LETTER[each], day) for day, each in enumerate(".x.xx")]
    before: list[Night] = []
    for number, each in enumerate(reports):
        news = news_of(past_of(before), each)
        before.append(night_of(replace(each, news=news), f"night{number}"))
    kept = before[-1:]
    last = report(FAIL, 9)
    assert news_of(past_of(kept), last).courses == news_of(past_of(before), last).courses
    assert not news_of(past_of(kept), last).tells


def test_a_report_has_its_news_in_json() -> None:
    made = report(FAIL, 3)
    told = replace(made, news=news_of(past_of([night_of(report(PASS, day), "a") for day in range(3)]), made))
    value = dump_report(told)
    validator("report").validate(value)
    assert load_report(value) == told
    assert {name: len(value["news"][name]) for name in ("new", "worse", "fixed") if value["news"][name]} == {"new": 1}
    assert "news" not in dump_report(made)
