"""`run --repeat`: what flips is told with its rate and fails the gate, and limits are those of all runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract.faults import put
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.report.gate import conclude
from conformance.report.report_json import dump_report, load_report
from tests.support.commands import cli, report_in

ID = "usage.total_tokens.sum_of"
ASKED = ("--model", "reference-gpt", "--select", ID)


def flapping(broken: set[int]) -> Callable[[Request], Exchange]:
    """The reference endpoint, which counts wrongly in the runs with these numbers. Each run begins with the same plain
    request."""
    answer, change = Endpoint().answer, put("usage.total_tokens", 7)
    bodies: list[bytes] = []

    def send(request: Request) -> Exchange:
        bodies.append(request.body)
        run = bodies.count(bodies[0])
        return change(answer(request)) if run in broken else answer(request)

    return send


@pytest.mark.parametrize("first", [True, False])
def test_a_verdict_that_flips(tmp_path: Path, first: bool) -> None:
    with serving(flapping({1} if first else {3})) as url:
        ended = cli("run", "--base-url", url, *ASKED, "--repeat", "3", "--out", "out", folder=tmp_path, key="sk-x")
    assert ended.exit_code == 1, ended.output
    assert "fail in 1 of 3, pass in 2 of 3" in ended.output
    report = report_in(tmp_path / "out")
    (flip,) = report["repeated"]["flips"]
    assert (flip["requirement"], flip["run"] == 1) == (ID, first)
    assert flip["verdicts"] == {"fail": 1, "pass": 2}
    assert "total_tokens" in flip["message"]
    assert report["exit_code"] == 1
    assert f"violated in some of 3 runs: {ID}" in report["conclusion"]
    folders = (tmp_path / "out", *(tmp_path / "out" / "repeats").iterdir())
    sent = sum(len(list((folder / "archive").glob("*.json"))) for folder in folders)
    assert (len(folders), report["spend"]["requests"]) == (3, sent)
    for file in ("report.html", "report.md"):
        assert "fail in 1 of 3, pass in 2 of 3" in (tmp_path / "out" / file).read_text(encoding="utf-8")
    loaded = load_report(report)
    assert dump_report(loaded)["repeated"] == report["repeated"]
    assert conclude(loaded).exit_code == 1


def test_steady_runs_conform_and_begin_anew(tmp_path: Path) -> None:
    options = ("run", "--model", "reference-gpt", "--select", ID, "--out", "out")
    ended = cli(*options, "--repeat", "2", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "every verdict was the same in 2 runs" in ended.output
    assert cli(*options, folder=tmp_path).exit_code == 0
    assert not (tmp_path / "out" / "repeats").exists(), "of the earlier run"


def test_limits_are_those_of_all_runs(tmp_path: Path) -> None:
    ended = cli(
        "run", "--model", "reference-gpt", "--select", ID, "--out", "out", "--repeat", "9", "--max-requests", "40",
        folder=tmp_path,
    )  # fmt: skip
    assert ended.exit_code == 3, ended.output
    report = report_in(tmp_path / "out")
    assert report["spend"]["requests"] == 40
    assert f"the same in {report['repeated']['runs']} runs" in ended.output
    assert re.search(r"run \d of 9: .*--max-requests", report["unjudged"]), report["unjudged"]


def test_a_single_run_shows_no_stability(tmp_path: Path) -> None:
    options = ("--model", "reference-gpt", "--select", ID, "--repeat", "2", "--max-requests", "10", "--out", "out")
    ended = cli("run", *options, folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert "no two runs could be judged" in ended.output
    assert "the same" not in ended.output


def test_the_plan_counts_all_runs(tmp_path: Path) -> None:
    def planned(*more: str) -> int:
        ended = cli("plan", "--select", "usage", *more, folder=tmp_path)
        assert ended.exit_code == 0, ended.output
        return int(re.findall(r"with all of them at most ([\d,]+) requests", ended.output)[0].replace(",", ""))

    assert planned("--repeat", "5") == 5 * planned()


@pytest.mark.parametrize(
    "words",
    [
        ("--repeat", "0"),
        ("--repeat", "2", "--snapshots", "shapes"),
        ("--repeat", "2", "--resume", "out"),
        ("--repeat", "2", "--history", "nights"),
    ],
)
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = cli("run", *words, folder=tmp_path)
    assert ended.exit_code == 2
    assert "--repeat" in ended.output
    assert len(ended.output.strip().splitlines()) == 1, ended.output
