"""Each fault that real servers had is caught by a requirement that it is about, and by no unrelated one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.judgement.verdict import Verdict
from conformance.lab.known_faults import BILLING, PLANTED, UNSEEN, fault_named
from conformance.lab.known_faults.kit import GENERAL, covers
from conformance.suite.catalogue import load
from tests.support.judging import MODELS, Models, whole

from .judging import THINKING, violations
from .table import VIOLATED, weighty

MOST_THAT_PASS = 0.03  #: share of the faults with an impact other than form that the default gate may let pass


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
    if fault.reason:
        assert not found, "something is violated, so that the reason why nothing could be has become untrue"
        return
    assert not found.keys().isdisjoint(fault.about), f"nothing that is about it catches it: {fault.sentence}"
    unrelated = {each for each in found if not fault.concerns(each)}
    assert not unrelated, f"what has nothing to do with it is violated, too: {fault.sentence}"
    passes = weighty(fault) and "fail" not in {str(verdict) for verdict in found.values()}
    assert bool(fault.passes) == passes, "`passes` says why the default gate lets a fault pass, where it does"


def test_names() -> None:
    assert not set(PLANTED) & set(BILLING)
    assert all(fault.known and (fault.about or fault.reason) for fault in PLANTED.values())
    assert not {each for fault in PLANTED.values() for each in fault.known} & set(UNSEEN)


def test_what_a_fault_is_about_are_ids() -> None:
    unknown = {(fault.name, each) for fault in PLANTED.values() for each in fault.about if each not in load()}
    assert not unknown


def test_what_else_a_fault_violates_exists() -> None:
    also = {each for fault in PLANTED.values() for each in (*fault.also, *GENERAL)}
    assert not {each for each in also if not any(covers(each, requirement) for requirement in load())}


def test_few_faults_pass_the_default_gate() -> None:
    grave = [fault for fault in PLANTED.values() if weighty(fault)]
    assert sum(bool(fault.passes) for fault in grave) <= MOST_THAT_PASS * len(grave)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(KeyError, match="did you mean usage-twice"):
        fault_named("usage-twise")


def test_a_stack_of_faults_shows_them_all() -> None:
    found = violations(["done-twice", "id-missing"])
    assert {"framing.done_once", "completion.id"} <= set(found)
