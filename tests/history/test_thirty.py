"""Thirty nights are played: who is told what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.commands.notify import VARIABLE, notified
from conformance.report.gate import conclude
from conformance.report.render.news import message, subject
from tests.support.receivers import HOST, Web, web

from .thirty import DONE, KEPT, NIGHTS, PAGE, SUM, Played, played, written


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nights")


@pytest.fixture(scope="module")
def hook() -> Iterator[Web]:
    """Who is told."""
    with web() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def nights(history: Path, hook: Web) -> list[Played]:
    """The nights, after each of which `notify` is called."""
    found = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, f"json://{HOST}:{hook.port}/")
        for each in played(history):
            found.append(each)
            notified(history / "history")
    return found


def test_each_night_tells_what_is_expected_of_it(nights: list[Played]) -> None:
    assert len(nights) == 30
    assert [(number, each.told) for number, each in enumerate(nights, 1)] == [
        (number, each.told) for number, each in enumerate(NIGHTS, 1)
    ]
    assert [each.tells for each in nights] == [bool(each.told) for each in NIGHTS]


def test_no_night_is_red_for_good_news(nights: list[Played]) -> None:
    codes = [(conclude(each.report).exit_code, each.night.exit_code) for each in nights if each.report]
    assert [code for code, _ in codes] == [expected for _, expected in codes]
    for each in nights:
        if each.report and conclude(each.report).exit_code == 1:
            exceeded = [one for one in each.report.baseline.standings if one.outdated] if each.report.baseline else []
            assert each.report.failing or exceeded


def test_no_fault_goes_untold_and_nobody_is_told_twice(nights: list[Played]) -> None:
    """A fault is told in the night in which it comes, unless it is known to come and go; between two messages of the
    same kind about a requirement there is one of another kind."""
    last: dict[str, str] = {}
    before: tuple[str, ...] = ()
    for each in nights:
        for kind, id in [one.split() for one in each.told if " " in one]:
            assert last.get(id) != kind
            last[id] = kind
        if not each.night.killed and not each.night.down:
            for fault in set(each.night.faults) - set(before):
                assert last[fault] in ("new", "flapping") or (last[fault] == "worse" and fault in " ".join(each.told))
            before = each.night.faults


def test_who_is_told_reads_what_happened(nights: list[Played]) -> None:
    reports = {number: each.report for number, each in enumerate(nights, 1) if each.report}
    assert subject(reports[3]) == "VIOLATES: since the run on 2026-11-02 02:00 UTC: 1 new"
    assert "newly violated: 1\n  ✗ usage.total_tokens.sum_of" in message(reports[3])
    assert subject(reports[8]).startswith("COULD NOT JUDGE: the last run that could be judged was on 2026-11-07")
    assert "Connection refused" in message(reports[8])
    assert "2 runs in between could not be judged" in subject(reports[10])
    assert "fixed: 1" in message(reports[11])
    assert "the endpoint need not be worse" in message(reports[26])
    assert "the suite changed from 2026.11.0 to 2026.12.0" in message(reports[26])
    assert "added models: reference-claude" in message(reports[23])


def test_notify_tells_just_that(nights: list[Played], hook: Web) -> None:
    expected = [(subject(each.report), message(each.report).strip()) for each in nights if each.tells and each.report]
    assert [(each["title"], each["message"]) for _, each in hook.accepted] == expected
    assert len(expected) == sum(bool(each.told) for each in NIGHTS)


def test_an_entry_that_is_stale_is_told_and_does_not_fail(nights: list[Played]) -> None:
    audit = nights[11].report and nights[11].report.baseline
    assert audit
    said = [(str(each.state), each.requirement, each.said[:25]) for each in audit.standings]
    assert said == [("stale", DONE, "is stale since 2026-11-07"), ("stale", SUM, "is stale since 2026-11-11")]


def test_what_is_kept(history: Path, nights: list[Played]) -> None:
    runs = sorted(each.name for each in (history / "history").iterdir() if each.is_dir())
    assert len(runs) == KEPT
    assert runs[-1].startswith("2026-11-30")


def test_the_table_of_the_page_is_what_was_played(nights: list[Played]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page, nights), "run: python -m tests.history.thirty"
