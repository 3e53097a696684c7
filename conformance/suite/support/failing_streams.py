"""Failures: what no error says, and a stream that fails after it began, for counterexamples."""

from __future__ import annotations

from conformance.contract.faults import chunk, events

#: What programming languages print in place of nothing.
NOTHING = ("<nil>", "nil", "null", "None", "NoneType", "undefined", "[object Object]")
_ERROR = {"message": "The upstream broke off", "type": "server_error", "param": None, "code": None}
ERROR = chunk({"error": _ERROR})
#: The same as some gateways send it, in the members of a chunk.
ERROR_CHUNK = chunk({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "error": _ERROR})
#: A stream that fails after its second event, told as OpenAI tells it.
failing = events(lambda before: [*before[:2], (before[1 % len(before)][0], ERROR), *before[-1:]])
