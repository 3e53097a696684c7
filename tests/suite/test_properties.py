"""What the generated requests find, how few they are, and that they are the same again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.contract.faults import chain, drop, late, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Fault
from conformance.contract.search import search
from conformance.contract.strategies import Broken, Turn, broken_requests, turns, valid_requests
from conformance.contract.vocabulary import validator
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.send import Send
from conformance.judgement.verdict import Verdict
from conformance.suite.properties.test_invalid import blames
from conformance.suite.support.failing_streams import failing as broken_off
from tests.support.builders_asked import GPT, Said, asked, endpoint, found

NAMES = ("valid_requests", "no_server_error", "one_violated_constraint", "growing_conversation")
CLAUDE = Model("reference-claude", "claude")


REFUSED = respond(422, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}})


def mistaken(request: Request) -> bool:
    return request.expect == "error"


def later(request: Request) -> bool:
    return len(request.asked.get("messages", ())) > 2


def once_more(exchange: Exchange) -> Exchange:
    """Answered when it was asked again, after an error of the server's own."""
    return replace(exchange, earlier=(respond(500, {"error": {"message": "panic"}})(exchange),))


def labelled(beginning: str) -> Callable[[Request], bool]:
    return lambda request: request.label.startswith(beginning)


def has(name: str) -> Callable[[Request], bool]:
    return lambda request: name in request.asked


@pytest.mark.parametrize("model", [GPT, CLAUDE], ids=lambda model: model.name)
@pytest.mark.parametrize("name", NAMES)
def test_the_reference_endpoint_conforms_on_many(name: str, model: Model) -> None:
    finding = found(f"properties.{name}", endpoint(model=model), examples=60, model=model)
    assert finding.verdict is Verdict.PASS, finding.message


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("valid_requests", put("system_fingerprint", "fp_1"), "accepted"),
        ("valid_requests", REFUSED, "accepted"),
        ("valid_requests", status(429), "inconclusive"),
        ("valid_requests", only(has("stop"), put("choices.*.finish_reason", "eos")), "violated"),
        ("valid_requests", only(has("n"), put("choices.*.index", 0)), "violated"),
        ("no_server_error", respond(400, {"error": {"message": "no"}}), "accepted"),
        ("no_server_error", status(504), "inconclusive"),
        ("no_server_error", only(has("n"), respond(500, {"error": {"message": "panic"}})), "violated"),
        ("no_server_error", only(has("n"), once_more), "violated"),
        ("no_server_error", only(has("stream"), broken_off), "violated"),
        ("no_server_error", only(has("n"), put("choices.*.finish_reason", "error")), "violated"),
        ("no_server_error", only(has("n"), respond(200, {"error": {"message": "panic"}})), "violated"),
        ("one_violated_constraint", only(mistaken, respond(200, {"error": {"message": "It is wrong."}})), "violated"),
        ("one_violated_constraint", only(mistaken, late), "violated"),
        ("single_requests", put("system_fingerprint", "fp_1"), "accepted"),
        ("single_requests", only(labelled("tool-round-trip"), drop("usage.total_tokens")), "violated"),
        ("single_requests", only(labelled("parameters-"), drop("id")), "violated"),
        ("single_requests", only(labelled("context-overflow"), respond(413, {"detail": "too large"})), "accepted"),
        ("single_requests", only(labelled("context-overflow"), respond(400, {"detail": "too long"})), "violated"),
        ("single_requests", status(503), "inconclusive"),
        ("one_violated_constraint", only(mistaken, REFUSED), "accepted"),
        ("one_violated_constraint", only(mistaken, status(500)), "violated"),
        ("one_violated_constraint", only(mistaken, drop("error.message")), "violated"),
        ("one_violated_constraint", only(mistaken, put("error.param", None)), "accepted"),
        ("one_violated_constraint", only(mistaken, put("error.param", "max_tokens")), "violated"),
        ("growing_conversation", put("usage.prompt_tokens", lambda count: count * 3), "accepted"),
        ("growing_conversation", put("usage.prompt_tokens", 100), "violated"),
        ("growing_conversation", drop("usage"), "inconclusive"),
        ("growing_conversation", only(has("stream"), put("usage.prompt_tokens", 1)), "violated"),  # B093, B039
        ("growing_conversation", only(later, put("usage.prompt_tokens", 3)), "violated"),
    ],
)  # fmt: skip
def test_properties(name: str, change: Fault, expected: Said) -> None:
    assert asked(f"properties.{name}", chain(change)) == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", [put("x", 1), status(418)], ids=["conforming", "failing"])
