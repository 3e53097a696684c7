"""Every format of the small report, as approved by eye."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.contract.requirement import Level
from conformance.judgement.asked_again import AskedAgain
from conformance.judgement.verdict import Verdict
from conformance.report.render import RENDERERS, terminal
from conformance.report.render.found import clause, statement, violations, worst
from conformance.report.render.words import headline
from conformance.report.report import Report
from conformance.report.report_json import load_report
from tests.support.pages import packed

REPORTS = ["report", "faulty", "unjudged", "conforming", "priced", "vain", "cut"]


def test_page(report: Report, snapshot: SnapshotAssertion) -> None:
    """Without stylesheet and script, and with its exchanges as they are unpacked."""
    text = RENDERERS["html"](report)
    text = re.sub(r"(<style>|<script data-copied=\"Copied\">).*?(?=</)", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[^']+", "sha256-…", text)
    assert re.sub(r'(id="packed">)[^<]*', r"\1…", text) == snapshot
    assert packed(RENDERERS["html"](report)) == snapshot


@pytest.mark.parametrize("name", ["markdown", "junit", "json", "terminal"])
def test_report(name: str, report: Report, snapshot: SnapshotAssertion) -> None:
    assert RENDERERS[name](report) == snapshot


@pytest.mark.parametrize("name", ["markdown", "junit", "terminal"])
@pytest.mark.parametrize("which", REPORTS[1:])
def test_other_reports(name: str, which: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion) -> None:
    assert RENDERERS[name](request.getfixturevalue(which)) == snapshot


@pytest.mark.parametrize("which", REPORTS)
def test_json_is_the_report(which: str, request: pytest.FixtureRequest) -> None:
    report: Report = request.getfixturevalue(which)
    assert load_report(json.loads(RENDERERS["json"](report))) == report


@pytest.mark.parametrize("which", [*REPORTS, "hostile"])
@pytest.mark.parametrize("name", list(RENDERERS))
def test_every_format_can_be_written(which: str, name: str, request: pytest.FixtureRequest) -> None:
    assert RENDERERS[name](request.getfixturevalue(which)).encode("utf-8").endswith(b"\n")


@pytest.mark.parametrize("which", ["report", "enlarged", "faulty", "priced", "hostile", "large", "vain", "cut"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_terminal_shows_one_screen(which: str, width: int, request: pytest.FixtureRequest) -> None:
    lines = terminal.render(request.getfixturevalue(which), width=width, colour=False).splitlines()
    assert len(lines) <= (45 if width >= 80 else 60)
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("which", ["report", "faulty", "priced", "cut"])
@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_terminal_cuts_nothing_off_that_a_vendor_needs(
    which: str, width: int, request: pytest.FixtureRequest
) -> None:
    report: Report = request.getfixturevalue(which)
    text = " ".join(terminal.render(report, width=width, colour=False).split())
    entry = violations(report)[0]
    for said in (statement(entry), worst(report, entry)[0].message, entry.hint, clause(entry), headline(report).rest):
        assert said in text


def test_without_a_terminal_the_width_is_that_of_columns(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal.render(report) == terminal.render(report, width=terminal.WIDTH)
    monkeypatch.setenv("COLUMNS", "80")
    assert terminal.render(report) == terminal.render(report, width=80)


def test_what_was_never_answered_is_named_with_its_command_everywhere(vain: Report) -> None:
    for name, command in (
        ("html", "curl --include"), ("markdown", "curl --include"), ("junit", "curl --include"),
        ("terminal", "phanedge-conformance replay a3"), ("json", "curl --include"),
    ):  # fmt: skip
        text = RENDERERS[name](vain)
        assert "tool-required" in text
        assert command in text


@pytest.mark.parametrize("name", ["html", "markdown", "terminal", "json"])
def test_how_often_valid_requests_were_asked_again_is_a_line(report: Report, name: str) -> None:
    again = replace(report, asked_again=AskedAgain(392, 12, {"429": 9, "503": 3}))
    line = '"valid": 392' if name == "json" else "12 of 392 valid requests were asked again: 429 ×9, 503 ×3"
    assert line in RENDERERS[name](again)
    assert "asked again" not in RENDERERS[name](replace(report, asked_again=AskedAgain(392, 0)))


def test_the_command_that_reproduces_a_finding_names_the_folder_of_the_run(report: Report, vain: Report) -> None:
    for name in ("markdown", "junit"):
        text = RENDERERS[name](replace(report, folder="reports/mine"))
        assert f"phanedge-conformance replay cache.write_total {Path.cwd()}/reports/mine --send --model " in text
    here = f'<span class="folder">{Path.cwd() / "reports" / "mine"}</span>'
    page = RENDERERS["html"](replace(report, folder="reports/mine"))
    assert f"phanedge-conformance replay cache.write_total {here} --send --model claude-sonnet-4.5</pre>" in page
    assert "replay a3 reports/mine\n" in RENDERERS["terminal"](replace(vain, folder="reports/mine"))
    assert RENDERERS["json"](replace(report, folder="reports/mine")) == RENDERERS["json"](report)


@pytest.mark.parametrize("name", ["html", "markdown", "terminal"])
def test_a_run_that_was_cut_short_shows_what_it_saw(name: str, cut: Report) -> None:
    text = RENDERERS[name](cut)
    assert "broken off" in text
    assert "cache.write" in text.replace("\\", "")


def test_colour_is_used_where_asked_for(report: Report) -> None:
    assert "\x1b[" in terminal.render(report, colour=True)
    assert "\x1b" not in terminal.render(report, colour=False)


def test_warnings_are_counted_beside_the_word_of_the_conclusion(conforming: Report) -> None:
    entry = conforming.entries[0]
    warned = replace(entry, level=Level.SHOULD, findings=(replace(entry.findings[0], verdict=Verdict.WARN),))
    report = replace(conforming, entries=(*conforming.entries, replace(warned, id="usage.warned")))
    assert headline(report).exit_code == 0
    assert "CONFORMS, with 1 warning: violates 0 of" in " ".join(RENDERERS["terminal"](report).split())
    assert "## Conformance: conforms, with 1 warning\n" in RENDERERS["markdown"](report)
    page = RENDERERS["html"](report)
    assert "<h1>Conforms: nothing that was judged fails the gate; 1 warning</h1>" in page
    assert "conforms, with 1 warning: violates 0 of" in page
    assert json.loads(RENDERERS["json"](report))["conclusion"].startswith("violates 0 of")


def test_the_conclusion_stands_last_in_the_terminal(report: Report) -> None:
    assert "\nVIOLATES: 2 of 3 MUST" in terminal.render(report)[-300:]


def test_no_library_is_loaded_before_a_format_is_asked_for() -> None:
    script = "import sys, conformance.report.render; print({'rich', 'jinja2'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
