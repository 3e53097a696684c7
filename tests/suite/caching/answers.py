"""The answers of the reference endpoint with a fault, and what the requirements of caching say of them."""

from __future__ import annotations

from functools import cache

from conformance.contract.faults import only
from conformance.contract.profile import Model, Profile
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.reference import Endpoint
from conformance.runs.run import Run
from conformance.suite.catalogue import load

CLAUDE, GPT = Model("reference-claude", "claude"), Model("reference-gpt", "gpt")
SALTED = "abcdefghijkl"
CACHING = {name.removeprefix("caching."): each for name, each in load().items() if each.area == "caching"}
HITS, W, W5, W1 = "cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"
Rows = dict[str, tuple[Fault, set[str]]]  #: a fault, and the requirements that it is about, by its name


@cache
def endpoint() -> tuple[Endpoint, dict[str, Exchange]]:
    return Endpoint(), {}


def answer(request: Request) -> Exchange:
    """The reference endpoint's answer, the same for all tests."""
    answering, known = endpoint()
    if request.key not in known:
        if request.after:
            answer(request.after)
        known[request.key] = answering(request)
    return known[request.key]


def run_of(fault: Fault, model: Model = CLAUDE) -> Run:
    return Run(Profile("reference", (model,), "reference"), SALTED, lambda request: fault(answer(request)))


def find(name: str, fault: Fault, model: Model = CLAUDE) -> Finding:
    return run_of(fault, model).find(CACHING[name], model)


def verdicts(fault: Fault, model: Model = CLAUDE) -> dict[str, set[str]]:
    """The requirements by what they come to."""
    found: dict[str, set[str]] = {}
    for name in CACHING:
        verdict = find(name, fault, model).verdict
        kind = "violated" if verdict >= Verdict.WARN else str(verdict)
        found.setdefault(kind, set()).add(name)
    return found


def labelled(start: str, *faults: Fault) -> Fault:
    return only(lambda each: each.label.startswith(start), *faults)
