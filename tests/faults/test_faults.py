"""Each fault that real servers had is caught by a requirement that it is about, and by no unrelated one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.judgement.verdict import Verdict
from conformance.lab.known_faults import BILLING, PLANTED, UNSEEN, fault_named
from tests.support.judging import MODELS, Models, whole

from .judging import THINKING, violations
from .table import VIOLATED


@pytest.mark.parametrize("models", [MODELS, THINKING], ids=["usual", "thinking"])
def test_without_a_fault_nothing_is_violated(models: Models) -> None:
    found = whole(models).findings.values()
    assert {each.requirement: each.message for each in found if each.verdict >= Verdict.WARN} == {}


@pytest.mark.parametrize("name", PLANTED)
def test_fault(name: str, record_property: Callable[[str, object], None]) -> None:
    fault, found = PLANTED[name], violations([name])
    if fault.thinking:
        found = violations([name], THINKING) | found
    record_property(VIOLATED, {"fault": name, "found": {each: str(verdict) for each, verdict in found.items()}})
    about = {each for each in found if fault.concerns(each)}
    if fault.reason:
        assert not about, "it is caught, so that the reason why it could not be has become untrue"
    else:
        assert about, f"nothing catches it: {fault.sentence}"
    assert set(found) == about, f"what has nothing to do with it is violated, too: {fault.sentence}"


def test_names() -> None:
    assert not set(PLANTED) & set(BILLING)
    assert all(fault.known and fault.about for fault in PLANTED.values())
    assert not {each for fault in PLANTED.values() for each in fault.known} & set(UNSEEN)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(KeyError, match="did you mean usage-twice"):
        fault_named("usage-twise")


def test_a_stack_of_faults_shows_them_all() -> None:
    found = violations(["done-twice", "id-missing"])
    assert {"framing.done_once", "completion.id"} <= set(found)
