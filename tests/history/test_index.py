"""The folder of a history: what is read of it, what is kept, and what no run touches."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from conformance.commands.direct import judged
from conformance.contract.profile import Profile
from conformance.contract.vocabulary import validator
from conformance.history import index
from conformance.history.choosing import chosen
from conformance.history.index import FILE, kept
from conformance.history.keeping import without_the_oldest
from conformance.history.shown import render
from conformance.history.summary import dump_history, history_in
from conformance.judgement.verdict import Verdict
from conformance.report.report import Report
from conformance.report.report_json import read_report, write_report
from conformance.runs.dated import began, dated, in_history, runs_of
from conformance.runs.folder import new_identity, remove, write_run
from conformance.runs.run import RunError
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

from .test_news import ID, OF_LETTER, report

PROFILE = report(Verdict.PASS, 0)


def name(day: int) -> str:
    return f"2026-11-{day:02}T020000Z"


def night(history: Path, day: int, made: Report | None) -> Path:
    """The folder of a run, with its report unless it was killed."""
    folder = history / name(day)
    write_run(folder, Profile("https://host/v1", PROFILE.models), new_identity(), "")
    (folder / "archive").mkdir()
    if made:
        write_report(made, folder / "report.json")
    return folder


def of(letter: str, day: int) -> Report | None:
    """As in test_news: `!` could not be judged; and `?` is a run that was killed."""
    if letter == "?":
        return None
    made = report(OF_LETTER.get(letter, Verdict.PASS), day)
    return replace(made, unjudged="the endpoint was down") if letter == "!" else made


def history(folder: Path, letters: str) -> Path:
    for day, letter in enumerate(letters, 1):
        night(folder, day, of(letter, day))
    return folder


def codes(folder: Path) -> list[int]:
    return [each.exit_code for each in kept(folder).nights]


# --- the index ------------------------------------------------------------------------------------------------


def test_the_index_says_what_the_reports_say(tmp_path: Path) -> None:
    found = kept(history(tmp_path, ".x!?"))
    assert [(each.name, each.exit_code, each.verdicts[ID, "one"]) for each in found.nights] == [
        (name(1), 0, Verdict.PASS), (name(2), 1, Verdict.FAIL), (name(3), 3, Verdict.PASS),
    ]  # fmt: skip
    assert kept(tmp_path) == found
    assert found.nights[1].at == began(tmp_path / name(2))


def lost(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def overwritten(path: Path) -> None:
    path.write_text("no database")


def scribbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:12000] = os.urandom(12000 - 4096)
    path.write_bytes(data)


def of_another_version(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


def with_another_row(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE run SET night = '{\"nothing\": 1}'")
    database.close()


@pytest.mark.parametrize("harm", [lost, cut, overwritten, scribbled, of_another_version, with_another_row])
def test_an_index_that_is_lost_or_broken_is_made_again(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    before = kept(history(tmp_path, ".x."))
    harm(tmp_path / FILE)
    assert kept(tmp_path) == before
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM run").fetchone() == (3,)
    database.close()


def test_a_database_of_others_and_a_link_are_left_alone(tmp_path: Path) -> None:
    folder = history(tmp_path / "nights", ".x")
    with sqlite3.connect(folder / FILE) as database:
        database.execute("CREATE TABLE theirs (it TEXT)")
    database.close()
    before = (folder / FILE).read_bytes()
    assert codes(folder) == [0, 1]
    assert (folder / FILE).read_bytes() == before
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(tmp_path / "elsewhere")
    assert codes(folder) == [0, 1]
    assert not (tmp_path / "elsewhere").exists()


def test_what_changes_in_the_folders_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(history(tmp_path, ".x")) == [0, 1]
    read: list[Path] = []

    def reading(path: Path) -> Report:
        read.append(path)
        return read_report(path)

    monkeypatch.setattr(index, "read_report", reading)
    night(tmp_path, 3, of(".", 3))
    write_report(report(Verdict.PASS, 2), tmp_path / name(2) / "report.json")
    remove(tmp_path / name(1))
    assert codes(tmp_path) == [0, 0]
    assert sorted(each.parent.name for each in read) == [name(2), name(3)]  # and nothing else


def test_a_report_that_cannot_be_read_is_told_and_hides_no_other(tmp_path: Path) -> None:
    (history(tmp_path, ".x") / name(1) / "report.json").write_text('{"format": "report-1"')
    found = kept(tmp_path)
    assert [each.name for each in found.nights] == [name(2)]
    assert "is not JSON" in found.unreadable[name(1)]


def test_what_came_before_a_run(tmp_path: Path) -> None:
    history(tmp_path, ".x.")
    assert [each.name for each in kept(tmp_path, before=tmp_path / name(3)).nights] == [name(1), name(2)]
    assert [each.name for each in kept(tmp_path, most=1, before=tmp_path / name(3)).nights] == [name(2)]


# --- folders --------------------------------------------------------------------------------------------------


def test_each_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first = dated(tmp_path, 1.7e9)
    assert first.name == "2023-11-14T221320Z"
    first.mkdir()
    second = dated(tmp_path, 1.7e9)
    second.mkdir()
    later = dated(tmp_path, 1.7e9 + 1)
    later.mkdir()
    assert began(first) == began(second) == 1.7e9
    assert runs_of(tmp_path) == [first, second, later]


def test_what_is_no_run_of_a_history(tmp_path: Path) -> None:
    for each in ("2026-11-01", "2026-13-01T020000Z", "notes", "2026-11-01T020000Z.bak"):
        (tmp_path / each).mkdir()
    (tmp_path / name(1)).symlink_to(tmp_path / "notes")
    (tmp_path / name(2)).write_text("a file")
    assert runs_of(tmp_path) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"keep": 3}, "--keep needs --history"),
        ({"history": Path("nights"), "out": Path("out")}, "give --history or --out, not both"),
    ],
)
def test_wrong_usage_is_one_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(SessionError, match=said):
        in_history(Settings.of(given), 0.0)


def test_a_run_never_takes_the_folder_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that begin in the same second, and see the same folders."""
    taken = night(tmp_path, 1, of(".", 1))
    before = (taken / "report.json").read_bytes()
    monkeypatch.setattr("conformance.runs.dated.dated", lambda history, at: taken)
    monkeypatch.setattr("conformance.pytest_plugin.target.REFERENCE_URL", PROFILE.base_url)
    with pytest.raises(SessionError, match=r"another run began in .* at the same time: start this one again"):
        judged(Settings.of({"history": tmp_path, "select": ("usage.total_tokens",)}))
    assert (taken / "report.json").read_bytes() == before


