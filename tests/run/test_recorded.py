"""What is judged on recordings made elsewhere, also of requirements that several exchanges are given to by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.for_model import for_model
from conformance.contract.given import OnDemand, every
from conformance.contract.profile import Model
from conformance.contract.requests import CACHE_COLD, NO_CREDENTIALS, PLAIN, again
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import remembering
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.reference import Endpoint
from conformance.runs.run import held_run
from conformance.suite.catalogue import load
from conformance.suite.roles.test_contents import EMPTY_CONTENTS
from conformance.suite.roles.test_system import KIWI_CONTROL, SYSTEM
from conformance.suite.support.replies import without

MODEL = Model("reference-gpt", "gpt")
NEVER_READ = without("KIWI7")


def recorded(*requests: Request, prefix: str = "qrstuvwxyzab") -> list[Exchange]:
    """What the reference endpoint answers, as somebody else would have recorded it: without labels or attempts."""
    send = remembering(Endpoint().answer)
    exchanges = [send(for_model(request, MODEL, prefix)) for request in requests]
    return [
        replace(each, request=replace(each.request, label="", after=None, attempt=1), started=float(place))
        for place, each in enumerate(exchanges, start=1)
    ]


def finding(requirement: str, exchanges: list[Exchange]) -> Finding:
    run = held_run(Path("somewhere"), ((MODEL.name, each) for each in exchanges))
    return run.find(load()[requirement], run.profile.models[0])


def test_a_request_is_found_by_what_it_is() -> None:
    assert finding("roles.system", recorded(SYSTEM)).verdict is Verdict.PASS


def test_a_prompt_that_is_to_be_cold_is_not_judged() -> None:
    """What was sent before it is not known."""
    assert finding("caching.markers_reach", recorded(CACHE_COLD)).verdict is Verdict.NOT_APPLICABLE


def test_another_key_is_another_request() -> None:
    """A request without credentials has the same body, and is no repetition."""
    plain, keyless = recorded(PLAIN, NO_CREDENTIALS)
    assert keyless.status == 401
    bare = replace(keyless, request=plain.request)  # recordings do not tell the credentials
    found = finding("idempotence.repeats_are_independent", [plain, bare])
    assert found.verdict is Verdict.NOT_APPLICABLE, found.message


def test_what_is_sent_at_once_is_not_judged() -> None:
    requests = [each for slot in load()["isolation.usage_not_mixed_up"].given.values() for each in every(slot)]
    twice = [*recorded(*requests), *recorded(*requests)]
    for name in ("isolation.usage_not_mixed_up", "isolation.forms_not_mixed_up"):
        assert finding(name, twice).verdict is Verdict.NOT_APPLICABLE


def test_what_was_not_recorded_is_not_judged() -> None:
    other = recorded(EMPTY_CONTENTS)
    assert finding("roles.system", other).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("times", "controls", "verdict"),
    [(1, KIWI_CONTROL, Verdict.INCONCLUSIVE), (3, KIWI_CONTROL, Verdict.FAIL), (3, (), Verdict.INCONCLUSIVE)],
)
def test_repetitions_are_tries(times: int, controls: OnDemand | tuple[()], verdict: Verdict) -> None:
    """One answer that does not follow is no violation: the model may do better when it is asked again. Nor are three,
    where no recording shows that it can do what it is told."""
    requests = [SYSTEM, again(SYSTEM, 2), again(SYSTEM, 3)][:times]
    answers = [NEVER_READ(each) for each in recorded(*requests)]
    found = finding("roles.system", [*answers, *recorded(*every(controls))])
    assert found.verdict is verdict, found.message


def test_an_exchange_that_was_recorded_twice_is_no_repetition() -> None:
    (exchange,) = recorded(SYSTEM)
    found = finding("roles.system", [NEVER_READ(exchange)] * 3)
    assert found.verdict is Verdict.INCONCLUSIVE, found.message


def test_a_later_try_counts() -> None:
    first, second = recorded(SYSTEM, again(SYSTEM, 2))
    assert finding("roles.system", [NEVER_READ(first), second]).verdict is Verdict.PASS


def test_a_request_of_another_text_is_another() -> None:
    exchange = recorded(SYSTEM)[0]
    body = exchange.request.body.replace(b"Say hi.", b"Say ho.")
    other = replace(exchange, request=replace(exchange.request, body=body))
    assert finding("roles.system", [other]).verdict is Verdict.NOT_APPLICABLE


def test_what_a_recording_did_not_keep_is_not_judged() -> None:
    exchange = replace(recorded(SYSTEM)[0], unrecorded=frozenset({"request"}))
    assert finding("roles.system", [exchange]).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("name", ["isolation.answers_not_mixed_up", "robust.hung_up", "idempotence.sdk_headers"])
def test_what_a_check_sends_beside_declared_requests_is_to_be_recorded_too(name: str) -> None:
    exchanges = recorded(*load()[name].named)
    assert exchanges
    assert finding(name, exchanges).verdict is Verdict.NOT_APPLICABLE
