"""Each fault that real servers had is caught by a requirement that it is about, and by no unrelated MUST."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.planted import BILLING, PLANTED, UNSEEN, fault_named
from conformance.verdict import Verdict

from .judging import violations, whole
from .table import VIOLATED


def test_without_a_fault_nothing_is_violated() -> None:
    assert {each.requirement: each.message for each in whole().findings if each.verdict >= Verdict.WARN} == {}


@pytest.mark.parametrize("name", PLANTED)
def test_fault(name: str, record_property: Callable[[str, object], None]) -> None:
    fault, found = PLANTED[name], violations([name])
    record_property(VIOLATED, {"fault": name, "found": {each: str(verdict) for each, verdict in found.items()}})
    about = {each for each in found if fault.concerns(each)}
    if fault.reason:
        assert not about, "it is caught, so that the reason why it could not be has become untrue"
    else:
        assert about, f"nothing catches it: {fault.sentence}"
    unrelated = {each for each, verdict in found.items() if verdict is Verdict.FAIL} - about
    assert not unrelated, f"MUSTs that have nothing to do with it: {fault.sentence}"


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
