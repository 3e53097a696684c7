"""Tools in use: calls that a question needs, results that are sent back, and what a request combines them with."""

from conformance.contract.requirement import Area, Impact

AREA = Area("tool_use", Impact.CLIENTS, needs_model=True)

CALLS = "choices.*.message.tool_calls"
