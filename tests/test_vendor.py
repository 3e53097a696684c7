"""What a vendor meets beside the way of docs/walkthrough.md: entries that do not hold, wrong usage, and a revision."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.profile import Model
from conformance.contract.requirement import Level
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.revisions import dump
from conformance.report.report import Entry, Report, Spend
from conformance.report.report_json import write_report
from conformance.suite.catalogue import load
from tests.support.commands import PATIENCE, cli, pytest_run, report_in, verdicts

FAULT = "usage.total_tokens.sum_of"
USAGE = ("--select", "usage", "--model", "reference-gpt")


def test_expired_and_not_selected(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        "".join(
            f'[[known]]\nrequirement = "{id}"\nreason = "r"\nowner = "o"\nexpires = 2020-01-01\n'
            for id in (FAULT, "completion.id")
        )
    )
    for run in (
        cli("run", *USAGE, "--fault", FAULT, "--baseline", "known.toml", "--out", "a", "-n", "2", folder=tmp_path),
        pytest_run("--archive", "a", "--select", "usage", "--baseline", "known.toml", "--out", "b", folder=tmp_path),
    ):
        assert run.exit_code == 1, run.output
    for folder in ("a", "b"):
        report = report_in(tmp_path / folder)
        assert [each["state"] for each in report["baseline"]["standings"]] == ["expired", "unchecked"]
        assert verdicts(tmp_path / folder)[FAULT, "reference-gpt"] == "fail"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[known]]\n", "known.toml, line 1: the entry lacks requirement"),
        (
            f'[[known]]\nrequirement = "{FAULT}s"\nreason = "r"\nowner = "o"\nexpires = 2099-01-01\n',
            f"known.toml, line 1: there is no requirement '{FAULT}s': did you mean {FAULT}?",
        ),
        (
            f'[[known]]\nrequirement = "{FAULT}"\nmodel = "gpt"\nreason = "r"\nowner = "o"\nexpires = 2099-01-01\n',
            "no model that is judged matches 'gpt': there is reference-gpt",
        ),
    ],
)
def test_wrong_usage_sends_nothing(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "known.toml").write_text(text)
    ended = cli("run", *USAGE, "--baseline", "known.toml", "--out", "out", folder=tmp_path)
    assert ended.exit_code == 2
    assert said in ended.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        ((), 2, "give exactly one of --from REPORT and --prune REPORT"),
        (("--from", "a", "--prune", "a"), 2, "give exactly one of --from REPORT and --prune REPORT"),
        (("--from", "none"), 2, "none cannot be read"),
        (("--from", "a", "--owner", " "), 2, "--owner is empty: name a person or a team"),
        (("--from", "down"), 3, "down judged nothing (it is down): no baseline follows from it"),
        (("--prune", "down", "--out", "exists.toml"), 3, "down judged nothing"),
        (("--from", "none", "--out", "exists.toml"), 2, "exists.toml exists: --force updates it"),
        (("--prune", "none"), 2, "cannot be read"),
        (
            ("--from", "a", "--out", "none/known.toml"),
            2,
            "none/known.toml cannot be written (No such file or directory)",
        ),
        (("--prune", "a"), 2, "baseline.toml cannot be read"),
    ],
)
def test_wrong_usage_of_the_command(tmp_path: Path, arguments: tuple[str, ...], exit_code: int, said: str) -> None:
    (tmp_path / "exists.toml").write_text("")
    findings = (Finding(FAULT, "m", Verdict.FAIL, "it is 7"),)
    entry = Entry(FAULT, Level.MUST, "be so", "rfc9110", "https://host", "", "", (), findings)
    report = Report("https://host/v1", "live", (Model("m"),), "1.0", 0.0, 1.0, Spend(), (entry,))
    write_report(report, tmp_path / "a" / "report.json")
    write_report(replace(report, unjudged="it is down"), tmp_path / "down" / "report.json")
    ended = cli("baseline", *arguments, folder=tmp_path)
    assert (ended.exit_code, said in ended.output) == (exit_code, True), ended.output
    assert "Traceback" not in ended.output


NULLED = "usage.prompt_tokens_details.cached_tokens"  #: what the fault violates
WITH_REVISIONS = """
import sys
from pathlib import Path
from conformance import cli
from conformance.policy import revisions
revisions.folder = lambda name: Path("frozen")
cli.main()
"""


def test_held_to_a_revision(tmp_path: Path) -> None:
    """Of a later requirement a violation is shown; neither it nor what sums up the catalogue counts."""
    then = {id: each for id, each in load().items() if id != NULLED}
    (tmp_path / "frozen" / "revisions").mkdir(parents=True)
    (tmp_path / "frozen" / "revisions" / "2026-01.json").write_text(dump("2026-01", then))
    chosen = ("--select", "usage,properties", *USAGE[2:])
    words = ("run", *chosen, "--fault", "plain-hits-null", "--out", "out", "--strict")
    ended = subprocess.run(
        [sys.executable, "-c", WITH_REVISIONS, *words, "--revision", "2026-01"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE, check=False,
    )  # fmt: skip
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    found = {each["id"]: each for each in report["entries"]}
    assert found[NULLED]["verdict"] == "fail"
    assert found[NULLED]["later"]
    assert found["properties.valid_requests"]["verdict"] == "pass"
    assert f"violated but not counted (added after revision 2026-01): {NULLED}" in " ".join(ended.stdout.split())
    assert "1 later than 2026-01 and not counted" in " ".join(ended.stdout.split())
    assert [each["id"] for each in report["entries"] if each["verdict"] == "fail"] == [NULLED]
