"""Results that are sent back: the model reads each, for its own call, and the system message beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.faults import only, put
from conformance.contract.given import on_demand, tries
from conformance.contract.requests import TOOL_AUTO, attempts
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, Request, Violation, list_of
from conformance.evidence.send import Send
from conformance.language import say
from conformance.suite.support.calls import call, called
from conformance.suite.support.replies import REFUSED, answered, control, exchanged, lacks, one_of, without
from conformance.suite.support.results import TOOL_RESULTS
from conformance.suite.support.round_trip import after_call

from . import AREA, CALLS

_SAID = control(
    "tool-round-trip", "The thermometer in Paris says -37.5 celsius. What does the thermometer in Paris say?"
)
#: With a code that is not asked for, so that a model that only repeats what it reads does not pass.
_STATIONS_CONTROL = control(
    "tool-results",
    "Gate ZZ1180 is closed. The stations are QA9026 in Paris, QB4417 in Tokyo and QD6203, the spare station."
    " Which stations are there? Give the three codes in order.",
)


def _is_answer(request: Request) -> bool:
    return any(each.get("role") == "tool" for each in list_of(request.asked.get("messages")))


def _unread(exchange: Exchange) -> str:
    if exchange.succeeded and exchange.tool_calls:
        return say("the tool is called again: {dumps}", json.dumps(called(exchange))[:160])
    if missing := lacks(["37"])(exchange):
        return missing
    reason = exchange.choices[0].get("finish_reason")
    return "" if reason == "stop" else say("the finish_reason is {reason!r}", reason)


@AREA.must(
    "answer with the result of a tool that is sent back",
    on={"calling": tries(TOOL_AUTO), "controls": _SAID},
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionRequestToolMessage",
    contract=["tools-14"],
    at="choices.*.message.content",
    hint="Pass the assistant's calls and the tool's message on together, each under the id of the call.",
    broken_by={
        "refused": only(_is_answer, REFUSED),
        "the result dropped": only(_is_answer, without("37.5")),
        "called again": only(_is_answer, put(CALLS, [call("call_2", "Paris")])),
        "a foreign reason": only(_is_answer, put("choices.*.finish_reason", "tool_calls")),
    },
)
def test_round_trip(calling: Sequence[Exchange], controls: Sequence[Exchange], send: Send) -> None:
    one_of(map(send, attempts(after_call(calling))), _unread, controls, lacks(["37"]))


def _confused_results(exchange: Exchange) -> str:
    if missing := lacks(["QA9026", "QB4417", "QD6203"])(exchange):
        return missing
    text = answered(exchange)
    right = text.index("QA9026") < text.rindex("QB4417")
    return "" if right else say("the station of Tokyo is named for Paris: {text!r}", text[:160])


def _repeated(exchange: Exchange) -> str:
    """What is wrong with the answer to the control, that it has all it was told included."""
    told = "ZZ1180" in answered(exchange)
    return say("the model repeats all that it reads") if told else _confused_results(exchange)


@AREA.should(
    "give the result of each of several calls to the call it belongs to, as text or as an array of parts",
    on={"answers": tries(TOOL_RESULTS), "controls": _STATIONS_CONTROL},
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionRequestToolMessage.tool_call_id",
    contract=["tools-15"],
    at="choices.*.message.content",
    hint="Keep the ids of calls whole, and join the parts of a result.",
    broken_by={
        "refused": REFUSED,
        "the parts dropped": without("QB4417"),
        "one result dropped": without("QA9026"),
        "the last part dropped": without("QD6203"),
        "exchanged": exchanged("QA9026", "QB4417"),
    },
    after=["tools.ids_differ", "tool_use.round_trip"],
)
def test_several_results(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, _confused_results, controls, _repeated)


def _without_tools(request: Request) -> Request:
    """The same without its tools and what was said with them."""
    kept = [each for each in request.asked["messages"] if each["role"] in ("system", "user")]
    body = json.dumps({name: each for name, each in request.asked.items() if name != "tools"} | {"messages": kept})
    return replace(request, body=body.encode(), label=f"{request.label}-without-tools")


def _no_kiwi(exchange: Exchange) -> str:
    """What an answer lacks of what the system message asks for; empty where it follows."""
    if exchange.tool_calls:
        raise Inconclusive(say("the model calls a tool again, and says nothing"))
    return lacks(["KIWI7"])(exchange)


@AREA.must(
    "follow a system message where tools are offered, too",
    on={"answers": tries(TOOL_RESULTS), "without_tools": on_demand(_without_tools(TOOL_RESULTS))},
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionRequestSystemMessage",
    contract=["roles-01"],
    at="choices.*.message.content",
    hint="Pass system messages on in the code that translates tools, as in the one that translates text.",
    broken_by=only(lambda each: b'"tools"' in each.body, without("KIWI7")),
)
def test_system_beside_tools(answers: Sequence[Exchange], without_tools: Sequence[Exchange]) -> None:
    if not answers[0].succeeded:
        raise Inconclusive(say("tool results are rejected (covered by tool_use.several_results)"))
    if any(not _no_kiwi(each) for each in answers):
        return
    raise _followed_without_tools(without_tools[0])


def _followed_without_tools(plain: Exchange) -> Violation:
    """The violation by answers that do not follow beside tools. Raises Inconclusive where this one does not, either."""
    if not plain.succeeded or lacks(["KIWI7"])(plain):
        raise Inconclusive(say("the model does not follow the system message without tools, either"))
    return Violation(
        say("the system message is followed without tools, and in none of three answers beside them"), plain
    )
