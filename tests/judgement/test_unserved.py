"""A feature that was asked for and never served is named, and the common ones are needed for a green run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.contract.faults import only, respond
from conformance.contract.profile import Model
from conformance.contract.requests import (
    JSON_OBJECT,
    LOGPROBS,
    PLAIN,
    SCHEMA_FLAT,
    TOOL_AUTO,
    TOOL_REQUIRED,
    TWO,
    TWO_STREAM,
    disputed,
)
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.judgement.unserved import Unserved, unserved
from conformance.lab.reference import Endpoint
from conformance.runs.filling import fill
from conformance.suite.catalogue import declared
from tests.support.exchanges import completion, plain

GPT = Model("reference-gpt", "gpt")
REFUSED = {"error": {"message": "not supported", "type": "invalid_request_error", "param": None, "code": None}}


def lost(fault: Fault, model: Model = GPT) -> list[Unserved]:
    """What is not served of the declared requests of one model, where a fault is in the reference endpoint."""
    endpoint = Endpoint()
    asked = [each for each in declared() if all(map(model.claims, each.features)) and "costly" not in each.features]
    exchanges = [fault(endpoint.answer(fill(each, model, "abcdefghijkl", {}))) for each in asked]
    return list(unserved(exchanges, (model,)))


def uses(name: str) -> Callable[[Request], bool]:
    return lambda request: name in request.asked


def by_schema(request: Request) -> bool:
    return "chat.response_format.json_schema" in request.features


def of_images(request: Request) -> bool:
    return b"image_url" in request.body


def names(found: list[Unserved]) -> list[tuple[str, str, bool]]:
    return [(each.feature, each.outcome, each.needed) for each in found]


def test_the_reference_endpoint_serves_all() -> None:
    assert lost(lambda exchange: exchange) == []
    assert lost(lambda exchange: exchange, Model("reference-reasoning", "gpt", thinking="openai")) == []


@pytest.mark.parametrize(
    ("condition", "status", "feature", "needed"),
    [
        (lambda request: request.streams, 400, "chat.stream", True),
        (uses("tools"), 400, "chat.tools", True),
        (uses("tool_choice"), 422, "chat.tool_choice", True),
        (by_schema, 400, "chat.response_format.json_schema", True),
        (uses("n"), 400, "chat.n", False),
        (uses("logprobs"), 400, "chat.logprobs", False),
        (uses("stop"), 500, "chat.stop", False),
        (of_images, 500, "vision", False),
    ],
)
def test_what_is_never_served_is_named(
    condition: Callable[[Request], bool], status: int, feature: str, needed: bool
) -> None:
    assert (feature, f"HTTP {status}", needed) in names(lost(only(condition, respond(status, REFUSED))))


def test_what_needs_another_is_not_named_beside_it() -> None:
    found = names(lost(only(uses("tools"), respond(400, REFUSED))))
    assert ("chat.tools", "HTTP 400", True) in found
    assert not [each for each in found if each[0].startswith(("chat.tool_choice", "tools."))]


def test_what_a_model_claims_by_name_is_needed() -> None:
    claiming = replace(GPT, claimed=frozenset({"chat.n"}))
    assert names(lost(only(uses("n"), respond(400, REFUSED)), claiming)) == [("chat.n", "HTTP 400", True)]


def test_what_is_not_claimed_is_not_missed() -> None:
    without = replace(GPT, without=frozenset({"chat.n"}))
    assert lost(only(uses("n"), respond(400, REFUSED)), without) == []


def answered(request: Request, status: int = 200) -> Exchange:
    document = completion(None) if status == 200 else REFUSED
    return plain(document, request=request, status=status)


def test_one_that_is_served_is_enough() -> None:
    exchanges = [answered(TOOL_REQUIRED, 400), answered(TOOL_AUTO), answered(PLAIN)]
    assert [each.feature for each in unserved(exchanges, (Model("m"),))] == ["chat.tool_choice"]
    assert unserved([answered(LOGPROBS)], (Model("m"),)) == ()
    cut = replace(answered(LOGPROBS), status=0, failure=Failure("hung up", "on purpose"))
    assert unserved([cut], (Model("m"),)) == ()


def test_no_response_is_told_as_such() -> None:
    gone = replace(answered(LOGPROBS), status=0, failure=Failure("reset", "closed"))
    (found,) = unserved([gone], (Model("m"),))
    assert str(found) == "chat.logprobs on m (reset: closed)"


def test_what_may_be_rejected_is_not_missed() -> None:
    assert unserved([answered(disputed(LOGPROBS), 400), answered(PLAIN)], (Model("m"),)) == ()


def test_what_failed_for_another_feature_is_not_named() -> None:
    """All streams of these requests ask for two choices as well, which is what is refused."""
    exchanges = [answered(TWO, 400), answered(TWO_STREAM, 400), answered(PLAIN)]
    assert [(each.feature, each.needed) for each in unserved(exchanges, (Model("m"),))] == [("chat.n", False)]


def test_the_loss_of_all_formats_is_that_of_the_needed_one() -> None:
    exchanges = [answered(SCHEMA_FLAT, 400), answered(JSON_OBJECT, 400), answered(PLAIN)]
    assert names(list(unserved(exchanges, (Model("m"),)))) == [("chat.response_format", "HTTP 400", True)]
    assert names(list(unserved([answered(JSON_OBJECT, 400)], (Model("m"),)))) == [
        ("chat.response_format", "HTTP 400", False)
    ]
