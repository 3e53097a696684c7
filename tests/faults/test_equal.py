"""The compiled judge says of what is planted in the reference endpoint what the plain judge says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

import pytest

from conformance.billing.prices import EXAMPLE
from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requests import (
    AUTOMATIC_WARM_STREAM,
    CACHE_MIXED,
    JSON_OBJECT,
    LENGTH,
    LOGPROBS_STREAM,
    PLAIN,
    SCHEMA_NESTED_STREAM,
    STREAM,
    STREAM_USAGE,
    TOOL_AUTO,
    TOOL_AUTO_STREAM,
    TWO_STREAM,
    UNKNOWN_MODEL_ERROR,
)  # fmt: skip
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send, remembering
from conformance.judgement.judge import judge, speaks_of
from conformance.judgement.verdict import Verdict
from conformance.lab.known_faults import BILLING, PLANTED, plant
from conformance.lab.reference import Endpoint
from tests.support.equality import all_differences, requirements

GPT, CLAUDE = (Model(f"reference-{family}", family, prices=EXAMPLE) for family in ("gpt", "claude"))
NAMED = Model("gpt-4o", "gpt")  #: what some requirements know of models, they know by their names
ASKED = {
    GPT: (
        PLAIN, STREAM, STREAM_USAGE, LENGTH, TWO_STREAM, LOGPROBS_STREAM, TOOL_AUTO, TOOL_AUTO_STREAM, JSON_OBJECT,
        SCHEMA_NESTED_STREAM, AUTOMATIC_WARM_STREAM, UNKNOWN_MODEL_ERROR,
    ),
    CLAUDE: (PLAIN, STREAM_USAGE, TOOL_AUTO, CACHE_MIXED),
}  # fmt: skip
PASSIVE = [each for of_scope in requirements().of_scopes.values() for each in of_scope]
Answers = tuple[tuple[Exchange, Model], ...]


@cache
def asked() -> tuple[tuple[Request, Model], ...]:
    return tuple((for_model(each, model, "abcdefghijkl"), model) for model, listed in ASKED.items() for each in listed)


@cache
def endpoint() -> Send:
    return remembering(Endpoint().answer)


@cache
def answers() -> Answers:
    """What the reference endpoint answers, each with its model."""
    return tuple((endpoint()(request), model) for request, model in asked())


def with_fault(name: str) -> Iterator[tuple[Exchange, Model]]:
    """What a faulty server answers otherwise."""
    known = {exchange.request.key: exchange for exchange, _ in answers()}
    send = remembering(plant(endpoint(), [name]))
    for request, model in asked():
        exchange = send(request)
        if exchange != known[request.key]:
            yield exchange, model


def broken(requirement: Requirement) -> Iterator[tuple[Exchange, Model]]:
    """The counterexamples of a requirement, in the first answer that it accepts."""
    shown = requirement.shown_by or (lambda each: each)
    judged = ((shown(exchange), each) for exchange, model in answers() for each in (model, NAMED))
    accepted = ((each, model) for each, model in judged if _accepts(requirement, each, model))
    for exchange, model in islice(accepted, 1):
        yield exchange, model
        yield from ((fault(exchange), model) for _, fault in requirement.broken_by)


def _accepts(requirement: Requirement, exchange: Exchange, model: Model) -> bool:
    return speaks_of(requirement, exchange) and judge(requirement, exchange, model).verdict is Verdict.PASS


def test_the_judges_agree_on_what_conforms() -> None:
    assert all_differences(answers()) == []


@pytest.mark.parametrize("part", range(8))
def test_the_judges_agree_on_planted_faults(part: int) -> None:
    for name in sorted([*PLANTED, *BILLING])[part::8]:
        assert all_differences(with_fault(name)) == [], name


def test_the_judges_agree_on_counterexamples() -> None:
    found = {requirement.id: list(broken(requirement)) for requirement in PASSIVE}
    assert sum(map(bool, found.values())) > 200
    assert {id: each for id, exchanges in found.items() if (each := all_differences(exchanges))} == {}
