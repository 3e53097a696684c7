"""An endpoint of which a whole area cannot be judged is never green, however much of the rest passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract.faults import only, respond
from conformance.evidence.exchange import Exchange, Request
from conformance.report.build import entries
from conformance.report.gate import conclude
from conformance.report.report import Report, Spend
from conformance.suite.catalogue import load
from tests.lab.test_billing import CLAUDE, faulty_run

SERVER_ERROR = respond(500, {"error": {"message": "no", "type": "server_error", "param": None, "code": None}})


def _streams(request: Request) -> bool:
    return request.streams


def _caches(request: Request) -> bool:
    return "cache.explicit" in request.features


@pytest.mark.parametrize("broken", [_streams, _caches])
def test_an_area_that_fails_is_not_green(broken: Callable[[Request], bool]) -> None:
    run = faulty_run(only(broken, SERVER_ERROR), lambda exchange: isinstance(exchange, Exchange))
    findings = [run.find(requirement, CLAUDE) for requirement in load().values()]
    report = Report("reference", "reference", (CLAUDE,), "", 0, 0, Spend(), entries(load(), findings))
    assert conclude(report).exit_code in (1, 3), conclude(report)