def test_few_requests_are_sent_and_the_same_ones_again(name: str, change: Fault) -> None:
    def sent() -> list[str]:
        keys: list[str] = []
        send = endpoint(change)

        def counting(request: Request) -> Exchange:
            keys.append(request.key)
            return send(request)

        found(f"properties.{name}", counting, examples=8)
        return keys

    first = sent()
    assert len(set(first)) <= 16
    assert sent() == first


def test_the_smallest_example_is_named_and_is_the_evidence() -> None:
    send = endpoint(only(has("stop"), put("choices.*.finish_reason", "eos")))
    finding = found("properties.valid_requests", send, examples=60)
    asked_for = json.loads(finding.message.partition("; asked: ")[2])
    assert set(asked_for) == {"model", "messages", "max_tokens", "temperature", "stop"}
    assert asked_for["messages"] == [{"role": "user", "content": "Say OK."}]
    assert len(finding.evidence) == 1


def test_a_search_without_any_example_shows_nothing() -> None:
    def nothing(request: Request) -> Exchange:
        raise Inconclusive("down")

    def check(request: Request, send: Send) -> None:
        send(request)

    with pytest.raises(Inconclusive, match="down"):
        search(valid_requests(GPT.claims), check, nothing, 5)


def test_valid_requests_are_valid_and_claimed() -> None:
    model = Model(GPT.name, GPT.family, frozenset({"chat.n", "chat.seed", "chat.stream", "chat.tools"}))
    seen: list[Request] = []

    def check(request: Request, send: Send) -> None:
        seen.append(request)
        send(request)

    search(valid_requests(model.claims), check, endpoint(), 80)
    for request in seen:
        assert not list(validator("request").iter_errors(request.asked | {"model": "m"})), request.asked
        assert all(map(model.claims, request.features)), request.features
    assert len({request.key for request in seen}) > 40


def test_one_constraint_is_violated() -> None:
    seen: set[str] = set()

    def check(broken: Broken, send: Send) -> None:
        seen.add(broken.said)
        send(broken.request)

    search(broken_requests(GPT.claims), check, endpoint(), 300)
    assert {"model is dropped", "messages is an empty array"} <= seen
    assert len(seen) > 100


@pytest.mark.parametrize(
    ("param", "path", "blamed"),
    [
        (None, "n", ""),
        ("", "n", ""),
        ("n", "n", ""),
        ("messages", "n", "messages"),
        ("messages[0].role", "messages.*.role", ""),
        ("body.messages.0.content", "messages.*.role", ""),
        ("role", "messages.*.role", ""),
        ("max_tokens", "messages.*.role", "max_tokens"),
        ("logprobs", "top_logprobs", ""),  # it was not sent, which is what is wrong
        ("model", "", ""),
    ],
)
def test_another_member_is_blamed(param: str | None, path: str, blamed: str) -> None:
    error = {"error": {"message": "no", "type": "invalid_request_error", "param": param, "code": None}}
    exchange = respond(400, error)(endpoint()(PLAIN))
    assert blames(exchange, path) == blamed


def test_turns_switch_modes_and_offer_tools() -> None:
    seen: set[tuple[bool, bool]] = set()

    def check(told: tuple[Turn, ...], send: Send) -> None:
        seen.update((each.streams, each.tools) for each in told)

    search(turns(GPT.claims), check, endpoint(), 40)
    assert {(False, False), (True, False), (True, True)} <= seen
