"""A stream that fails after it began, for counterexamples."""

from __future__ import annotations

from conformance.contract.faults import chunk, events

ERROR = chunk({"error": {"message": "The upstream broke off", "type": "server_error", "param": None, "code": None}})
#: A stream that fails after its second event, told as OpenAI tells it.
failing = events(lambda before: [*before[:2], (before[1 % len(before)][0], ERROR), *before[-1:]])
