"""A run in which nothing can be judged ends at once: all requirements have one reason, and need no tests to say it."""

from __future__ import annotations

import pytest

from .outcomes import judged_by
from .session import Conformance


class AtOnce:
    """A plugin of pytest, for the command line alone: where pytest prints lines or has workers, each test is run."""

    def __init__(self, session: Conformance) -> None:
        self.session = session

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if not self.session.unjudged or self.session.collecting or self.session.settings.workers:
            return None
        pairs = [pair for item in session.items if (pair := judged_by(item))]
        if len(pairs) < len(session.items) or session.config.pluginmanager.has_plugin("terminalreporter"):
            return None
        for requirement, model in pairs:
            self.session.findings[requirement.id, model] = self.session.finding_of(requirement, model)
        return True
