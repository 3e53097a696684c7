"""False alarms: the whole catalogue on endpoints that are different and right."""

from __future__ import annotations

from functools import cache

import pytest

from conformance.contract.requirement import Fault, Level
from conformance.evidence.send import Send, remembering
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.variations import VARIATIONS
from conformance.policy.gating import DEFAULT
from conformance.report.gate import ENOUGH
from conformance.suite.catalogue import load
from tests.support.judging import findings, other_endpoint, whole


@cache
def unasked() -> Send:
    """Answers what is asked of variations only."""
    return remembering(other_endpoint().answer)


def judged(change: Fault) -> list[Finding]:
    """The findings of the whole catalogue on both models of the endpoint that a change makes."""
    answers = whole().answers
    return findings(lambda request: change(answers.get(request.key) or unasked()(request)))


def accusations(found: list[Finding]) -> dict[str, str]:
    """The violated requirements, with what is said of each."""
    return {each.requirement: each.message for each in found if each.verdict >= Verdict.WARN}


def test_the_reference_endpoint_is_accused_of_nothing() -> None:
    assert accusations(judged(lambda exchange: exchange)) == {}


@pytest.mark.parametrize("name", VARIATIONS)
def test_nothing_right_is_accused(name: str) -> None:
    variation = VARIATIONS[name]
    found = judged(variation.change)
    accused = accusations(found)
    wrongly = {id: message for id, message in accused.items() if id not in variation.deviates}
    assert not wrongly, f"{variation.sentence} ({variation.source})"
    assert set(variation.deviates) <= set(accused), "it is said to deviate from what it follows"
    catalogue = load()
    assert [id for id in accused if DEFAULT.fails(catalogue[id])] == [], "what conforms fails the gate by default"
    musts = [each.verdict for each in found if catalogue[each.requirement].level is Level.MUST]
    applicable = [each for each in musts if each is not Verdict.NOT_APPLICABLE]
    crashed = [each for each in found if "could not read this exchange" in each.message]
    assert not crashed
    assert sum(each is Verdict.PASS for each in applicable) > ENOUGH * len(applicable), "too little could be judged"


@pytest.mark.parametrize("name", VARIATIONS)
def test_every_variation_says_what_it_does(name: str) -> None:
    assert VARIATIONS[name].sentence.endswith(".")
    assert VARIATIONS[name].source
    assert set(VARIATIONS[name].deviates) <= set(load())


def test_every_variation_changes_something() -> None:
    answers = whole().answers.values()
    unchanged = [
        name for name, each in VARIATIONS.items() if all(each.change(exchange) == exchange for exchange in answers)
    ]
    assert unchanged == []
