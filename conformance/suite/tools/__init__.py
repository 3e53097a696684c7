"""Tool calls in every reply: what was asked for, whole and streamed."""

from conformance.contract.requirement import Area

AREA = Area("tools")

CALLS = "choices.*.message.tool_calls"
DELTAS = "choices.*.delta.tool_calls"
