"""Two reports compared: what got worse, what got better, and what is no longer known."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conformance.billing.costs import Costs, Sum
from conformance.cli import app
from conformance.contract.profile import Model
from conformance.contract.requirement import Level
from conformance.contract.vocabulary import validator
from conformance.judgement.asked_again import AskedAgain
from conformance.judgement.verdict import Finding, Verdict
from conformance.report.compare import compare
from conformance.report.comparison import Comparison
from conformance.report.comparison_json import dump_comparison
from conformance.report.drift import Drift
from conformance.report.render.difference import render
from conformance.report.report import Entry, Report, Spend
from conformance.report.report_json import write_report

PASS, FAIL, WARN, KNOWN = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN
INCONCLUSIVE, NOT_APPLICABLE = Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE
CONSEQUENCE = Verdict.CONSEQUENCE
MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
ONE, OTHER = Model("one", "gpt"), Model("other", "claude")
ID = "area.it"
CATALOGUE = {ID, "area.also"}


def entry(*verdicts: Verdict, id: str = ID, level: Level = MUST, later: bool = False) -> Entry:
    findings = tuple(
        Finding(id, model.name, each, f"it is {each}", follows="area.cause" if each is CONSEQUENCE else "")
        for model, each in zip((ONE, OTHER), verdicts, strict=False)
    )
    return Entry(id, level, "be so", "rfc9110", "https://host", "", "", (), findings, later)


ALSO = entry(PASS, PASS, id="area.also")


def report(*entries: Entry, **changes: Any) -> Report:
    models = (ONE, OTHER)[: max((len(each.findings) for each in entries), default=1)]
    return replace(Report("https://host/v1", "live", models, "1.0", 0.0, 1.0, Spend(), entries), **changes)


def compared(before: Verdict, after: Verdict, level: Level = MUST, later: bool = False) -> Comparison:
    """Where one requirement on one model came to these verdicts."""
    old, new = (report(entry(each, level=level, later=later), ALSO) for each in (before, after))
    return compare(old, new, CATALOGUE)


KINDS = ("violated", "lost", "violated_anew", "known", "fixed", "judged")


def kinds(comparison: Comparison) -> dict[str, list[str]]:
    """The lists in which something stands."""
    found = {name: [f"{each.requirement} {each.model}" for each in getattr(comparison, name)] for name in KINDS}
    return {name: each for name, each in found.items() if each}


def kind(comparison: Comparison) -> str:
    """The one list in which the requirement stands; empty where in none."""
    found = kinds(comparison)
    assert all(each == [f"{ID} one"] for each in found.values())
    assert len(found) <= 1
    return next(iter(found), "")


@pytest.mark.parametrize(
    ("before", "after", "expected", "exit_code"),
    [
        (PASS, FAIL, "violated", 1),
        (INCONCLUSIVE, FAIL, "violated", 1),
        (NOT_APPLICABLE, FAIL, "violated", 1),
        (PASS, INCONCLUSIVE, "lost", 1),
        (PASS, NOT_APPLICABLE, "lost", 0),
        (FAIL, INCONCLUSIVE, "lost", 0),
        (KNOWN, INCONCLUSIVE, "lost", 0),
        (PASS, KNOWN, "known", 0),
        (INCONCLUSIVE, KNOWN, "known", 0),
        (FAIL, PASS, "fixed", 0),
        (KNOWN, PASS, "fixed", 0),
        (INCONCLUSIVE, PASS, "judged", 0),
        (NOT_APPLICABLE, PASS, "judged", 0),
        (FAIL, FAIL, "", 0),
        (KNOWN, FAIL, "", 0),
        (FAIL, KNOWN, "", 0),
        (PASS, PASS, "", 0),
        (INCONCLUSIVE, NOT_APPLICABLE, "", 0),
    ],
)
def test_a_must(before: Verdict, after: Verdict, expected: str, exit_code: int) -> None:
    found = compared(before, after)
    assert kind(found) == expected
    assert found.exit_code() == found.exit_code(strict=True) == exit_code


@pytest.mark.parametrize(("level", "strictly"), [(SHOULD, 1), (MAY, 0)])
def test_what_the_gate_lets_pass_counts_strictly_only(level: Level, strictly: int) -> None:
    assert compared(PASS, WARN, level).exit_code() == 0
    assert compared(PASS, WARN, level).exit_code(strict=True) == strictly
    assert compared(PASS, INCONCLUSIVE, level).exit_code(strict=True) == 0


def test_a_should_that_fails_the_gate_is_worse() -> None:
    found = compared(PASS, FAIL, SHOULD)
    assert found.exit_code() == 1
    assert found.sentence() == "worse: 1 SHOULD newly violated; got worse: area.it (form)"


def test_what_is_later_than_the_revision_does_not_count() -> None:
    found = compared(PASS, FAIL, later=True)
    assert kind(found) == "violated"
    assert found.violated[0].uncounted
    assert found.exit_code(strict=True) == 0


def test_what_follows_from_a_violation_is_told_with_that() -> None:
    assert kind(compared(PASS, CONSEQUENCE)) == ""
    assert kind(compared(FAIL, CONSEQUENCE)) == ""
    assert kind(compared(CONSEQUENCE, FAIL)) == ""
    assert kind(compared(CONSEQUENCE, PASS)) == "fixed"


everything = st.sampled_from([verdict for verdict in Verdict if verdict is not CONSEQUENCE])


@given(everything, everything, st.sampled_from(list(Level)))
def test_worse_never_passes_and_better_never_fails(before: Verdict, after: Verdict, level: Level) -> None:
    found = compared(before, after, level)
    assert kind(found) or before is after or {before, after} <= {FAIL, WARN, KNOWN} or after is NOT_APPLICABLE or (
        {before, after} == {NOT_APPLICABLE, INCONCLUSIVE}
    )  # fmt: skip
    if before is PASS and after is FAIL and level is MUST:
        assert found.exit_code() == 1
    if after in (PASS, KNOWN) or before is after:
        assert found.exit_code(strict=True) == 0


def test_each_model_is_compared_with_itself() -> None:
    found = compare(report(entry(PASS, FAIL)), report(entry(FAIL, PASS)), CATALOGUE)
    assert kinds(found) == {"violated": [f"{ID} one"], "fixed": [f"{ID} other"]}


def test_a_requirement_that_was_added() -> None:
    found = compare(report(ALSO), report(entry(FAIL, PASS), ALSO), CATALOGUE)
    assert found.added == (ID,)
    assert kinds(found) == {"violated_anew": [f"{ID} one"]}
    assert found.exit_code(strict=True) == 0


def test_a_requirement_that_was_withdrawn_and_one_that_was_left_out() -> None:
    old = report(entry(PASS, FAIL), ALSO)
    withdrawn = compare(old, report(ALSO), {"area.also"})
    assert (withdrawn.withdrawn, kinds(withdrawn), withdrawn.exit_code()) == ((ID,), {}, 0)
    left_out = compare(old, report(ALSO), CATALOGUE)
    assert (left_out.withdrawn, left_out.exit_code()) == ((), 1)
    assert kinds(left_out) == {"lost": [f"{ID} one", f"{ID} other"]}
    assert [each.requirement for each in left_out.worse()] == [ID]


def test_another_level_is_said_and_is_no_violation_anew() -> None:
    found = compare(report(entry(WARN, level=SHOULD), ALSO), report(entry(FAIL), ALSO), CATALOGUE)
    assert found.relevelled == (f"{ID} from SHOULD to MUST",)
    assert (kinds(found), found.exit_code()) == ({}, 0)


def test_models_that_come_and_go() -> None:
    old, new = report(entry(PASS, PASS), ALSO), report(entry(FAIL, FAIL), ALSO)
    gone = compare(old, replace(new, models=(OTHER,)), CATALOGUE)
    assert (gone.models_gone, gone.models_added) == (("one",), ())
    assert kinds(gone)["violated"] == [f"{ID} other"]
    come = compare(report(entry(PASS)), report(entry(PASS, FAIL)), CATALOGUE)
    assert (come.models_added, kinds(come), come.exit_code()) == (("other",), {"violated_anew": [f"{ID} other"]}, 0)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (report(ALSO), report(ALSO, unjudged="it is down"), "the later run judged nothing: it is down"),
        (report(ALSO, unjudged="it is down"), report(ALSO), "the earlier run judged nothing: it is down"),
        (report(), report(ALSO), "the earlier run judged nothing"),
        (report(ALSO), report(ALSO, models=(Model("third"),)), "no model is in both: one, other, and third"),
    ],
)
def test_what_cannot_be_compared(old: Report, new: Report, reason: str) -> None:
    found = compare(old, new, CATALOGUE)
    assert found.exit_code() == 3
    assert found.sentence() == f"could not be compared: {reason}"
    assert reason in render(found, "markdown").replace("\\", "")


def test_the_worst_is_first() -> None:
    rows = {"b": MUST, "a": SHOULD, "c": MUST}
    old = report(*(entry(PASS, id=f"area.{name}", level=level) for name, level in rows.items()))
    new = report(*(entry(FAIL, id=f"area.{name}", level=level, later=name == "b") for name, level in rows.items()))
    assert [each.requirement for each in compare(old, new, ()).violated] == ["area.c", "area.a", "area.b"]


# --- forms ----------------------------------------------------------------------------------------------------


def priced(amount: str) -> Costs:
    return Costs("USD", Sum(amount, "0", ""), ())


@pytest.fixture
def eventful() -> Comparison:
    """One of everything."""
    names = ("worse", "lost", "fixed", "known", "judged", "gone")
    before = dict(zip(names, (PASS, PASS, FAIL, PASS, INCONCLUSIVE, PASS), strict=True))
    after = dict(zip(names, (FAIL, INCONCLUSIVE, PASS, KNOWN, PASS, PASS), strict=True))
    old = report(*(entry(each, each, id=f"area.{name}") for name, each in before.items()))
    new = report(*(entry(each, each, id=f"area.{name}") for name, each in after.items() if name != "gone"))
    new = replace(new, entries=(*new.entries, entry(FAIL, id="area.added")))
    drift = [Drift(model.name, "usage.cost appeared: a number", ("plain",)) for model in (ONE, OTHER)]
    return compare(
        replace(old, spend=Spend(400, 1000, 50), costs=priced("0.5")),
        replace(new, spend=Spend(410, 1000, 40), costs=priced("0.75")),
        (),
        drift,
    )


def test_as_json(eventful: Comparison) -> None:
    assert list(validator("diff").iter_errors(dump_comparison(eventful))) == []
    document = json.loads(render(eventful, "json"))
    assert document["exit_code"] == 1
    assert document["violated"][0]["after"] == "fail"
    assert document["withdrawn"] == ["area.gone"]
    assert json.loads(render(compare(report(), report(), ()), "json"))["exit_code"] == 3


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_as_text(eventful: Comparison, form: str) -> None:
    text = " ".join(render(eventful, form).replace("\\", "").split())
    said = [
        "area.worse", "pass → fail", "it is fail", "area.lost", "area.fixed", "area.known", "area.judged",
        "area.added", "area.gone", "usage.cost appeared: a number", "one, other", "400 → 410 requests",
        "1,000 input tokens", "50 → 40 output tokens", "input cost 0.5 USD → 0.75 USD (+0.25)",
        "worse: 2 MUST newly violated, 2 held and no longer judged, 2 known since, 2 fixed",
    ]  # fmt: skip
    assert [each for each in said if each not in text.replace("`", "")] == []
    shown = text.partition("ewly violated: ")[2]
    assert shown.index("area.worse") < shown.index("area.lost") < shown.index("area.fixed")


def test_many_that_say_the_same_are_one_row() -> None:
    ids = [f"area.r{number}" for number in range(40)]
    old, new = (report(*(entry(each, id=id) for id in ids)) for each in (PASS, INCONCLUSIVE))
    text = " ".join(render(compare(old, new, ids), "terminal").split())
    assert "no longer judged: 40" in text
    assert "area.r0, area.r1, area.r10, " in text
    assert " and 32 more" in text
    assert text.count("it is inconclusive") == 1


HOSTILE = "[red]x[/red] | `tick` <script> @octocat\x1b[31m\u202e\n# not a title"


def test_what_the_endpoint_says_stays_text() -> None:
    old, new = report(ALSO, entry(PASS)), report(ALSO, entry(FAIL))
    hostile = replace(new.entries[1].findings[0], message=HOSTILE)
    new = replace(new, entries=(ALSO, replace(new.entries[1], findings=(hostile,))))
    found = compare(old, new, (), [Drift("one", HOSTILE, (HOSTILE,))])
    for form in ("terminal", "markdown"):
        text = render(found, form)
        assert not re.search("[\x1b\u202e]|^# not", text, re.MULTILINE)
        outside = re.sub("`[^`]*`", "", text.replace("\\`", ""))  # what is code is neither markup nor mention
        assert form == "terminal" or ("<script>" not in outside and "@octocat" not in outside)


# --- the command ----------------------------------------------------------------------------------------------


def diff(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["diff", *map(str, arguments)])
    return result.exit_code, result.output


def test_the_command(tmp_path: Path) -> None:
    write_report(report(entry(PASS), ALSO), tmp_path / "old" / "report.json")
    write_report(report(entry(FAIL), ALSO), tmp_path / "new.json")
    code, said = diff(tmp_path / "old", tmp_path / "new.json")
    assert code == 1
    assert "worse: 1 MUST newly violated" in said
    assert diff(tmp_path / "new.json", tmp_path / "old")[0] == 0
    assert json.loads(diff(tmp_path / "old", tmp_path / "old", "--format", "json")[1])["exit_code"] == 0


@pytest.mark.parametrize("content", [None, "{", "{}", "[]"])
def test_what_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    write_report(report(ALSO), tmp_path / "report.json")
    if content:
        (tmp_path / "other.json").write_text(content)
    for arguments in ((tmp_path, tmp_path / "other.json"), (tmp_path / "other.json", tmp_path)):
        code, said = diff(*arguments)
        assert code == 2
        assert "other.json" in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (AskedAgain(392, 0), AskedAgain(392, 12, {"429": 9, "503": 3}), "0 of 392 → 12 of 392 (429 ×9, 503 ×3)"),
        (AskedAgain(100, 30, {"500": 40}), AskedAgain(100, 4, {"500": 4}), "30 of 100 (500 ×40) → 4 of 100 (500 ×4)"),
        (AskedAgain(392, 5, {"429": 5}), AskedAgain(392, 9, {"429": 9}), ""),  # one in a hundred
        (AskedAgain(20, 0), AskedAgain(20, 2, {"429": 2}), ""),  # two
        (None, AskedAgain(392, 12, {"429": 12}), ""),  # a report from before they were counted
        (AskedAgain(392, 12, {"429": 12}), None, ""),
    ],
)
def test_how_often_valid_requests_were_asked_again(
    before: AskedAgain | None, after: AskedAgain | None, said: str
) -> None:
    old, new = (report(entry(PASS), ALSO, asked_again=each) for each in (before, after))
    comparison = compare(old, new, CATALOGUE)
    line = f"valid requests that were asked again: {said}" if said else ""
    assert comparison.asked_again == line
    for form in ("terminal", "markdown"):
        assert ("asked again" in render(comparison, form)) == bool(said)
    validator("diff").validate(dump_comparison(comparison))
    assert comparison.exit_code() == 0
