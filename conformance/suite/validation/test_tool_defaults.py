"""Defaults of tools that are written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, respond, status
from conformance.contract.given import on_demand
from conformance.contract.profile import Model
from conformance.contract.requests import WEATHER, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable, Request
from conformance.evidence.observed import answered_with
from conformance.language import joined, say
from conformance.suite.support.refusals import not_about_the_key

from . import AREA

_REFUSED = {"error": {"message": "not supported", "type": "invalid_request_error", "param": None, "code": None}}


def _offered(label: str, function: dict[str, Any] | None = None, **members: Any) -> Request:
    tool = {"type": "function", "function": WEATHER["function"] | (function or {})}
    return chat(label=label, tools=[tool], **members)


_STRICT, _DASH = {"strict": False}, {"name": "get-weather"}
_MEMBERS: dict[str, Any] = {"tool_choice": "auto", "parallel_tool_calls": True}
TOGETHER = _offered("tool-defaults", _STRICT | _DASH, **_MEMBERS)
SINGLY = (
    _offered("tool-default-strict", _STRICT),
    _offered("tool-name-with-a-dash", _DASH),
    *(_offered(f"default-{name}", **{name: value}) for name, value in _MEMBERS.items()),
)
NONE = _offered("tool-plainest")


@AREA.should(
    "accept tools with strict false, tool_choice auto and parallel_tool_calls true written out, and a dash in a name",
    on={"together": TOGETHER, "singly": on_demand(*SINGLY), "plainest": on_demand(NONE)},
    impact=Impact.CLIENTS,
    source="openai-openapi#FunctionObject.strict",
    contract=["validation-24"],
    at="error",
    hint="Leave out what has its default before an upstream rejects it.",
    broken_by={
        "strict": only(lambda each: b'"strict"' in each.body, respond(400, _REFUSED)),
        "a dash": only(lambda each: b'"get-weather"' in each.body, respond(400, _REFUSED)),
        "parallel_tool_calls": only(lambda each: "parallel_tool_calls" in each.asked, status(500)),
    },
)
def test_tool_defaults_accepted(
    together: Exchange, singly: Sequence[Exchange], plainest: Sequence[Exchange], model: Model
) -> None:
    """Together first, and one by one only to name what is refused."""
    if model.reasons:
        raise NotApplicable(say("a model that reasons may reject parallel_tool_calls"))
    if not not_about_the_key(together).succeeded:
        if not plainest[0].succeeded:
            raise NotApplicable(say("tools are rejected with {outcome}", plainest[0].outcome))
        found = [each for each in singly if not each.succeeded]
        raise AssertionError(joined("; ", map(answered_with, found)) or answered_with(together))
