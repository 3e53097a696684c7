"""What usage counts must add up to, beyond their shape and sums (`test_shape.py`)."""

from __future__ import annotations

from typing import Any

from conformance.exchange import NotApplicable
from conformance.families import EVERY_USAGE
from conformance.faults import put
from conformance.requirement import must


@must(
    "count at least one completion token for text or a tool call that it returns",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.completion_tokens",
    contract=["usage-04"],
    at="usage.completion_tokens",
    hint="Pass the upstream's output count on; do not send usage before the output is counted.",
    broken_by=put("usage.completion_tokens", 0),
)
def test_output_costs_tokens(messages: list[dict[str, Any]], usage: dict[str, Any]) -> None:
    if not any(message.get("content") or message.get("tool_calls") for message in messages):
        raise NotApplicable("the reply has neither text nor a tool call")
    count = usage.get("completion_tokens")
    if type(count) is not int:
        raise NotApplicable("completion_tokens is not an integer, which is another requirement")
    assert count >= 1, f"completion_tokens is {count}, yet the reply has text or a tool call"
