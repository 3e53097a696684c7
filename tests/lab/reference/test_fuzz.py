"""No body, however strange, is answered with anything but a reply or an error that is formed as errors are."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.requests import DECLARED
from conformance.evidence.exchange import Request
from conformance.lab.reference import Endpoint

BODIES = [
    each.to("reference-claude", "abcdef").asked
    for each in DECLARED
    if each.asked.get("messages") and len(each.body) < 5000
]
WORDS = st.sampled_from(
    [
        "type",
        "function",
        "name",
        "role",
        "user",
        "tool",
        "content",
        "text",
        "url",
        "auto",
        "$ref",
        "#",
        "object",
        "5m",
        "ttl",
        "ephemeral",
        "cache_control",
    ]
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)


def places(document: Any) -> list[tuple[Any, Any]]:
    """Each container of a document with each of its keys."""
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    found = []
    for key, value in list(inside):
        found.append((document, key))
        if isinstance(value, dict | list):
            found += places(value)
    return found


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(BODIES), st.data())
def test_any_body_is_answered(body: dict[str, Any], data: st.DataObject) -> None:
    body = deepcopy(body)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(body)))
        if isinstance(container, dict) and data.draw(st.booleans()):
            container[data.draw(WORDS)] = data.draw(ANYTHING)
        else:
            container[key] = data.draw(ANYTHING)
    exchange = Endpoint().answer(Request(body=json.dumps(body).encode()))
    assert exchange.status in (200, 400, 404)
    if exchange.status == 200:
        assert exchange.choices
    else:
        assert list(exchange.document) == ["error"]
        assert exchange.error["message"]
