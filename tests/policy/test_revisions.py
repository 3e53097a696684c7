"""Revisions: what was frozen is what is counted, at the level and with the impact that it had."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Level, Requirement
from conformance.contract.vocabulary import validator
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy import policy, revisions
from conformance.policy.policy import Terms
from conformance.policy.revisions import (
    Changes,
    Frozen,
    Revision,
    RevisionError,
    changes,
    dump,
    frozen,
    names,
    revision,
)
from conformance.policy.revisions import load as load_revision
from conformance.report.build import entries
from conformance.report.gate import conclude, tally
from conformance.report.report import Report, Spend
from conformance.suite.catalogue import load

ROOT = Path(__file__).parents[2]
MUST, SHOULD = Level.MUST, Level.SHOULD
SUM, TOTAL, ID = (load()[id] for id in ("usage.total_tokens.sum_of", "usage.total_tokens", "completion.id"))
CATALOGUE = {each.id: each for each in (SUM, TOTAL, ID)}
WARNS = load()["caching.markers_reach"]


def held_to(**levels: Level) -> Terms:
    """To a revision that has these requirements."""
    known = {"sum": SUM.id, "total": TOTAL.id, "id": ID.id}
    frozen_then = {known[name]: Frozen(level, load()[known[name]].impact) for name, level in levels.items()}
    return Terms(date(2026, 11, 22), Revision("2026-10", frozen_then))


# --- what is frozen -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_a_frozen_revision_is_well_formed(name: str) -> None:
    text = (ROOT / "fixtures" / "revisions" / f"{name}.json").read_text(encoding="utf-8")
    assert list(validator("revision").iter_errors(json.loads(text))) == []
    assert revision(name).name == name


def test_there_is_a_revision() -> None:
    assert names()
    assert names() == sorted(names())


def test_freezing_and_reading() -> None:
    only_warns = replace(WARNS, warns='a "reason" of é')
    known = CATALOGUE | {WARNS.id: only_warns}
    text = dump("2026-11", known)
    read = load_revision(text)
    assert list(validator("revision").iter_errors(json.loads(text))) == []
    assert text.count("\n") == len(known) + 6, "a line for each requirement"
    assert read == Revision("2026-11", {id: Frozen(each.level, each.impact, each.warns) for id, each in known.items()})
    assert [read.held(each) for each in known.values()] == list(known.values())
    assert changes(read, known) == Changes((), (), (), ())


def test_changes() -> None:
    was = {SUM.id: frozen(replace(SUM, level=SHOULD)), TOTAL.id: frozen(TOTAL), "usage.gone": frozen(SUM)}
    found = changes(Revision("2026-10", was), CATALOGUE)
    assert found == Changes(added=(ID.id,), withdrawn=("usage.gone",), relevelled=(SUM.id,), regraded=())
    assert found.ids == (ID.id, "usage.gone", SUM.id)


@pytest.mark.parametrize("now", [replace(SUM, impact=Impact.FORM), replace(SUM, warns="a reason")])
def test_another_impact_or_reason_to_warn_is_a_change(now: Requirement) -> None:
    then = Revision("2026-10", {SUM.id: frozen(SUM)})
    assert changes(then, {SUM.id: now}) == Changes((), (), (), regraded=(SUM.id,))


def test_an_unknown_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "names", lambda: ["2026-11", "2027-02"])
    with pytest.raises(RevisionError, match="there is no revision '2026-1': did you mean 2026-11"):
        revision("2026-1")
    with pytest.raises(RevisionError, match="there is no revision 'latest': there are 2026-11, 2027-02"):
        revision("latest")


# --- what counts ----------------------------------------------------------------------------------------------


def judged(terms: Terms, **verdicts: Verdict) -> Report:
    known = {"sum": SUM, "total": TOTAL, "id": ID}
    findings = [Finding(known[name].id, "m", verdict) for name, verdict in verdicts.items()]
    found = entries(terms.catalogue(), findings, terms.later())
    name = terms.revision.name if terms.revision else ""
    return Report("u", "live", (Model("m"),), "1", 0.0, 1.0, Spend(), found, revision=name)


def test_without_a_revision_all_counts() -> None:
    terms = Terms(date(2026, 11, 22))
    assert terms.later() == frozenset()
    assert terms.held(SUM) is SUM
    assert conclude(judged(terms, sum=Verdict.PASS, id=Verdict.FAIL)).exit_code == 1


def test_what_was_added_later_is_shown_and_does_not_count() -> None:
    report = judged(held_to(sum=MUST, total=MUST), sum=Verdict.PASS, total=Verdict.PASS, id=Verdict.FAIL)
    assert next((each.id, each.later) for each in report.worst_first) == (ID.id, True)
    assert conclude(report).exit_code == 0
    assert tally(report) == "violates 0 of 2 MUST; 1 later than 2026-10 and not counted"


@pytest.mark.parametrize(("later", "exit_code"), [(Verdict.INCONCLUSIVE, 0), (Verdict.PASS, 3)])
def test_what_was_added_later_is_not_in_the_half_that_must_be_judged(later: Verdict, exit_code: int) -> None:
    counted = Verdict.PASS if later is Verdict.INCONCLUSIVE else Verdict.INCONCLUSIVE
    report = judged(held_to(sum=MUST), sum=counted, total=later, id=later)
    assert conclude(report).exit_code == exit_code


every_verdict = st.sampled_from(list(Verdict))


@given(every_verdict, every_verdict, every_verdict)
def test_what_was_added_later_changes_no_conclusion(one: Verdict, two: Verdict, added: Verdict) -> None:
    terms = held_to(sum=MUST, total=MUST)
    before, after = judged(terms, sum=one, total=two), judged(terms, sum=one, total=two, id=added)
    assert conclude(before).exit_code == conclude(after).exit_code


def test_a_requirement_is_held_to_the_level_it_had() -> None:
    terms = held_to(sum=SHOULD)
    held: Requirement = terms.held(SUM)
    assert (SUM.level, held.level, held.id) == (MUST, SHOULD, SUM.id)
    assert terms.held(ID) == ID
    report = judged(held_to(sum=SHOULD, total=MUST), sum=Verdict.WARN, total=Verdict.PASS)
    assert conclude(report).exit_code == 0
    assert tally(report) == "violates 0 of 1 MUST, 1 of 1 SHOULD; it does not fail the gate"


@pytest.mark.parametrize(
    ("then", "now", "fails"),
    [
        (Frozen(SHOULD, Impact.FORM), Frozen(SHOULD, Impact.BILLING), False),
        (Frozen(SHOULD, Impact.BILLING), Frozen(SHOULD, Impact.FORM), True),
        (Frozen(SHOULD, Impact.BILLING, "an upstream does so"), Frozen(SHOULD, Impact.BILLING), False),
        (Frozen(SHOULD, Impact.BILLING), Frozen(SHOULD, Impact.BILLING, "an upstream does so"), True),
        (Frozen(MUST, Impact.FORM), Frozen(Level.MAY, Impact.FORM), True),
    ],
    ids=["form", "billing", "warned", "did not warn", "level"],
)
def test_a_violation_fails_the_gate_if_it_did_then(
    then: Frozen, now: Frozen, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = replace(SUM, level=now.level, impact=now.impact, warns=now.warns)
    monkeypatch.setattr(policy, "load", lambda: {SUM.id: today})
    terms = Terms(date(2026, 11, 22), Revision("2026-10", {SUM.id: then}))
    finding = terms.judged(today, Finding(SUM.id, "m", Verdict.FAIL, "said"))
    assert finding.verdict is (Verdict.FAIL if fails else Verdict.WARN)
    (entry,) = entries(terms.catalogue(), [finding], terms.later())
    assert (entry.level, entry.impact, entry.warns) == (then.level, then.impact, then.warns)


# --- freezing -------------------------------------------------------------------------------------------------


def test_a_revision_is_frozen_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("freeze", ROOT / "docs" / "freeze.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(revisions, "folder", lambda name: tmp_path)
    assert "is no revision" in module.freeze("latest", False)
    assert module.freeze("2027-01", False) == ""
    assert "frozen already" in module.freeze("2027-01", False)
    assert module.freeze("2027-01", True) == ""
    assert revision("2027-01") == Revision("2027-01", {id: frozen(each) for id, each in load().items()})