# --- what is kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letters", "most", "left"),
    [
        ("......", 2, [5, 6]),
        (".xxxxx", 2, [1, 5, 6]),  # the last that conforms
        (".x!!!!", 2, [1, 2, 5, 6]),  # and the last that could be judged
        ("??.?..", 2, [5, 6]),
        ("..", 5, [1, 2]),
    ],
)
def test_the_oldest_runs_go_but_never_the_last_judged_or_conforming(
    tmp_path: Path, letters: str, most: int, left: Sequence[int]
) -> None:
    present = history(tmp_path, letters) / name(len(letters))
    assert without_the_oldest(tmp_path, most, present) == []
    assert [each.name for each in runs_of(tmp_path)] == [name(day) for day in left]


def test_nothing_goes_but_what_a_run_wrote(tmp_path: Path) -> None:
    history(tmp_path, "......")
    theirs = [
        tmp_path / name(1) / "notes.txt",
        tmp_path / "2026-10-01T020000Z" / "photo",
        tmp_path / "x" / "report.json",
    ]
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("theirs")
    (tmp_path / name(2) / "archive" / "link").symlink_to(theirs[2])
    with FileLock(tmp_path / name(3) / ".lock"):
        said = without_the_oldest(tmp_path, 1, tmp_path / name(6))
    assert all(path.read_text() == "theirs" for path in theirs)
    assert [each.name for each in runs_of(tmp_path)] == ["2026-10-01T020000Z", *map(name, (1, 2, 3, 6))]
    assert sorted(each.name for each in (tmp_path / name(1)).iterdir()) == ["notes.txt"]
    assert len(said) == 1
    assert "is a symbolic link" in said[0]  # and the folder is whole
    assert (tmp_path / name(2) / "report.json").exists()
    with pytest.raises(RunError):
        remove(tmp_path / name(2))


# --- which run is compared ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "against", "expected"),
    [
        ("", "last-judged", (2, 5)),
        ("", "last-conforming", (1, 5)),
        (name(2), "last-judged", (1, 2)),
        ("", "2026-11-02", (2, 5)),
    ],
)
def test_against(tmp_path: Path, later: str, against: str, expected: tuple[int, int]) -> None:
    history(tmp_path, ".x!?x")
    assert chosen(tmp_path / later, against) == tuple(tmp_path / name(day) for day in expected)


@pytest.mark.parametrize(
    ("letters", "against", "said"),
    [
        (".x", "yesterday", "neither last-judged, last-conforming nor a day"),
        ("!x", "last-judged", "no run before 2026-11-02T020000Z could be judged"),
        ("xx", "last-conforming", "no run before 2026-11-02T020000Z conforms: compare it with last-judged"),
        (".x", "2026-10-01", "could be judged on 2026-10-01: the judged days are 2026-11-01 to 2026-11-01"),
        ("", "last-judged", "is neither a run of a history nor a history with one"),
    ],
)
def test_against_nothing_is_one_sentence(tmp_path: Path, letters: str, against: str, said: str) -> None:
    with pytest.raises(SessionError, match=said):
        chosen(history(tmp_path, letters), against)


# --- what is shown --------------------------------------------------------------------------------------------


def test_a_history_as_json(tmp_path: Path) -> None:
    value = dump_history(history_in(history(tmp_path, ".x!.xx")))
    validator("history").validate(value)
    assert json.loads(render(history_in(tmp_path), "json")) == value
    found = value["findings"][0]
    told = {key: found[key] for key in ("state", "first_seen", "violated", "judged", "recent", "level")}
    assert told == {
        "state": "flapping", "first_seen": began(tmp_path / name(2)), "violated": 3, "judged": 5, "recent": ".x.xx",
        "level": "",
    }  # fmt: skip


def test_what_an_endpoint_says_stays_text_on_the_page(tmp_path: Path) -> None:
    hostile = report(Verdict.FAIL, 1, models=('<script>alert("x")</script>',))
    night(tmp_path, 1, hostile)
    page = render(history_in(tmp_path), "html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")  # needs no network
