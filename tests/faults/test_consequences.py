"""A fault with consequences is one finding: what follows from it is told as its consequence."""

from __future__ import annotations

import pytest

from conformance.judgement.consequences import folded
from conformance.judgement.verdict import VIOLATIONS
from conformance.policy.gating import DEFAULT
from conformance.suite.catalogue import load
from tests.support.judging import findings

from .judging import faulty


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("billing-prompt-without-cache", "usage.prompt_tokens.covers_cache"),
        ("call-ids-cut", "tools.ids_differ"),
        ("call-ids-empty", "tool_call.id"),
        ("choices-from-one", "envelope.choice_indices"),
        ("chunks-in-lists", "framing.one_json_object"),
        ("created-in-milliseconds", "chunk.created"),
        ("id-empty", "completion.id"),
        ("stop-ignored", "stop.text_ends_before"),
        ("text-in-parts", "message.content"),
    ],
)
def test_one_finding(fault: str, cause: str) -> None:
    known = load()
    found = [DEFAULT.graded(known[each.requirement], each) for each in findings(faulty([fault]))]
    violated = {each.requirement for each in found if each.verdict in VIOLATIONS}
    assert len(violated) > 1, "it has no consequences"
    told = folded(found, known)
    assert {each.requirement for each in told if each.verdict in VIOLATIONS} == {cause}
    assert {each.follows for each in told if each.requirement in violated - {cause}} == {cause}
