"""A request that sends the result of a tool back, generated from the call that the model made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.contract.requests import PARIS, WEATHER, chat
from conformance.evidence.exchange import Exchange, NotApplicable, Request, list_of
from conformance.language import say

from .calls import first_with_calls, result


def after_call(answers: Iterable[Exchange]) -> Request:
    """The request with the result of the first call among answers to `TOOL_AUTO`. Raises Inconclusive where no answer
    has a call, NotApplicable where a call has no id."""
    message = first_with_calls(answers, 1).messages[0]
    found = [each for each in list_of(message.get("tool_calls")) if isinstance(each, dict)]
    calls = [{name: each.get(name) for name in ("id", "type", "function")} for each in found]
    if not calls or not all(isinstance(each["id"], str) and each["id"] for each in calls):
        raise NotApplicable(say("a call has no id (covered by tool_call.id)"))
    results = [result(str(each["id"]), '{"temperature": "-37.5", "unit": "celsius"}') for each in calls]
    question = {"role": "user", "content": PARIS}
    made: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": calls}
    return chat(label="tool-round-trip", messages=[question, made, *results], tools=[WEATHER], max_tokens=100)
