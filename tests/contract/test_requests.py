"""The declared requests, and what is made of them for a model."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract import requests
from conformance.contract.for_model import for_model
from conformance.contract.marks import ENDPOINT
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, again, bad, cached, chat, features_of, streamed
from conformance.contract.vocabulary import validator
from conformance.evidence.exchange import MODEL, SALT, Request
from conformance.suite.catalogue import declared, load

MODELS = [Model.parse(name) for name in ("gpt-4o", "gpt-5", "o3-mini", "claude-sonnet-4-5", "gemini-2.5-pro")]
SALTED = "abcdefghijkl"
DECLARED = declared()


def test_equal_requests_have_equal_keys() -> None:
    one, other = chat("Hi.", label="one", n=2), chat("Hi.", label="other", after=PLAIN, n=2)
    assert one == other
    assert one.key == other.key


@given(
    st.sampled_from(["method", "path", "body", "headers", "credentials", "attempt", "hang_up_after"]),
    st.sampled_from(DECLARED),
)
def test_requests_that_differ_on_the_wire_have_different_keys(name: str, request: Request) -> None:
    others: dict[str, Any] = {
        "method": "TRACE", "path": "/elsewhere", "body": b"other", "headers": (("x", "y"),),
        "credentials": "none" if request.credentials != "none" else "unknown", "attempt": 99, "hang_up_after": 99,
    }  # fmt: skip
    changed = Request(**{field: getattr(request, field) for field in others} | {name: others[name]})
    assert changed.key != request.key


def test_a_label_names_one_request() -> None:
    """Recordings and counterexamples find named requests by their label."""
    named = {each for requirement in load().values() if isinstance(requirement.on, tuple) for each in requirement.on}
    labels: dict[str, set[str]] = {}
    for request in (*DECLARED, *named):
        labels.setdefault(request.key, set()).add(request.label)
    assert [names for names in labels.values() if len(names) > 1] == []
    assert "" not in {request.label for request in DECLARED}


def test_every_request_of_the_module_is_declared() -> None:
    named = {name: each for name, each in vars(requests).items() if isinstance(each, Request)}
    assert [name for name, each in named.items() if not name.startswith("_") and each not in requests.DECLARED] == []


def test_labels_are_unique() -> None:
    assert [label for label, count in Counter(request.label for request in DECLARED).items() if count > 1] == []


@pytest.mark.parametrize("model", [each for each in MODELS if not each.reasons], ids=lambda model: model.name)
def test_keys_are_unique(model: Model) -> None:
    keys = Counter(for_model(request, model, SALTED).key for request in DECLARED)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_is_meant_to_be_answered_is_a_valid_request(model: Model) -> None:
    meant = [each for each in DECLARED if each.expect == "reply" and each.method == "POST"]
    assert len(meant) > 30
    problems = {
        request.label: error.message
        for request in meant
        for error in validator("request").iter_errors(for_model(request, model, SALTED).document)
    }
    assert problems == {}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_nothing_is_left_to_fill_in(model: Model) -> None:
    for each in DECLARED:
        request = for_model(each, model, SALTED)
        while request:
            assert MODEL.encode() not in request.body
            assert SALT.encode() not in request.body
            if not request.after:
                break
            request = request.after


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_must_come_first_is_a_declared_request_too(model: Model) -> None:
    keys = {for_model(request, model, SALTED).key for request in DECLARED}
    for each in DECLARED:
        request = for_model(each, model, SALTED)
        assert request.after is None or request.after.key in keys, each.label


def test_what_is_asked_of_one_model_comes_first_for_none_of_another() -> None:
    """Otherwise the others would ask it again, each on its own."""
    apart = [each for each in DECLARED if each.after and ENDPOINT in each.after.features - each.features]
    assert apart == []


# --- models that reason ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpt-5", "o3-mini"])
def test_a_model_that_reasons_is_asked_in_its_way(name: str) -> None:
    asked = for_model(chat("Hi.", max_tokens=20), Model.parse(name), SALTED).asked
    assert "temperature" not in asked
    assert "max_tokens" not in asked
    assert asked["max_completion_tokens"] >= 4096
    assert asked["messages"] == chat("Hi.").asked["messages"]


def test_one_that_is_no_openai_model_is_left_room_only() -> None:
    model = Model.parse("our-qwq=other:+reasoning")
    asked = for_model(chat("Hi.", max_tokens=20), model, SALTED).asked
    assert asked == chat("Hi.").asked | {"model": model.name, "max_tokens": 4096}


def test_a_mistaken_request_is_wrong_for_that_mistake_only() -> None:
    model = Model.parse("gpt-5")
    request = bad("no-messages", {"model": MODEL, "temperature": 0, "max_tokens": 16})
    assert for_model(request, model, SALTED).asked == {"model": "gpt-5", "max_completion_tokens": 4096}


@pytest.mark.parametrize(
    "mistake",
    [{"temperature": 100}, {"temperature": "1"}, {"max_tokens": 1.5}, {"max_tokens": -5}, {"max_tokens": 2**64}],
    ids=str,
)
def test_a_mistaken_limit_is_not_mended(mistake: dict[str, Any]) -> None:
    request = bad("wrong", {"model": MODEL} | mistake)
    assert for_model(request, Model.parse("gpt-5"), SALTED).asked == {"model": "gpt-5"} | mistake


def test_bytes_that_need_no_change_stay() -> None:
    request = bad("odd", b'{"model": "$MODEL$",  "n": 1, "n": 2}')
    assert for_model(request, Model.parse("gpt-5"), SALTED).body == b'{"model": "gpt-5",  "n": 1, "n": 2}'


def test_other_models_are_asked_as_declared() -> None:
    assert for_model(PLAIN, Model.parse("gpt-4o"), SALTED).asked == PLAIN.asked | {"model": "gpt-4o"}


# --- builders -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "features"),
    [
        (chat(), set()),
        (chat(n=2), {"chat.n"}),
        (chat(response_format={"type": "json_object"}), {"chat.response_format", "chat.response_format.json_object"}),
        (streamed(chat()), {"chat.stream", "chat.stream_options"}),
        (streamed(chat(), usage=False), {"chat.stream"}),
        (bad("x", {"n": -1}, credentials="none"), {"auth"}),
    ],
)
def test_features(request_: Request, features: set[str]) -> None:
    assert request_.features == features


def test_a_marker_needs_explicit_caching() -> None:
    assert "cache.explicit" in cached("x", None).features
    assert features_of(None) == features_of([1]) == frozenset()


def test_again_is_another_request_that_comes_after() -> None:
    repeated = again(PLAIN)
    assert repeated.after is PLAIN
    assert repeated.body == PLAIN.body
    assert repeated.key != PLAIN.key
