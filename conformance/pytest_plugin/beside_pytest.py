"""What pytest's own output is given beside its lines: the endpoint, the plan, and the report at the end."""

from __future__ import annotations

import pytest

from conformance.settings.address import public

from .finish import summary
from .opening import plan_of
from .session import Conformance


class BesidePytest:
    """A plugin of pytest, which prints what a session found where pytest prints its own lines."""

    def __init__(self, session: Conformance) -> None:
        self.session, self.settings = session, session.settings

    def pytest_report_header(self) -> str:
        return f"conformance: {public(self.settings.base_url) or self.settings.recordings or 'the reference endpoint'}"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """The plan, before anything is sent to an endpoint."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        sends = self.settings.sends and not self.settings.mutants and not self.session.collecting
        if reporter and sends and self.settings.base_url and not self.session.worker:
            reporter.write_line(f"Plan: {plan_of(self.settings)}")

    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
        """Where nothing can be judged, the conclusion says so once: no letter is printed for each test."""
        if not self.session.unjudged or report.passed or not self.session.is_of_suite(report.nodeid):
            return None
        return ("error", "", "ERROR") if report.failed else ("skipped", "", "SKIPPED")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.session.report:
            terminalreporter.write_line("")
            shown = summary(
                self.session.report, self.settings.folder, terminalreporter.hasmarkup, self.settings.language
            )
            terminalreporter.write(shown, flush=True)
