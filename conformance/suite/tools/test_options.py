"""What was asked for beside tool_choice: parallel_tool_calls, strict functions."""

from __future__ import annotations

from conformance.contract.faults import put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import replies_where, tool_choice
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, list_of
from conformance.language import say
from conformance.suite.support.calls import JSONObject, call, declared
from conformance.suite.support.structured import problem

from . import AREA, CALLS
from .reading import parsed_calls


def _strict(function: JSONObject) -> bool:
    return function.get("strict") is True and isinstance(function.get("parameters"), dict)


ONE_AT_MOST = replies_where(
    "every reply where parallel_tool_calls is false",
    lambda each: bool(each.asked.get("tools")) and each.asked.get("parallel_tool_calls") is False,
    "parallel_tool_calls",
)
STRICT = replies_where(
    "every reply that was offered a strict function",
    lambda each: tool_choice(each) != "none" and any(map(_strict, declared(each.asked).values())),
    "tools",
)


@AREA.must(
    "call at most one tool where parallel_tool_calls is false",
    on=ONE_AT_MOST,
    impact=Impact.DATA,
    source="openai-openapi#ParallelToolCalls",
    contract=["tools-11"],
    at=CALLS,
    hint="Pass the false on: omitempty drops it. Claude's name for it is disable_parallel_tool_use.",
    needs=["request"],
    broken_by=put(CALLS, lambda calls: [*calls, call("call_2", "Paris")]),
)
def test_one_at_most(exchange: Exchange) -> None:
    counts = [len(list_of(message.get("tool_calls"))) for message in exchange.messages]
    if not any(counts):
        raise Inconclusive(say("the model called no tool at all"))
    assert max(counts) <= 1, say("parallel_tool_calls is false, yet {most_counts} tools are called", max(counts))


@AREA.should(
    "follow the parameters of a strict function",
    on=STRICT,
    impact=Impact.DATA,
    source="openai-openapi#FunctionObject.strict",
    contract=["tools-12"],
    at=f"{CALLS}.*.function.arguments",
    hint="Pass strict on, or constrain the arguments.",
    needs=["request"],
    broken_by={
        "a value outside the enumeration": put(
            f"{CALLS}.*.function.arguments", lambda text: text.replace("friday", "x")
        ),
        "one member more": put(f"{CALLS}.*.function.arguments", lambda text: text[:-1] + ', "extra": 1}'),
    },
    needs_model=False,
)
def test_strict_arguments(exchange: Exchange) -> None:
    strict = [(function, arguments) for function, arguments in parsed_calls(exchange) if _strict(function)]
    if not strict:
        raise NotApplicable(say("no strict function was called"))
    for function, arguments in strict:
        departure = problem(arguments, function["parameters"])
        assert not departure, say(
            "the arguments of {name} depart from its schema at {departure}", function["name"], departure
        )
