"""False alarms: the whole catalogue on endpoints that are different and right."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from conformance.catalogue import load
from conformance.exchange import Exchange, Request
from conformance.profile import Model, Profile
from conformance.reference import Endpoint
from conformance.report import ENOUGH
from conformance.requirement import Fault, Level
from conformance.run import Run
from conformance.verdict import Finding, Verdict

from .variations import VARIATIONS

MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))


def remembering(send: Callable[[Request], Exchange]) -> Callable[[Request], Exchange]:
    """Each request is answered once, after the one that it follows."""
    known: dict[str, Exchange] = {}

    def remember(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                remember(request.after)
            known[request.key] = send(request)
        return known[request.key]

    return remember


@cache
def reference() -> Callable[[Request], Exchange]:
    """What the reference endpoint answers; the variations change what it said once."""
    return remembering(Endpoint().answer)


def judged(change: Fault) -> list[Finding]:
    """The findings of the whole catalogue on both models of the endpoint that a change makes."""
    answer = reference()
    send = remembering(lambda request: change(answer(request)))
    run = Run(Profile("reference", MODELS, "reference"), "abcdefghijkl", send)
    return [run.find(requirement, model) for model in MODELS for requirement in load().values()]


def accusations(findings: list[Finding]) -> dict[str, str]:
    """The violated requirements, with what is said of each."""
    return {each.requirement: each.message for each in findings if each.verdict >= Verdict.WARN}


def cases() -> list[object]:
    return [
        pytest.param(name, id=name, marks=[pytest.mark.xfail(strict=True, reason=each.accused)] if each.accused else [])
        for name, each in VARIATIONS.items()
    ]


def test_the_reference_endpoint_is_accused_of_nothing() -> None:
    assert accusations(judged(lambda exchange: exchange)) == {}


@pytest.mark.parametrize("name", cases())
def test_nothing_right_is_accused(name: str) -> None:
    variation = VARIATIONS[name]
    findings = judged(variation.change)
    accused = accusations(findings)
    wrongly = {id: message for id, message in accused.items() if id not in variation.deviates}
    assert not wrongly, f"{variation.sentence} ({variation.source})"
    assert set(variation.deviates) <= set(accused), "it is said to deviate from what it follows"
    levels = {id: load()[id].level for id in accused}
    assert Level.MUST not in levels.values(), levels
    musts = [each.verdict for each in findings if load()[each.requirement].level is Level.MUST]
    applicable = [each for each in musts if each is not Verdict.NOT_APPLICABLE]
    crashed = [each for each in findings if "could not read this exchange" in each.message]
    assert not crashed
    assert sum(each is Verdict.PASS for each in applicable) > ENOUGH * len(applicable), "too little could be judged"


@pytest.mark.parametrize("name", VARIATIONS)
def test_every_variation_says_what_it_does(name: str) -> None:
    assert VARIATIONS[name].sentence.endswith(".")
    assert VARIATIONS[name].source
    assert set(VARIATIONS[name].deviates) <= set(load())


def test_every_variation_changes_something() -> None:
    answer = reference()
    run = Run(Profile("reference", MODELS, "reference"), "abcdefghijkl", answer)
    exchanges = [each for model in MODELS for each in run.exchanges(model)]
    unchanged = [
        name for name, each in VARIATIONS.items() if all(each.change(exchange) == exchange for exchange in exchanges)
    ]
    assert unchanged == []
