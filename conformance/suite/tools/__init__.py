"""Tool calls in every reply: what was asked for, whole and streamed."""

from conformance.contract.requirement import Area, Impact

AREA = Area("tools", Impact.CLIENTS, needs_model=True)

CALLS = "choices.*.message.tool_calls"
DELTAS = "choices.*.delta.tool_calls"
