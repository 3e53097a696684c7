"""An endpoint of which a whole area cannot be judged is never green, however much of the rest passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract.faults import only, respond
from conformance.contract.profile import Model
from conformance.evidence.exchange import Request
from conformance.evidence.send import remembering
from conformance.lab.reference import Endpoint
from conformance.report.build import entries
from conformance.report.gate import conclude
from conformance.report.report import Report, Spend
from conformance.suite.catalogue import load
from tests.support.judging import findings

CLAUDE = Model("reference-claude", "claude")

SERVER_ERROR = respond(500, {"error": {"message": "no", "type": "server_error", "param": None, "code": None}})


def _streams(request: Request) -> bool:
    return request.streams


def _caches(request: Request) -> bool:
    return "cache.explicit" in request.features


@pytest.mark.parametrize("broken", [_streams, _caches])
def test_an_area_that_fails_is_not_green(broken: Callable[[Request], bool]) -> None:
    answer, break_ = remembering(Endpoint().answer), only(broken, SERVER_ERROR)
    found = findings(lambda request: break_(answer(request)), (CLAUDE,))
    report = Report("reference", "reference", (CLAUDE,), "", 0, 0, Spend(), entries(load(), found))
    assert conclude(report).exit_code in (1, 3), conclude(report)
