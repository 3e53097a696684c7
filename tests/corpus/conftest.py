"""Recordings and reports of faults that are not part of the project: their folders, and the table of what was found."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from conformance.contract.requirement import Level, Requirement, order
from conformance.evidence.recordings import RecordingError
from conformance.policy.gating import DEFAULT
from conformance.runs.corpus import OFFICIAL, OFFICIAL_ERRORS, Tally, judge_folder
from conformance.suite.catalogue import load


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--recordings", metavar="FOLDER", type=Path, help="recordings, judged together")
    parser.addoption("--reports", metavar="FOLDER", help="reports of faults, judged one by one")


TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def catalogue() -> dict[str, Requirement]:
    return load()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """What judging the folder found."""
    folder = pytestconfig.getoption("--recordings", default=None)
    if folder is None:
        pytest.skip("needs recordings, which are not part of the project: nox -s corpus -- FOLDER")
    try:
        pytestconfig.stash[TALLY] = judge_folder(folder)
        return pytestconfig.stash[TALLY]
    except RecordingError as error:
        unreadable = str(error)
    pytest.fail(unreadable, pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash.get(TALLY, None)
    if tally is None:
        return
    terminalreporter.section("recordings")
    terminalreporter.write(_drawn(tally, load()))
    terminalreporter.write_line(
        f"{tally.exchanges:,} exchanges judged, {tally.checks:,} checks made, {len(tally.crashes)} crashed"
    )


def _drawn(tally: Tally, catalogue: dict[str, Requirement]) -> str:
    """The violations of each requirement, by vendor; the official ones apart."""
    table = Table(box=None, pad_edge=False)
    table.add_column("requirement", no_wrap=True, min_width=max(map(len, catalogue), default=0))
    for heading in ("level", "impact", "official", "errors", "others"):
        table.add_column(heading, no_wrap=True)
    table.add_column("vendors", ratio=1)
    rows = []
    for name, requirement in catalogue.items():
        found = tally.of(name)
        if not found or requirement.level is Level.MAY:
            continue
        official, errors = found.pop(OFFICIAL, 0), found.pop(OFFICIAL_ERRORS, 0)
        matters = not DEFAULT.fails(requirement), *order(requirement.level, requirement.impact)
        rows.append((matters, -found.total(), name, official, errors, found))
    for _, others, name, official, errors, found in sorted(rows, key=lambda row: row[:3]):
        head = name, catalogue[name].level, catalogue[name].impact
        table.add_row(*head, _count(official), _count(errors), _count(-others), _vendors(found))
    text = io.StringIO()
    Console(file=text, width=max(shutil.get_terminal_size().columns, 120)).print(table)
    return text.getvalue()


def _count(number: int) -> str:
    return str(number) if number else ""


def _vendors(found: Counter[str]) -> str:
    return ", ".join(f"{vendor} {count}" for vendor, count in found.most_common())
