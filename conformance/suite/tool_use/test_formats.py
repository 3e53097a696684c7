"""Tools and response_format in one request."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import put
from conformance.contract.given import tries
from conformance.contract.requests import ONE_CALL, PARIS, WEATHER, chat, streamed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.calls import called, is_object
from conformance.suite.support.replies import answered, one_of

from . import AREA

_ANSWER = {
    "type": "object",
    "properties": {"greeting": {"type": "string"}, "words": {"type": "integer"}},
    "required": ["greeting", "words"],
    "additionalProperties": False,
}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "greeting", "strict": True, "schema": _ANSWER}}
#: Both in one request is more than some upstreams can; what is required of each alone is not judged on these.
_BOTH = frozenset({"schema.beside_tools"})
FORMAT_BESIDE_TOOLS = streamed(
    chat(
        "Greet me in ten words or so, and tell me the weather in Paris.",
        label="format-beside-tools", tools=[WEATHER], tool_choice="none", max_tokens=200,
        response_format=_FORMAT, features=_BOTH,
    )
)  # fmt: skip
CALL_BESIDE_FORMAT = chat(
    PARIS, label="call-beside-format", tools=[WEATHER], tool_choice="required", max_tokens=ONE_CALL,
    response_format=_FORMAT, features=_BOTH,
)  # fmt: skip


def _not_both(exchange: Exchange) -> str:
    """What is wrong with an answer to a request with tools and a format: a call is due where required, else JSON."""
    if exchange.status in (400, 422):
        raise NotApplicable(say("tools and response_format together are rejected"))
    text = answered(exchange)
    if exchange.request.asked["tool_choice"] == "required":
        return "" if called(exchange) else say("no tool is called: {text!r}", text[:160])
    return "" if is_object(text) else say("the content is no JSON object: {text!r}", text[:160])


@AREA.should(
    "heed both tools and response_format of a request: JSON where tools are ruled out, a call where one is required",
    on={"formatted": tries(FORMAT_BESIDE_TOOLS), "calling": tries(CALL_BESIDE_FORMAT)},
    impact=Impact.DATA,
    source="openai-structured-outputs#structured-model-outputs",
    contract=["tools-06", "schema-03"],
    at="choices.*.message",
    hint="Where the format is forced by a tool of the gateway's own, offer the caller's tools beside it.",
    broken_by={
        "prose": put("choices.*.delta.content", lambda text: text and "Hello! "),
        "JSON in place of the call": put("choices.*.message", {"role": "assistant", "content": '{"greeting": "Hi"}'}),
    },
    after=["structured_output.follows_schema", "structured_output.follows_schema_streamed", "equivalence.text"],
)
def test_beside_format(formatted: Sequence[Exchange], calling: Sequence[Exchange]) -> None:
    for answers in (formatted, calling):
        one_of(answers, _not_both)
