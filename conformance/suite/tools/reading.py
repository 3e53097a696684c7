"""What a reply calls: the names, and the arguments as they were declared."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract.scopes import cut_short
from conformance.evidence.exchange import Exchange, NotApplicable, list_of
from conformance.evidence.observed import json_object
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.calls import JSONObject, call_deltas, call_ids, declared, deltas_of
from conformance.suite.support.replies import check_whole


def name_of(call: JSONObject) -> str:
    """The name of the function, or the custom tool, that is called; empty where there is none."""
    tool = call.get("custom" if call.get("type") == "custom" else "function")
    name = tool.get("name") if isinstance(tool, dict) else None
    return name if isinstance(name, str) else ""


def named(calls: list[JSONObject]) -> list[str]:
    """The name of each call that has one: another lacks it (covered by tool_call.function.name). Raises NotApplicable
    where none has."""
    names = [name for name in map(name_of, calls) if name]
    if not names:
        raise NotApplicable(say("no call has a name (covered by tool_call.function.name)"))
    return names


def as_declared(name: str, names: dict[str, JSONObject]) -> str:
    """The declared name of which this is a repetition, else the name itself: a stream whose deltas repeat the name
    folds to “get_timeget_time”, which is covered by tools.named_once."""
    return next((each for each in names if each and each * (len(name) // len(each)) == name), name)


def functions_called(exchange: Exchange) -> list[tuple[JSONObject, str]]:
    """Each called function as it was declared, with the arguments of the call. Choices that were cut short are left
    out, and calls without a name. Raises NotApplicable where none is left, Inconclusive for a stream that broke off."""
    check_whole(exchange)
    names, found = declared(exchange.request.asked), []
    for choice in exchange.choices:
        message = choice.get("message")
        if not isinstance(message, dict) or cut_short(choice.get("finish_reason")):
            continue
        for call in list_of(message.get("tool_calls")):
            function = call.get("function") if isinstance(call, dict) else None
            arguments = function.get("arguments") if isinstance(function, dict) else None
            if isinstance(arguments, str) and name_of(call):
                found.append((names.get(as_declared(name_of(call), names), {}), arguments))
    if not found:
        raise NotApplicable(say("the reply has no whole call with arguments as text"))
    return found


def parsed(arguments: str) -> JSONObject:
    """The arguments of a call. Raises AssertionError where they are not a JSON object."""
    try:
        value = loads(arguments)
    except JSONError as error:
        raise AssertionError(
            say("the arguments are not JSON ({error}): {arguments!r}", error, arguments[:160])
        ) from None
    assert isinstance(value, dict), say("the arguments are JSON, but no object: {arguments!r}", arguments[:160])
    return value


def parsed_calls(exchange: Exchange) -> list[tuple[JSONObject, JSONObject]]:
    """Each called function as it was declared, with the arguments as an object. Raises NotApplicable where none are
    one, and what `functions_called` raises."""
    calls = [(function, json_object(arguments)) for function, arguments in functions_called(exchange)]
    found = [(function, arguments) for function, arguments in calls if arguments is not None]
    if not found:
        raise NotApplicable(say("no arguments are a JSON object (covered by tools.arguments_are_json)"))
    return found


def encoded_twice(arguments: str) -> bool:
    """Whether arguments are a JSON string that holds a JSON object."""
    try:
        value = loads(arguments)
    except JSONError:
        return False
    return isinstance(value, str) and json_object(value) is not None


def later(chunks: list[JSONObject]) -> Iterator[tuple[int, JSONObject]]:
    """Every delta of a call but the first, with the index of the call. Calls that share an index are left out."""
    calls = {where: deltas for where, deltas in deltas_of(chunks).items() if len(call_ids(deltas)) < 2}
    found = [(index, delta) for (_, index), (_, *others) in calls.items() for delta in others]
    if not found:
        raise NotApplicable(say("no call with an index of its own came in several deltas"))
    yield from found


def names_sent(exchange: Exchange) -> list[str]:
    """The name of each call as it was sent: in a stream that of each delta, for those that repeat it fold to another.
    Raises NotApplicable where there is none."""
    if not exchange.streamed:
        return named(exchange.tool_calls)
    return named([delta for _, delta in call_deltas(exchange.chunks)])
