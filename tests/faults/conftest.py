"""Gathers what each fault violates, and writes docs/faults.md with `--write-docs`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .table import VIOLATED, table

DOCS = Path(__file__).parents[2] / "docs" / "faults.md"
FOUND = pytest.StashKey[dict[str, dict[str, str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-docs", action="store_true", help="write docs/faults.md")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOUND] = {}
    config.pluginmanager.register(Gatherer(config.stash[FOUND]), "faults-gatherer")


class Gatherer:
    """Hears of every test, also of those that other processes ran."""

    def __init__(self, found: dict[str, dict[str, str]]) -> None:
        self.found = found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == VIOLATED and isinstance(value, dict):
                    self.found[value["fault"]] = value["found"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    found = session.config.stash[FOUND]
    if session.config.getoption("write_docs") and found and not hasattr(session.config, "workerinput"):
        DOCS.write_text(table(found), encoding="utf-8")
