"""Other tool calls that say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from conformance.contract.faults import put
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange

from .kit import ALARMS, FINDINGS, SCHEMA, calls_named, chunks, completions, digest, only_choice, right


@right(f"{ALARMS}: ids differ within a choice")
def choices_share_call_ids(exchange: Exchange) -> Exchange:
    """The alternatives of one reply have the same tool call ids, as those of an official one."""
    if (exchange.request.asked.get("n") or 1) < 2:
        return exchange
    seen: dict[int, str] = {}

    def change(found: list[Any]) -> list[Any]:
        for each in found:
            for call in only_choice(each).get("delta", {}).get("tool_calls", ()):
                if call.get("id"):
                    call["id"] = seen.setdefault(call["index"], call["id"])
        return found

    return chunks(change)(exchange)


@right("MoonshotAI/Kimi-K2: its own form")
def call_ids_of_kimi(exchange: Exchange) -> Exchange:
    """A tool call's id is functions. with a name and a number, as Kimi's."""
    return calls_named(lambda old: f"functions.get_weather:{int(digest(old, 8), 16)}")(exchange)


def arguments(change: Callable[[Any], str]) -> Fault:
    """The whole arguments of calls written otherwise, in a stream in the first piece that has any."""

    def rewrite(text: str) -> str:
        try:
            return change(json.loads(text))
        except ValueError:  # the limit cut them off
            return text

    def streamed(found: list[Any]) -> list[Any]:
        pieces: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for each in found:
            for choice in each["choices"]:
                for call in choice["delta"].get("tool_calls", ()):
                    if call["function"]["arguments"]:
                        pieces.setdefault((choice["index"], call["index"]), []).append(call["function"])
        for functions in pieces.values():
            functions[0]["arguments"] = rewrite("".join(each["arguments"] for each in functions))
            for each in functions[1:]:
                each["arguments"] = ""
        return found

    plain = put("choices.*.message.tool_calls.*.function.arguments", rewrite)
    return lambda exchange: chunks(streamed)(exchange) if exchange.streamed else plain(exchange)


@right("RFC 8259 7: any character may be escaped")
def arguments_escaped(exchange: Exchange) -> Exchange:
    """The arguments of a call have their characters beyond ASCII, and their slashes, escaped."""
    return arguments(lambda value: json.dumps(value).replace("/", "\\/"))(exchange)


@right("RFC 8259 4: the members of an object have no order")
def arguments_in_another_order(exchange: Exchange) -> Exchange:
    """The members of the arguments stand in the opposite order."""

    def turned(value: Any) -> Any:
        return dict(reversed(value.items())) if isinstance(value, dict) else value

    return arguments(lambda value: json.dumps(turned(value), ensure_ascii=False))(exchange)


@right("tools-02: only strict tools bind the model to the schema")
def arguments_that_hold_json(exchange: Exchange) -> Exchange:
    """The arguments of a call to a tool that is not strict have one more member, whose text is JSON."""
    strict = b'"strict"' in exchange.request.body
    more = {"raw": json.dumps({"note": '{"name": "x"}', "list": []})}
    added = arguments(lambda value: json.dumps(value | more if isinstance(value, dict) else value, ensure_ascii=False))
    return exchange if strict else added(exchange)


@right(SCHEMA)
def arguments_one_by_one(exchange: Exchange) -> Exchange:
    """Each delta of a call has one character of its arguments."""

    def change(found: list[Any]) -> list[Any]:
        made = []
        for each in found:
            calls = only_choice(each).get("delta", {}).get("tool_calls", [])
            text = calls[0]["function"]["arguments"] if len(calls) == 1 else ""
            for at, character in enumerate(text or [""]):
                piece = deepcopy(each)
                if text:
                    call = only_choice(piece)["delta"]["tool_calls"][0]
                    call["function"]["arguments"] = character
                    if at:
                        only_choice(piece)["delta"]["tool_calls"] = [
                            {"index": call["index"], "function": {"arguments": character}}
                        ]
                made.append(piece)
        return made

    return chunks(change)(exchange)


def later_deltas(members: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]) -> Fault:
    """Members in all deltas of a call but the first, made of the first and of what they have."""

    def change(found: list[Any]) -> list[Any]:
        first: dict[tuple[int, int], dict[str, Any]] = {}
        for each in found:
            for choice in each["choices"]:
                for call in choice["delta"].get("tool_calls", ()):
                    where = (choice["index"], call["index"])
                    if where in first:
                        call.update(members(first[where], call))
                    else:
                        first[where] = dict(call)
        return found

    return chunks(change)


@right("LiteLLM's streams; openai-python reads null as absent")
def later_call_deltas_with_nulls(exchange: Exchange) -> Exchange:
    """Later deltas of a call have id null, and the function's name null."""

    def nulls(call: dict[str, Any]) -> dict[str, Any]:
        return {"id": None, "function": call["function"] | {"name": None}}

    return later_deltas(lambda _, call: nulls(call))(exchange)


@right(SCHEMA)
def empty_arguments_at_the_end(exchange: Exchange) -> Exchange:
    """The last delta of a call has the arguments ""."""

    def change(found: list[Any]) -> list[Any]:
        made: list[Any] = []
        for each in found:
            before = [made[-1]] if made else []
            calls = [call for last in before for call in only_choice(last).get("delta", {}).get("tool_calls", ())]
            if calls and only_choice(each).get("finish_reason"):
                piece = [{"index": calls[-1]["index"], "function": {"arguments": ""}}]
                made.append(before[0] | {"choices": [only_choice(before[0]) | {"delta": {"tool_calls": piece}}]})
            made.append(each)
        return made

    return chunks(change)(exchange)


@right(FINDINGS)
def content_null_beside_calls(exchange: Exchange) -> Exchange:
    """Each delta of a call has content null and refusal null beside it."""
    null = {"content": None, "refusal": None}
    return put("choices.*.delta", lambda delta: null | delta if "tool_calls" in delta else delta)(exchange)


@right(
    FINDINGS,
    deviates={"message.annotations.not_null": "message-06", "message.function_call.not_null": "message-06"},
)
def members_null_in_messages(exchange: Exchange) -> Exchange:
    """A message has function_call, audio and annotations null, as servers send that write every member of a model."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if message := choice.get("message"):
                for name in ("function_call", "audio", "annotations"):
                    message.setdefault(name, None)

    return completions(change)(exchange)
