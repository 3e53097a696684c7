"""Calls that a question needs: how they end, how many come, and whether strict functions are accepted."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import drop, only, put, status
from conformance.contract.given import tries
from conformance.contract.requests import (
    ONE_CALL,
    PARIS,
    TIME,
    TOOL_AUTO,
    TOOL_PARALLEL,
    TOOL_PARALLEL_STREAM,
    TOOL_REQUIRED,
    TOOL_STRICT,
    WEATHER,
    chat,
)
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation
from conformance.language import say
from conformance.suite.support.calls import called, first_with_calls
from conformance.suite.support.refusals import rejected
from conformance.suite.support.replies import REFUSED

from . import AREA, CALLS

TOOL_SAID_AUTO = chat(PARIS, label="tool-said-auto", tools=[WEATHER], tool_choice="auto", max_tokens=ONE_CALL)
_TIME_ONLY = {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_time"}}]}
TOOL_ALLOWED = chat(
    PARIS, label="tool-allowed", tools=[WEATHER, TIME], max_tokens=ONE_CALL, features=frozenset({"tools.allowed"}),
    tool_choice={"type": "allowed_tools", "allowed_tools": _TIME_ONLY},
)  # fmt: skip


def _ends_with_tool_calls(answers: Sequence[Exchange]) -> Inconclusive | None:
    """Hold that the first answer with a call ends with tool_calls. Returns why that cannot be shown where none has a
    call, so that other answers are judged before."""
    try:
        exchange = first_with_calls(answers, 1)
    except Inconclusive as reason:
        return reason
    ended = exchange.choices[0].get("finish_reason")
    if ended in ("length", "content_filter"):
        raise Inconclusive(say("the call was cut off: {ended}", ended))
    assert ended == "tool_calls", say(
        "“{request}”: a tool is called, and finish_reason is {ended!r}", exchange.request, ended
    )
    return None


@AREA.should(
    "end a reply in which the model chose to call a tool with the finish_reason tool_calls",
    on={"by_default": tries(TOOL_AUTO), "said": tries(TOOL_SAID_AUTO)},
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-04"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (tool_use, STOP) to tool_calls: clients run the tools when they read it.",
    broken_by={
        "stop": put("choices.*.finish_reason", "stop"),
        "the upstream's word": put("choices.*.finish_reason", "tool_use"),
        "stop where auto is said": only(
            lambda request: "tool_choice" in request.asked, put("choices.*.finish_reason", "stop")
        ),
    },
)
def test_auto(by_default: Sequence[Exchange], said: Sequence[Exchange]) -> None:
    silent = [_ends_with_tool_calls(answers) for answers in (by_default, said)]
    for reason in filter(None, silent):
        raise reason


@AREA.should(
    "accept a tool_choice of auto, which is the default, as it accepts tools without one",
    on={"said": TOOL_SAID_AUTO, "by_default": TOOL_AUTO},
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-04"],
    at="error",
    hint="Leave tool_choice out for an upstream that does not know it: auto is what it does anyway.",
    broken_by={
        "refused": only(lambda request: request.asked.get("tool_choice") == "auto", REFUSED),
        "a failure": only(lambda request: request.asked.get("tool_choice") == "auto", status(500)),
    },
    needs_model=False,
)
def test_said_auto(said: Exchange, by_default: Exchange) -> None:
    if not by_default.succeeded:
        raise Inconclusive(say("tools without tool_choice are answered with {outcome}, too", by_default.outcome))
    if not said.succeeded:
        text = " ".join(said.text.split())[:160]
        raise Violation(
            say("tool_choice auto is answered with {outcome}: {text}", said.outcome, text), said, by_default
        )


@AREA.may(
    "call only what tool_choice allows where it is allowed_tools, or reject it with a 4xx",
    on=(TOOL_ALLOWED,),
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionAllowedToolsChoice",
    contract=["tools-09"],
    at=f"{CALLS}.*.function.name",
    hint="Leave the other tools out for an upstream that cannot choose among them.",
    broken_by={
        "another": put(f"{CALLS}.*.function.name", "get_weather"),
        "none": drop(CALLS),
        "a failure": status(500),
    },
)
def test_allowed(exchange: Exchange) -> None:
    if rejected(exchange):
        return
    names = [each.get("name") for each in called(exchange)]
    if not exchange.choices:
        raise Inconclusive(say("the reply has no choice"))
    assert names, say("allowed_tools requires a call, and none came")
    assert set(names) == {"get_time"}, say("only get_time is allowed, and {names} are called", names)


def _not_in_one_form_only(*forms: Sequence[Exchange]) -> None:
    """Hold that several calls do not come in one of the two forms only. A model may call one tool at a time; one that
    makes several calls each time can make them in a stream, too."""
    counts: dict[str, list[int]] = {}
    for answers in forms:
        exchanges = list(answers)
        counts[str(exchanges[0].request)] = [len(called(each)) for each in exchanges]
    one_each = [label for label, found in counts.items() if set(found) == {1}]
    several = [label for label, found in counts.items() if min(found) >= 2]
    assert not (one_each and several), say(
        "each answer to “{several}” has several calls, to “{one_each}” one", several[0], one_each[0]
    )


def _ids_differ(exchange: Exchange) -> None:
    ids = [each.get("id") for each in exchange.tool_calls]
    assert len({str(each) for each in ids}) == len(ids), say(
        "“{request}”: {number} calls have the ids {ids}", exchange.request, len(ids), ids
    )


def _one_call_for_each_city(exchange: Exchange) -> None:
    said = [str(each.get("arguments")) for each in called(exchange)]
    apart = any("Paris" in each and "Tokyo" not in each for each in said)
    apart = apart and any("Tokyo" in each and "Paris" not in each for each in said)
    assert apart, say(
        "“{request}”: expected a call for Paris and another for Tokyo: {said}", exchange.request, "; ".join(said)[:300]
    )


@AREA.should(
    "make several calls in one message, each with an id and arguments of its own",
    on={"plain": tries(TOOL_PARALLEL), "stream": tries(TOOL_PARALLEL_STREAM)},
    impact=Impact.DATA,
    source="openai-openapi#ParallelToolCalls",
    contract=["tools-10"],
    at=CALLS,
    hint="Translate each of the upstream's calls to one entry of tool_calls.",
    broken_by={
        "one id": put(f"{CALLS}.*.id", "call_0"),
        "the same arguments": put(f"{CALLS}.*.function.arguments", '{"city":"Paris"}'),
        "both cities in one": put(f"{CALLS}.*.function.arguments", '{"city":"Paris","also":"Tokyo"}'),
        "the second lost": put(CALLS, lambda calls: calls[:1]),
    },
    after=["tool_call.id", "tools.ids_differ"],
)
def test_several(plain: Sequence[Exchange], stream: Sequence[Exchange]) -> None:
    for answers in (plain, stream):
        try:
            exchange = first_with_calls(answers, 2)
        except Inconclusive:
            _not_in_one_form_only(plain, stream)
            raise
        _ids_differ(exchange)
        _one_call_for_each_city(exchange)


@AREA.should(
    "accept strict functions where it accepts functions",
    on={"strict": TOOL_STRICT, "plain": TOOL_REQUIRED},
    source="openai-openapi#FunctionObject.strict",
    contract=["tools-12"],
    at="error",
    hint="Leave strict out for an upstream that does not know it: SDKs send it with every function.",
    broken_by=only(lambda request: b'"strict"' in request.body, REFUSED),
    needs_model=False,
)
def test_strict_taken(strict: Exchange, plain: Exchange) -> None:
    if not plain.succeeded:
        raise NotApplicable(say("functions without strict are answered with {outcome}, too", plain.outcome))
    said = " ".join(strict.text.split())[:160]
    assert strict.succeeded, say("a strict function is answered with {outcome}: {said}", strict.outcome, said)
