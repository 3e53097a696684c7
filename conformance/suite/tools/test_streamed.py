"""Streamed calls as a whole: arguments that add up to a JSON object, and how the stream ends."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import put
from conformance.contract.scopes import EVERY_TOOL_STREAM, streamed_choices, tool_choice
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.calls import JSONObject, argument_deltas, deltas_of, is_object
from conformance.suite.support.replies import check_whole

from . import AREA, DELTAS
from .reading import encoded_twice


def _garbled(texts: list[str]) -> str:
    """What was done to deltas that add up to no JSON object, found by undoing it; empty where nothing helps, for a
    model may write what is no JSON. Of many deltas only neighbours among the first 200 are exchanged."""
    whole = "".join(texts)
    if _begins_again(whole):
        return say("an empty object comes first, and then another")
    if is_object(_text_of(f'"{whole}"')):
        return say("they are escaped twice")
    if len(texts) > 1 and is_object(texts[-1]):
        return say("the last delta holds them all")
    if is_object("".join(texts[::2])) and texts[::2] == texts[1::2]:
        return say("each delta comes twice")
    for at in range(min(len(texts) - 1, 200)):
        one, two = texts[at : at + 2]
        if one == two and len(one) > 1 and is_object("".join(texts[:at] + texts[at + 1 :])):
            return say("the delta {one!r} comes twice", one)
        if is_object("".join([*texts[:at], two, one, *texts[at + 2 :]])):
            return say("the deltas {one!r} and {two!r} are in the wrong order", one, two)
    return ""


def _begins_again(text: str) -> bool:
    try:
        value, end = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return False
    return value == {} and text.lstrip()[end:].lstrip().startswith(("{", "["))


def _text_of(text: str) -> str:
    """The value of a JSON string; empty where the text is none."""
    try:
        value = loads(text)
    except JSONError:
        return ""
    return value if isinstance(value, str) else ""


def _encoded_once(exchange: Exchange) -> list[list[str]]:
    """The arguments in the deltas of each call, but for those that are encoded twice. Raises NotApplicable where all
    are."""
    found = [texts for texts in argument_deltas(exchange) if not encoded_twice("".join(texts))]
    if not found:
        raise NotApplicable(say("the arguments are encoded twice (covered by tools.arguments_once)"))
    return found


@AREA.must(
    "stream arguments whose deltas add up to a JSON object",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk.function.arguments",
    contract=["tools-20"],
    at=f"{DELTAS}.*.function.arguments",
    hint="Send each delta once and in order, escaped once, and no {} before the first.",
    needs=["request"],
    broken_by={
        "the beginning again": put(f"{DELTAS}.*.function.arguments", lambda text: text and "{}" + text),
        "escaped twice": put(f"{DELTAS}.*.function.arguments", lambda text: json.dumps(text)[1:-1]),
    },
)
def test_pieces_add_up(exchange: Exchange) -> None:
    """Where the garbling is recognised it is a violation at once. Otherwise the model may have slipped;
    `equivalence.arguments` repeats the request."""
    broken = [texts for texts in _encoded_once(exchange) if not is_object("".join(texts))]
    for texts in broken:
        garbled, shown = _garbled(texts), "".join(texts)[:160]
        assert not garbled, say("the arguments are no JSON object, for {garbled}: {arguments!r}", garbled, shown)
    if broken:
        shown = "".join(broken[0])[:160]
        raise Inconclusive(say("the arguments are no JSON object, which may be the model's doing: {shown!r}", shown))


def _ends_of_calls(chunks: list[JSONObject]) -> list[tuple[Any, str]]:
    """Each choice with calls that a reason ends which is neither a limit nor a filter, by its index. Raises
    NotApplicable where there is none."""
    calling = [choice for choice, _ in deltas_of(chunks)]  # an index may be anything, and have no hash
    ends = [(choice.get("index"), choice.get("finish_reason")) for choice in streamed_choices(chunks)]
    given = [(index, end) for index, end in ends if index in calling and isinstance(end, str) and end]
    found = [(index, end) for index, end in given if end not in ("length", "content_filter")]
    if not found:
        raise NotApplicable(say("no choice with calls has a finish_reason (covered by streaming.finish_once)"))
    return found


@AREA.must(
    "end a stream with tool calls with the finish_reason tool_calls where the model was free to call",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["tools-20"],
    at="choices.*.finish_reason",
    hint="Clients run the tools when they read tool_calls; stop makes them drop the calls.",
    needs=["request"],
    broken_by=put("choices.*.finish_reason", lambda reason: "stop" if reason else reason),
)
def test_streamed_finish(exchange: Exchange, chunks: list[JSONObject]) -> None:
    check_whole(exchange)
    if tool_choice(exchange.request) != "auto":
        raise NotApplicable(say("the call was forced: stop is legal"))
    for index, reason in _ends_of_calls(chunks):
        assert reason == "tool_calls", say("choice {index} has tool calls and ends with {reason!r}", index, reason)
