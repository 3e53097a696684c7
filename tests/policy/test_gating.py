"""The gate: which violations are failures, and which warnings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from conformance.contract.requirement import Area, Impact, Level, Requirement
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.policy.baseline import Baseline, Known
from conformance.policy.gating import DEFAULT, WORDS, Gate, GateError, gate
from conformance.policy.policy import Terms
from conformance.policy.revisions import Frozen, Revision
from conformance.runs.resume import completed
from conformance.settings.options import OPTIONS
from conformance.settings.settings import Settings
from conformance.suite.catalogue import load
from tests.support.commands import cli

MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
SUM = load()["usage.total_tokens.sum_of"]
TODAY = date(2026, 11, 22)


def of(level: Level, impact: str, warns: str = "") -> Requirement:
    return replace(SUM, level=level, impact=Impact(impact), warns=warns)


@pytest.mark.parametrize(
    ("listed", "strict", "failing", "passing"),
    [
        (
            None,
            False,
            [of(MUST, "form"), *(of(SHOULD, each) for each in ("billing", "clients", "data", "security"))],
            [of(SHOULD, "form"), of(SHOULD, "billing", "a reason"), of(MAY, "billing")],
        ),
        ("must", False, [of(MUST, "form"), of(MUST, "billing")], [of(SHOULD, "billing"), of(MAY, "billing")]),
        (None, True, [of(MUST, "form"), of(SHOULD, "form"), of(SHOULD, "data", "a reason")], [of(MAY, "security")]),
        ("billing", False, [of(MUST, "billing"), of(SHOULD, "billing")], [of(MUST, "form"), of(MAY, "billing")]),
        ("form, data", False, [of(SHOULD, "form"), of(MUST, "data")], [of(MUST, "clients"), of(SHOULD, "billing")]),
        ("billing", True, [of(MUST, "form"), of(SHOULD, "form")], [of(MAY, "billing")]),
    ],
)
def test_what_fails(listed: str | None, strict: bool, failing: list[Requirement], passing: list[Requirement]) -> None:
    held = gate(listed, strict)
    assert [each for each in failing if not held.fails(each)] == []
    assert [each for each in passing if held.fails(each)] == []


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("biling", "there is no level or impact 'biling': did you mean billing"),
        (
            "must,,data",
            "there is no level or impact '': there are must, should, billing, clients, data, security, form",
        ),
        ("may", "there is no level or impact 'may'"),
    ],
)
def test_a_word_that_is_none(listed: str, said: str) -> None:
    with pytest.raises(GateError) as caught:
        gate(listed)
    assert str(caught.value).startswith(said)


def test_the_default_is_what_the_help_says() -> None:
    assert OPTIONS["gate"].help.endswith(f"Default: {','.join(DEFAULT.words)}.")
    assert {"must", *(each for each in Impact if each is not Impact.FORM)} == set(DEFAULT.words) <= set(WORDS)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_violations_are_graded(verdict: Verdict) -> None:
    finding = Finding(SUM.id, "m", verdict, "said")
    for held, graded in ((DEFAULT, Verdict.FAIL), (Gate(()), Verdict.WARN)):
        assert held.graded(SUM, finding) == replace(finding, verdict=graded if verdict in VIOLATIONS else verdict)


def test_a_requirement_is_graded_at_the_level_to_which_the_endpoint_is_held() -> None:
    finding = Finding(SUM.id, "m", Verdict.FAIL, "said")
    for level, verdict in ((MUST, Verdict.FAIL), (SHOULD, Verdict.WARN)):
        terms = Terms(TODAY, Revision("2026-10", {SUM.id: Frozen(level, SUM.impact)}), gate=gate("must"))
        assert terms.judged(SUM, finding).verdict is verdict


def test_what_is_known_is_neither() -> None:
    known = Known(SUM.id, "m", "a reason", "somebody", date(2026, 12, 31))
    terms = Terms(TODAY, baseline=Baseline("known.toml", (known,)), gate=gate("must"))
    assert terms.judged(of(SHOULD, "billing"), Finding(SUM.id, "m", Verdict.FAIL)).verdict is Verdict.KNOWN


@pytest.mark.parametrize(("level", "impact"), [(MUST, Impact.DATA), (MAY, Impact.DATA), (SHOULD, Impact.FORM)])
def test_what_needs_no_reason_to_warn_has_none(level: Level, impact: Impact) -> None:
    area = Area("declared", impact)
    decorator = {MUST: area.must, SHOULD: area.should, MAY: area.may}[level]
    with pytest.raises(TypeError, match=r"declared.*: warns is for a SHOULD whose impact is not form"):
        decorator("be so", on=(), source="rfc9110", broken_by=lambda each: each, warns="a reason")(lambda: None)


def test_every_reason_to_warn_is_needed() -> None:
    given = [each for each in load().values() if each.warns]
    assert given
    assert [each.id for each in given if not DEFAULT.fails(replace(each, warns=""))] == []


# --- with a run ----------------------------------------------------------------------------------------------


FAULT = ("--select", "usage.native_counts_agree,usage.total_tokens", "--fault", "usage.native_counts_agree")


@pytest.mark.parametrize(
    ("options", "exit_code", "said"),
    [
        ((), 1, "it fails the gate: usage.native_counts_agree (billing)"),
        (("--gate", "must"), 0, "it does not fail the gate"),
        (("--gate", "must,form"), 0, "it does not fail the gate"),
        (("--gate", "must", "--strict"), 1, "it fails the gate: usage.native_counts_agree (billing)"),
        (("--gate", "mustt"), 2, "--gate: there is no level or impact 'mustt': did you mean must?"),
    ],
)
def test_the_exit_code(options: tuple[str, ...], exit_code: int, said: str, tmp_path: Path) -> None:
    result = cli("run", *FAULT, *options, "--out", "run", folder=tmp_path)
    assert result.exit_code == exit_code, result.output
    assert said in " ".join(result.output.split())


def test_a_run_is_judged_again_and_resumed_with_its_gate(tmp_path: Path) -> None:
    assert cli("run", *FAULT, "--gate", "must", "--out", "run", folder=tmp_path).exit_code == 0
    assert cli("judge", "run", folder=tmp_path).exit_code == 0
    assert cli("judge", "run", "--strict", folder=tmp_path).exit_code == 1
    assert completed(Settings.of({"resume": tmp_path / "run"})).gate == "must"
    given = completed(Settings.of({"resume": tmp_path / "run", "strict": True}))
    assert (given.gate, given.strict) == (None, True)
