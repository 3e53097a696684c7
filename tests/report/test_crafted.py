"""A report that somebody else wrote: checked before it is used, and nothing in it is a command."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.commands.reports import compared, report_at
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.evidence.exchange import Exchange
from conformance.judgement.verdict import Finding, Verdict
from conformance.report.build import entries, evidence_of
from conformance.report.render import RENDERERS
from conformance.report.render.words import seen_again
from conformance.report.report import Report, Spend
from conformance.report.report_json import dump_report, read_report, write_report
from conformance.settings.errors import SessionError
from conformance.suite.catalogue import load

ID = "usage.total_tokens"
COMMANDS = (
    "##vso[task.complete result=Succeeded]",
    "##[error]",
    "##teamcity[buildStatus]",
    "::error::x",
    "x ::set-output::y",
)


def report(said: str = "wrong") -> Report:
    body = json.dumps({"said": said}).encode()
    exchange = Exchange(PLAIN.to("m"), 200, (("content-type", "application/json"),), ((0.0, body),))
    found = [Finding(ID, "m", Verdict.FAIL, said, 1, (exchange.request.key,))]
    return Report(
        "https://host/v1", "live", (Model("m", "gpt"),), "1", 1.0, 1.0, Spend(1, 1, 1), entries(load(), found),
        {exchange.request.key: evidence_of(exchange, "https://host/v1", "PHANEDGE_API_KEY")},
    )  # fmt: skip


def first(value: dict[str, Any]) -> dict[str, Any]:
    evidence: dict[str, Any] = next(iter(value["evidence"].values()))
    return evidence


WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    "a list for a name": lambda value: value["models"][0].update(name=["m"]),
    "1e300 for a time": lambda value: value.update(started=1e300),
    "a time before all others": lambda value: value.update(started=-1e18),
    "null for seconds": lambda value: value.update(seconds=None),
    "endless seconds": lambda value: value.update(seconds=1e308),
    "a number of requests that has no end": lambda value: value["spend"].update(requests=10**400),
    "an id that is a command": lambda value: value["entries"][0].update(id="x$(touch ran)"),
    "a command that runs another": lambda value: first(value).update(curl="curl --include http://host; touch ran"),
    "a command that reads a file": lambda value: first(value).update(curl="curl -d @/etc/passwd http://host"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, name: str) -> None:
    value = copy.deepcopy(dump_report(report()))
    (tmp_path / "good.json").write_text(json.dumps(value))
    WRONG[name](value)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ValueError, match=r"report\.json is not (a report|JSON): "):
        read_report(path)
    for use in (lambda: report_at(path), lambda: compared(tmp_path / "good.json", path, "terminal", False)):
        with pytest.raises(SessionError) as caught:
            use()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("said", COMMANDS)
@pytest.mark.parametrize("form", ["terminal", "markdown", "junit", "json"])
def test_nothing_an_endpoint_said_is_a_command_in_a_log(form: str, said: str) -> None:
    text = RENDERERS[form](report(f"{said}\n{said} then {said}"))
    for command in ("##vso[", "##[", "##teamcity[", "::error", "::x", "::set-output", "::y"):
        assert command not in text
    if form == "junit":
        ElementTree.fromstring(text)
    if form == "json":
        assert json.loads(text)["entries"][0]["findings"][0]["message"] == f"{said}\n{said} then {said}"


def test_the_file_is_harmless_and_the_same(tmp_path: Path) -> None:
    made = report(" ".join(COMMANDS))
    write_report(made, tmp_path / "report.json")
    assert not [each for each in COMMANDS if each in (tmp_path / "report.json").read_text()]
    assert read_report(tmp_path / "report.json") == made


def test_a_command_of_a_report_is_one_line_of_words() -> None:
    assert (
        seen_again(report(), "x$(touch ran)", ["m"]) == "phanedge-conformance replay 'x$(touch ran)' --send --model m"
    )
