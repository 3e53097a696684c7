"""Every format of the small report, as approved by eye."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.render import RENDERERS, terminal
from conformance.report import Report
from conformance.report_file import load_report

REPORTS = ["report", "faulty", "unjudged", "conforming", "priced"]


@pytest.mark.parametrize("name", ["html", "markdown", "junit", "json", "terminal"])
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


@pytest.mark.parametrize("which", ["report", "enlarged", "faulty", "priced", "hostile", "large"])
@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_shows_one_screen(which: str, width: int, request: pytest.FixtureRequest) -> None:
    lines = terminal.render(request.getfixturevalue(which), width=width, colour=False).splitlines()
    assert len(lines) <= 45
    assert all(len(line) <= width for line in lines)


def test_colour_is_used_where_asked_for(report: Report) -> None:
    assert "\x1b[" in terminal.render(report, colour=True)
    assert "\x1b" not in terminal.render(report, colour=False)


def test_the_conclusion_stands_last_in_the_terminal(report: Report) -> None:
    assert terminal.render(report).splitlines()[-1].startswith("VIOLATES: 2 of 3 MUST")


def test_no_library_is_loaded_before_a_format_is_asked_for() -> None:
    script = "import sys, conformance.render; print({'rich', 'jinja2'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
