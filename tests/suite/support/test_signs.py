"""What is searched for by signs first is found wherever it is."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.observed import may_have
from conformance.suite.security.patterns import (
    ACCOUNT,
    ACCOUNT_SIGNS,
    CREDENTIAL,
    CREDENTIAL_SIGNS,
    INTERNALS,
)
from conformance.suite.security.test_secrets import _may_disclose
from conformance.suite.support.markup import (
    _CALL,
    CALL_MARKUP,
    RESIDUE,
    SPECIAL,
    TEMPLATE_TOKENS,
    THOUGHT_TAGS,
    may_hold,
)  # fmt: skip

MARKUP = [
    (TEMPLATE_TOKENS, TEMPLATE_TOKENS), (r"</?s>", TEMPLATE_TOKENS), (THOUGHT_TAGS, THOUGHT_TAGS),
    (CALL_MARKUP, CALL_MARKUP), (RESIDUE, CALL_MARKUP), (SPECIAL, CALL_MARKUP), (_CALL.pattern, CALL_MARKUP),
]  # fmt: skip
SLOW = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)


@SLOW
@pytest.mark.parametrize(("pattern", "markup"), MARKUP)
@given(data=st.data())
def test_markup_has_a_sign(pattern: str, markup: str, data: st.DataObject) -> None:
    assert may_hold(data.draw(st.from_regex(pattern)), markup)


@SLOW
@pytest.mark.parametrize(("pattern", "signs"), [(CREDENTIAL, CREDENTIAL_SIGNS), (ACCOUNT, ACCOUNT_SIGNS)])
@given(data=st.data())
def test_a_secret_has_a_sign(pattern: re.Pattern[str], signs: tuple[str, ...], data: st.DataObject) -> None:
    text = data.draw(st.from_regex(pattern, alphabet=st.characters(codec="ascii")))
    assert any(sign in text for sign in signs)


@settings(SLOW, max_examples=300)
@given(text=st.from_regex(INTERNALS))
def test_what_is_internal_has_a_sign(text: str) -> None:
    assert _may_disclose(text)


WORD = "reasoning_content"


@pytest.mark.parametrize(
    ("content", "may"),
    [
        (json.dumps({WORD: 1}).encode(), True),
        (json.dumps({"content": f"the {WORD}"}).encode(), True),
        (json.dumps({WORD: 1}).replace("r", "\\u0072").encode(), True),
        (json.dumps({"content": "reasoning"}).encode(), False),
        (json.dumps({"content": "中"}).encode(), False),
    ],
)
def test_a_word_is_seen_in_whatever_form(content: bytes, may: bool) -> None:
    assert may_have(Exchange(Request(), 200, reads=((0.0, content),)), WORD) is may
