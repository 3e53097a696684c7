"""The report on several endpoints: what it comes to, and every form of it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from xml.etree import ElementTree

import pytest

from conformance.contract.requirement import Impact
from conformance.judgement.verdict import Verdict
from conformance.language import LANGUAGES, speaking
from conformance.report.gate import conclude
from conformance.report.render.detail import Detail
from conformance.report.render.together import FORMS, terminal
from conformance.report.report import Report
from conformance.report.together import Column, Together, concluded
from conformance.resources import mistake

from .test_hostile import TAGS, Page


def column(name: str, report: Report | None, **more: object) -> Column:
    return replace(Column(name, "https://host/v1", name, report), **more)  # type: ignore[arg-type]


def whole(*columns: Column) -> Together:
    return Together("1.0", 0.0, 1.0, columns)


def test_the_exit_code_is_the_worst(conforming: Report, faulty: Report, unjudged: Report) -> None:
    good, bad, lost = column("good", conforming), column("bad", faulty), column("lost", unjudged)
    assert [each.exit_code for each in (good, bad, lost)] == [0, 1, 3]
    for columns, code in (((good,), 0), ((good, lost), 3), ((lost, good), 3), ((lost, bad, good), 1)):
        assert whole(*columns).exit_code == code
    assert concluded(whole(good, lost, bad)) == "violates: bad; could not judge: lost; conforms: good"


@pytest.mark.parametrize(("ended", "code"), [(0, 0), (1, 1), (2, 3), (3, 3), (-9, 3)])
def test_a_process_that_ended_otherwise_than_its_report(conforming: Report, ended: int, code: int) -> None:
    found = column("good", conforming, ended=ended)
    assert found.exit_code == code
    assert whole(found).exit_code == code
    assert (f"the run ended with exit code {ended}" in found.conclusion) == bool(code)
    root = ElementTree.fromstring(FORMS["junit.xml"](whole(found)))
    assert (root.get("errors") == "1") == bool(code)


def test_why_a_process_ended_otherwise_is_told(conforming: Report) -> None:
    """The disk was full after the verdict was reached, say."""
    said = "its run ended with exit code 3: the report cannot be written (No space left on device)"
    found = column("good", conforming, ended=3, reason=said)
    assert found.conclusion.startswith(f"{said}; violates 0 of ")
    assert said in terminal(whole(found))


def test_a_violation_of_a_cut_run_is_not_the_whole(faulty: Report) -> None:
    cut = column("bad", replace(faulty, unjudged="the run was broken off"))
    assert concluded(whole(cut)) == "violates: bad; not judged in full: bad"


def test_what_does_not_count_is_no_finding(faulty: Report) -> None:
    later = replace(faulty, entries=tuple(replace(each, later=True) for each in faulty.entries))
    assert whole(column("bad", later)).rows == ()


def test_every_row_has_a_cell_for_each_endpoint(faulty: Report, conforming: Report, unjudged: Report) -> None:
    made = whole(
        column("bad", faulty), column("good", conforming), column("lost", unjudged), column("none", None, reason="x")
    )
    (id, *_) = [each.id for each in faulty.failing]
    (row,) = [each for each in made.rows if each.entry.id == id]
    assert row.cells[0] is Verdict.FAIL
    assert row.cells[2:] == (None, None)
    value = json.loads(FORMS["report.json"](made))
    assert not mistake(value, "endpoints")
    assert value["endpoints"][3] | {"spend": 0, "counts": 0} == {
        "name": "none", "base_url": "https://host/v1", "folder": "none", "report": None, "models": [], "exit_code": 3,
        "conclusion": "could not be judged: x", "spend": 0, "counts": 0,
    }  # fmt: skip
    assert value["exit_code"] == 1
    assert [each["exit_code"] for each in value["endpoints"]] == [1, 0, 3, 3]
    root = ElementTree.fromstring(FORMS["junit.xml"](made))
    assert {str(each.get("name")).partition(":")[0] for each in root} == {"bad", "good", "lost", "none"}


def test_what_costs_money_is_first_and_what_follows_is_last(faulty: Report) -> None:
    """A violation of a form is after one of billing, whatever their ids are; and what could not be judged because of
    another violation is told as what follows from it, as in the report of the endpoint."""
    first, *_ = faulty.entries
    form = replace(first, id="audio.form", impact=Impact.FORM)
    lost = replace(first.findings[0], verdict=Verdict.INCONCLUSIVE, follows=first.id)
    follows = replace(first, id="audio.follows", findings=(lost,))
    made = whole(column("bad", replace(faulty, entries=(form, follows, *faulty.entries))))
    shown = [row.entry.id for row in made.rows]
    assert shown.index(first.id) < shown.index("audio.form")
    (row,) = [row for row in made.rows if row.entry.id == "audio.follows"]
    assert row.cells == (Verdict.CONSEQUENCE,)
    assert made.columns[0].counts["inconclusive"] == 1
    said = [terminal(made), FORMS["report.md"](made)]
    assert all("audio.form" in text and "and 1 more in report.html" in text for text in said)
    assert not any("audio.follows" in text for text in said)
    assert "audio.follows" in terminal(made, Detail.VERBOSE)


def test_a_narrow_terminal_has_several_tables(monkeypatch: pytest.MonkeyPatch, faulty: Report) -> None:
    """Of which each has a part of the endpoints, with their names and verdicts whole."""
    names = [f"gateway-of-a-region-{number}" for number in range(12)]
    made = whole(*(column(name, faulty) for name in names))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    table = terminal(made).partition("\n\n✗")[0]
    assert all(re.search(rf"{name}( |$)", table, re.M) for name in names)
    assert sum(line.count("✗ fail") for line in table.splitlines()) == 2 * len(names)
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("detail", Detail)
def test_the_last_line_is_the_conclusion(faulty: Report, conforming: Report, detail: Detail, language: str) -> None:
    made = whole(column("bad", faulty), column("good", conforming))
    with speaking(language):
        said = terminal(made, detail, "out").splitlines()
    assert said[-1] == {"en": "VIOLATES: bad; conforms: good", "zh": "违反：bad；符合：good"}[language]
    assert (len(said) == 1) == (detail is Detail.QUIET)


def test_what_endpoints_say_gives_no_command_and_no_markup(hostile: Report) -> None:
    made = whole(
        column("bad", hostile), column("lost", None, reason="<script>alert(1)</script> ##vso[task] ::error::x")
    )
    for name, form in FORMS.items():
        text = form(made)
        assert "<script" not in text or name == "report.json", name
        assert not re.search(r"##vso\[|::error", text) or name == "report.html", name
    page = Page(FORMS["report.html"](made))
    assert {tag for tag, _ in page.elements} <= TAGS
    style = str(FORMS["report.html"](made)).partition("<style>")[2].partition("</style>")[0]
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    assert any(f"style-src 'sha256-{hashed}'" in policy for policy in page.all("content"))
    assert "::error" not in terminal(made)
    assert conclude(hostile).exit_code in (1, 3)
