"""What pytest collects of the suite: nothing of what is not selected, since collecting takes longer than judging."""

from __future__ import annotations

from functools import cached_property
from inspect import isfunction
from pathlib import Path

import pytest

from .outcomes import requirements_of
from .session import Conformance
from .target import unselected


class Collecting:
    """A plugin of pytest, which leaves out the modules and the functions without a requirement that is selected."""

    def __init__(self, session: Conformance) -> None:
        self.session = session

    @cached_property
    def _unselected(self) -> frozenset[Path]:
        return unselected(self.session.settings)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if collection_path in self._unselected else None

    def pytest_pycollect_makeitem(self, obj: object) -> list[pytest.Item] | None:
        requirements = requirements_of(obj) if isfunction(obj) else ()
        return [] if requirements and not self.session.chosen_of(requirements) else None
