"""Tool calls: what was asked for, whole and in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.contract.faults import drop, edit, put
from conformance.contract.scopes import (
    EVERY_TOOL_CALL,
    EVERY_TOOL_STREAM,
    cut_short,
    replies_where,
    streamed_choices,
    tool_choice,
)
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation, list_of
from conformance.evidence.strict_json import JSONError, loads
from conformance.suite.support.calls import (
    JSONObject,
    call_ids,
    check_whole,
    declared,
    deltas_of,
    is_object,
    of_function,
    texts_in_pieces,
)
from conformance.suite.support.structured import problem

from . import AREA

CALLS = "choices.*.message.tool_calls"
PIECES = "choices.*.delta.tool_calls"
TEXT = {"role": "assistant", "content": "It is sunny.", "refusal": None}
LEGACY = TEXT | {"content": None, "function_call": {"name": "get_weather", "arguments": "{}"}}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}


def _forbids(request: Request) -> bool:
    return bool(request.asked.get("tools")) and request.asked.get("tool_choice") == "none"


def _strict(function: JSONObject) -> bool:
    return function.get("strict") is True and isinstance(function.get("parameters"), dict)


FORBIDDEN = replies_where("every reply where tool_choice is none", _forbids)
REQUIRED = replies_where("every reply where tool_choice is required", lambda each: tool_choice(each) == "required")
NAMED = replies_where("every reply where tool_choice names a function", lambda each: tool_choice(each) == "named")
FORCED = replies_where("every reply where a call is forced", lambda each: tool_choice(each) in ("required", "named"))
ONE_AT_MOST = replies_where(
    "every reply where parallel_tool_calls is false",
    lambda each: bool(each.asked.get("tools")) and each.asked.get("parallel_tool_calls") is False,
)
STRICT = replies_where(
    "every reply that was offered a strict function",
    lambda each: tool_choice(each) != "none" and any(map(_strict, declared(each.asked).values())),
)


def _name(call: JSONObject) -> str:
    tool = call.get("custom" if call.get("type") == "custom" else "function")
    name = tool.get("name") if isinstance(tool, dict) else None
    if not isinstance(name, str) or not name:
        raise NotApplicable("a call has no name, which is another requirement")
    return name


def _once(name: str, names: dict[str, JSONObject]) -> str:
    """The declared name of which this is a repetition, else the name itself: a stream whose deltas repeat the
    name folds to “get_timeget_time”, which is another requirement."""
    return next((each for each in names if each and each * (len(name) // len(each)) == name), name)


def _names_in_pieces(exchange: Exchange) -> set[str]:
    """The names in the pieces of a stream's calls, as each stands there; none where nothing was streamed."""
    choices = streamed_choices(exchange.chunks) if exchange.streamed else []
    deltas = [choice["delta"] for choice in choices if isinstance(choice.get("delta"), dict)]
    pieces = [piece for delta in deltas for piece in list_of(delta.get("tool_calls")) if isinstance(piece, dict)]
    functions = [piece["function"] for piece in pieces if isinstance(piece.get("function"), dict)]
    return {each["name"] for each in functions if isinstance(each.get("name"), str)}


def _functions(exchange: Exchange) -> list[tuple[JSONObject, str]]:
    """Each called function as it was declared, with the arguments it was given; calls that the token limit
    may have cut are left out."""
    check_whole(exchange)
    names, found = declared(exchange.request.asked), []
    for choice in exchange.choices:
        message = choice.get("message")
        if not isinstance(message, dict) or cut_short(choice.get("finish_reason")):
            continue
        for call in list_of(message.get("tool_calls")):
            function = call.get("function") if isinstance(call, dict) else None
            arguments = function.get("arguments") if isinstance(function, dict) else None
            if isinstance(arguments, str):
                found.append((names.get(_once(_name(call), names), {}), arguments))
    if not found:
        raise NotApplicable("the reply has no whole call with arguments as text")
    return found


def _parsed(arguments: str) -> JSONObject:
    try:
        value = loads(arguments)
    except JSONError as error:
        raise AssertionError(f"the arguments are not JSON ({error}): {arguments[:160]!r}") from None
    assert isinstance(value, dict), f"the arguments are JSON, but no object: {arguments[:160]!r}"
    return value


# --- calls --------------------------------------------------------------------------------------------------


@AREA.should(
    "call only functions that the request offers",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.function.name",
    contract=["tools-01"],
    at=f"{CALLS}.*.function.name",
    hint="Give a call back under the name that the client declared, not the upstream's.",
    needs=["request"],
    broken_by={
        "an unknown name": put(f"{CALLS}.*.function.name", "no_such_function"),
        "the upstream's prefix": put(f"{CALLS}.*.function.name", lambda name: f"default_api.{name}"),
        "twice": put(f"{CALLS}.*.function.name", lambda name: name * 2),
        "twice in one piece": put("choices.*.delta.tool_calls.*.function.name", lambda name: name and name * 2),
    },
)
def test_declared_names(exchange: Exchange, tool_calls: list[JSONObject], asked: JSONObject) -> None:
    """No MUST: one of OpenAI's own recorded replies (gpt-4-0613) calls a function that was not offered. A name that is
    twice in one piece is none that pieces repeat."""
    names, pieces = declared(asked), _names_in_pieces(exchange)
    for call in tool_calls:
        name = _name(call)
        meant = _once(name, names) if exchange.streamed and name not in pieces else name
        assert meant in names, f"{name!r} is called, and only {', '.join(names) or 'nothing'} is offered"


@AREA.should(
    "give arguments that are a JSON object",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.function.arguments",
    contract=["tools-02"],
    at=f"{CALLS}.*.function.arguments",
    hint="Send {} for a function without parameters, and the object itself as text, once.",
    broken_by={
        "cut short": put(f"{CALLS}.*.function.arguments", '{"city": '),
        "twice": put(f"{CALLS}.*.function.arguments", '{}{"city": "Paris"}'),
        "a list": put(f"{CALLS}.*.function.arguments", '["Paris"]'),
        "empty": put(f"{CALLS}.*.function.arguments", ""),
    },
)
def test_arguments_are_json(exchange: Exchange) -> None:
    for _, arguments in _functions(exchange):
        _parsed(arguments)


@AREA.should(
    "give the arguments that the function's schema requires",
    on=EVERY_TOOL_CALL,
    source="openai-functions#strict-mode",
    contract=["tools-02"],
    at=f"{CALLS}.*.function.arguments",
    hint="Pass the parameters of each tool on to the upstream as they are.",
    needs=["request"],
    broken_by=put(f"{CALLS}.*.function.arguments", '{"location": "Paris"}'),
)
def test_required_arguments(exchange: Exchange) -> None:
    judged = False
    for function, arguments in _functions(exchange):
        parameters = function.get("parameters")
        required = list_of(parameters.get("required")) if isinstance(parameters, dict) else []
        judged = judged or bool(required)
        missing = [name for name in required if isinstance(name, str) and name not in _object(arguments)]
        assert not missing, f"{function['name']} is called without its argument {missing[0]!r}: {arguments[:160]}"
    if not judged:
        raise NotApplicable("no called function requires an argument")


def _object(arguments: str) -> JSONObject:
    try:
        return _parsed(arguments)
    except AssertionError as problem:
        raise NotApplicable(f"{problem}, which is another requirement") from None


def _ids(exchange: Exchange) -> list[str]:
    """The ids of the calls; one that is no text or empty is another requirement."""
    ids = [call.get("id") for call in exchange.tool_calls]
    return [each for each in ids if isinstance(each, str) and each]


@AREA.must(
    "give the tool calls of one reply different ids",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.id",
    contract=["tools-03"],
    at=f"{CALLS}.*.id",
    hint="Make an id per call; a tool's result names the call it answers by this id.",
    needs=["ids"],
    broken_by=put(f"{CALLS}.*.id", "call_0"),
)
def test_ids_differ(exchange: Exchange) -> None:
    ids = _ids(exchange)
    if len(ids) < 2:
        raise NotApplicable("the reply has fewer than two calls with an id")
    twice = [each for each in ids if ids.count(each) > 1]
    assert not twice, f"{len(ids)} calls of one reply share ids: {', '.join(ids)}"


@AREA.should(
    "give the tool calls of different replies different ids",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionRequestToolMessage.tool_call_id",
    contract=["tools-03"],
    at=f"{CALLS}.*.id",
    hint="Do not count calls anew in each reply (call_0): the ids meet in one history.",
    needs=["ids"],
    broken_by={
        "plain": put(f"{CALLS}.*.id", "call_0"),
        "streamed": put(f"{PIECES}.*.id", lambda id_: id_ and "call_0"),
    },
)
def test_ids_differ_between_replies(exchanges: list[Exchange]) -> None:
    seen: dict[str, Exchange] = {}
    for exchange in exchanges:
        for each in set(_ids(exchange)):
            if each in seen:
                raise Violation(f"two replies have a call with the id {each!r}", seen[each], exchange)
            seen[each] = exchange


# --- what was asked for -------------------------------------------------------------------------------------


def said(message: dict[str, Any]) -> tuple[Any, ...]:
    """Whatever a message tells."""
    return tuple(message.get(name) for name in ("content", "tool_calls", "refusal", "function_call", "audio"))


def _willing(exchange: Exchange) -> None:
    """Raises Inconclusive where no call came because the model refused or was cut off."""
    check_whole(exchange)
    if not exchange.choices or not any(any(said(message)) for message in exchange.messages):
        raise Inconclusive("the reply is wholly empty")
    for choice in exchange.choices:
        refusal = [message.get("refusal") for message in exchange.messages if message.get("refusal")]
        if refusal or cut_short(choice.get("finish_reason")):
            raise Inconclusive(f"no call came: finish_reason {choice.get('finish_reason')}, refusal {refusal[:1]}")


def _said(exchange: Exchange) -> str:
    return json.dumps([message.get("content") for message in exchange.messages], ensure_ascii=False)[:160]


@AREA.must(
    "answer in text, without a tool call, where tool_choice is none",
    on=FORBIDDEN,
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-05"],
    at=CALLS,
    hint="Pass tool_choice none on; where the upstream has no such choice, leave the tools out.",
    needs=["request"],
    broken_by={"a call": put(CALLS, [CALL]), "no text": put("choices.*.message", LEGACY)},
)
def test_none_is_none(exchange: Exchange) -> None:
    names = [_name(call) for call in exchange.tool_calls]
    assert not names, f"tool_choice is none, yet {names[0]!r} is called"
    if not any(message.get("content") for message in exchange.messages):
        _willing(exchange)
    assert any(message.get("content") for message in exchange.messages), "tool_choice is none, and no text came"


@AREA.must(
    "call a tool where tool_choice is required",
    on=REQUIRED,
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-06"],
    at=CALLS,
    hint="Translate required to what the upstream calls it (any), and its call to tool_calls.",
    needs=["request"],
    broken_by={
        "no call": put("choices.*.message", TEXT),
        "the call as text": edit(lambda document: _as_text(document)),
    },
)
def test_required_is_required(exchange: Exchange) -> None:
    if not exchange.tool_calls:
        _willing(exchange)
    assert exchange.tool_calls, f"tool_choice is required, yet no tool is called; the content is {_said(exchange)}"


def _as_text(document: JSONObject) -> None:
    for choice in document["choices"]:
        if message := choice.get("message"):
            message["content"] = f"<tool_call>{json.dumps(message.pop('tool_calls', None))}</tool_call>"
            choice["finish_reason"] = "stop"


@AREA.must(
    "call the function that tool_choice names, and no other",
    on=NAMED,
    source="openai-openapi#ChatCompletionNamedToolChoice",
    contract=["tools-07"],
    at=f"{CALLS}.*.function.name",
    hint="Pass the named tool_choice on as an object; do not turn it into auto.",
    needs=["request"],
    broken_by={
        "no call": put("choices.*.message", TEXT),
        "another function": put(f"{CALLS}.*.function.name", "get_weather"),
    },
)
def test_named_is_called(exchange: Exchange, asked: JSONObject) -> None:
    function = asked["tool_choice"].get("function")
    wanted = function.get("name") if isinstance(function, dict) else None
    if not exchange.tool_calls:
        _willing(exchange)
    assert exchange.tool_calls, f"tool_choice names {wanted!r}, yet no tool is called; the content is {_said(exchange)}"
    others = [name for name in map(_name, exchange.tool_calls) if _once(name, {str(wanted): {}}) != wanted]
    assert not others, f"tool_choice names {wanted!r}, yet {others[0]!r} is called"


@AREA.should(
    "end a forced tool call with the finish_reason tool_calls or stop",
    on=FORCED,
    source="openai-functions#tool-choice",
    contract=["tools-08"],
    at="choices.*.finish_reason",
    hint="Use tool_calls where tools were asked for; function_call is for the legacy functions.",
    needs=["request"],
    broken_by=put("choices.*.finish_reason", lambda reason: reason and "function_call"),
)
def test_forced_finish(choices: list[JSONObject]) -> None:
    reasons = [choice.get("finish_reason") for choice in choices]
    if not reasons or any(reason in (None, "", "length", "content_filter", "error") for reason in reasons):
        raise NotApplicable(f"the call was cut off, or ends without a reason: {reasons}")
    others = [reason for reason in reasons if reason not in ("tool_calls", "stop")]
    assert not others, f"the forced call ends with finish_reason {others[0]!r}"


@AREA.must(
    "call at most one tool where parallel_tool_calls is false",
    on=ONE_AT_MOST,
    source="openai-openapi#ParallelToolCalls",
    contract=["tools-11"],
    at=CALLS,
    hint="Send the false on: omitempty drops it. Claude's name for it is disable_parallel_tool_use.",
    needs=["request"],
    broken_by=put(CALLS, lambda calls: [*calls, {**CALL, "id": "call_2"}]),
)
def test_one_at_most(exchange: Exchange) -> None:
    counts = [len(list_of(message.get("tool_calls"))) for message in exchange.messages]
    if not any(counts):
        raise Inconclusive("the model called no tool at all")
    assert max(counts) <= 1, f"parallel_tool_calls is false, yet {max(counts)} tools are called"


@AREA.should(
    "follow the parameters of a strict function",
    on=STRICT,
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
)
def test_strict_arguments(exchange: Exchange) -> None:
    strict = [(function, arguments) for function, arguments in _functions(exchange) if _strict(function)]
    if not strict:
        raise NotApplicable("no strict function was called")
    for function, arguments in strict:
        departure = problem(_object(arguments), function["parameters"])
        assert not departure, f"the arguments of {function['name']} depart from its schema at {departure}"


# --- calls in pieces ----------------------------------------------------------------------------------------


@AREA.must(
    "give the first piece of each streamed tool call its id, its type and the function's name",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk",
    contract=["tools-17"],
    at=PIECES,
    hint="Open each call with {index, id, type, function: {name, arguments}}.",
    broken_by={
        "no id": drop(f"{PIECES}.*.id"),
        "no type": drop(f"{PIECES}.*.type"),
        "no name": drop(f"{PIECES}.*.function.name"),
        "a blank name": put(f"{PIECES}.*.function.name", lambda name: ""),
    },
)
def test_first_piece(chunks: list[JSONObject]) -> None:
    for (choice, index), (first, *_) in deltas_of(chunks).items():
        given = {"id": first.get("id"), "type": first.get("type"), "name": of_function(first, "name")}
        lacking = [name for name, value in given.items() if not isinstance(value, str) or not value]
        where = f"the first piece of call {index} of choice {choice}"
        assert not lacking, f"{where} has no {' and no '.join(lacking)}: {json.dumps(first)[:160]}"


@AREA.must(
    "count the streamed tool calls of a choice 0, 1, 2 and so on",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk.index",
    contract=["tools-18"],
    at=f"{PIECES}.*.index",
    hint="Count the calls, not the upstream's content blocks.",
    broken_by=put(f"{PIECES}.*.index", lambda index: index + 1),
)
def test_indices_from_zero(chunks: list[JSONObject]) -> None:
    by_choice: dict[int, set[int]] = {}
    for choice, index in deltas_of(chunks):
        by_choice.setdefault(choice, set()).add(index)
    for choice, indices in by_choice.items():
        assert indices == set(range(len(indices))), f"the calls of choice {choice} have the indices {sorted(indices)}"


@AREA.must(
    "give every streamed tool call an index of its own",
    on=EVERY_TOOL_STREAM,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["tools-18"],
    at=f"{PIECES}.*.index",
    hint="Do not send all parallel calls under index 0: SDKs glue their arguments together.",
    needs=["ids"],
    broken_by=put(f"{PIECES}.*.index", 0),
)
def test_one_call_per_index(chunks: list[JSONObject]) -> None:
    for (choice, index), pieces in deltas_of(chunks).items():
        ids = call_ids(pieces)
        assert len(ids) <= 1, f"index {index} of choice {choice} is shared by the calls {', '.join(ids[:3])}"


def _later(chunks: list[JSONObject]) -> Iterator[tuple[int, JSONObject]]:
    """Every piece of a call but its first, with its index; calls that share one are another requirement."""
    calls = {where: pieces for where, pieces in deltas_of(chunks).items() if len(call_ids(pieces)) < 2}
    found = [(index, piece) for (_, index), (_, *later) in calls.items() for piece in later]
    if not found:
        raise NotApplicable("no call with an index of its own came in several pieces")
    yield from found


@AREA.should(
    "name id and function of a streamed tool call once",
    on=EVERY_TOOL_STREAM,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["tools-19"],
    at=PIECES,
    hint="Send only index and arguments in later pieces: SDKs join repeated ids and names.",
    broken_by={
        "the id again": put(f"{PIECES}.*.id", "call_1"),
        "the name again": put(f"{PIECES}.*.function.name", "get_weather"),
    },
)
def test_named_once(chunks: list[JSONObject]) -> None:
    for index, piece in _later(chunks):
        again = piece.get("id") or of_function(piece, "name")
        assert not again, f"a later piece of call {index} repeats {again!r}"


@AREA.should(
    "leave id and name out of later pieces, rather than send them empty",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk",
    contract=["tools-19"],
    at=PIECES,
    hint="Send only index and arguments in later pieces: some clients take the last id and name.",
    broken_by={
        "an empty id": put(f"{PIECES}.*", lambda piece: {"id": ""} | piece),
        "an empty name": put(f"{PIECES}.*.function", lambda function: {"name": ""} | function),
    },
)
def test_no_empty_names(chunks: list[JSONObject]) -> None:
    for index, piece in _later(chunks):
        empty = [name for name, value in (("id", piece.get("id")), ("name", of_function(piece, "name"))) if value == ""]
        assert not empty, f"a later piece of call {index} has an empty {empty[0]}"


def _garbled(texts: list[str]) -> str:
    """How pieces that add up to no JSON object would, had they been sent rightly; empty where that does not help: a
    model may write what is no JSON. Arguments of many pieces are not tried in every order."""
    whole = "".join(texts)
    if _begins_again(whole):
        return "an empty object comes first, and then another"
    if is_object(_text_of(whole)) or is_object(_text_of(f'"{whole}"')):
        return "they are escaped twice"
    if len(texts) > 1 and is_object(texts[-1]):
        return "the last piece holds them all"
    if is_object("".join(texts[::2])) and texts[::2] == texts[1::2]:
        return "each piece comes twice"
    for at in range(min(len(texts) - 1, 200)):
        one, two = texts[at : at + 2]
        if one == two and len(one) > 1 and is_object("".join(texts[:at] + texts[at + 1 :])):
            return f"the piece {one!r} comes twice"
        if is_object("".join([*texts[:at], two, one, *texts[at + 2 :]])):
            return f"the pieces {one!r} and {two!r} are the wrong way round"
    return ""


def _begins_again(text: str) -> bool:
    try:
        value, end = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return False
    return value == {} and text.lstrip()[end:].lstrip().startswith(("{", "["))


def _text_of(text: str) -> str:
    """What a JSON string says, empty where it is none."""
    try:
        value = loads(text)
    except JSONError:
        return ""
    return value if isinstance(value, str) else ""


@AREA.must(
    "stream arguments whose pieces add up to a JSON object",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk.function.arguments",
    contract=["tools-20"],
    at=f"{PIECES}.*.function.arguments",
    hint="Send each piece once and in order, escaped once, and no {} ahead of the first.",
    needs=["request"],
    broken_by={
        "the beginning again": put(f"{PIECES}.*.function.arguments", lambda text: text and "{}" + text),
        "escaped twice": put(f"{PIECES}.*.function.arguments", lambda text: json.dumps(text)[1:-1]),
    },
)
def test_pieces_add_up(exchange: Exchange) -> None:
    """What shows how it was garbled is a violation at once. Else it may be a slip of the model's, which
    `equivalence.arguments` asks for again."""
    slips = []
    for texts in texts_in_pieces(exchange):
        arguments = "".join(texts)
        if is_object(arguments):
            continue
        garbled = _garbled(texts)
        assert not garbled, f"the arguments are no JSON object, for {garbled}: {arguments[:160]!r}"
        slips.append(arguments)
    if slips:
        raise Inconclusive(f"the arguments are no JSON object, which may be the model's doing: {slips[0][:160]!r}")


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
        raise NotApplicable("the call was forced: stop is legal")
    calling, judged = [choice for choice, _ in deltas_of(chunks)], 0
    for choice in streamed_choices(chunks):
        reason = choice.get("finish_reason")
        limited = reason in ("length", "content_filter")
        if choice.get("index") in calling and isinstance(reason, str) and reason and not limited:
            assert reason == "tool_calls", f"choice {choice['index']} has tool calls and ends with {reason!r}"
            judged += 1
    if not judged:
        raise NotApplicable("no choice with calls has a finish_reason, which is another requirement")


@AREA.should(
    "leave arguments out of a piece of a call that has none, rather than send null",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk.function.arguments",
    contract=["tools-20"],
    at=f"{PIECES}.*.function.arguments",
    hint="Send an empty string in the first piece: clients join the pieces as text.",
    broken_by=put(f"{PIECES}.*.function.arguments", None),
)
def test_no_null_arguments(chunks: list[JSONObject]) -> None:
    for choice in streamed_choices(chunks):
        delta = choice.get("delta")
        for piece in list_of(delta.get("tool_calls")) if isinstance(delta, dict) else []:
            function = piece.get("function") if isinstance(piece, dict) else None
            null = isinstance(function, dict) and function.get("arguments", "") is None
            assert not null, f"a piece of a call has null arguments: {json.dumps(piece)[:160]}"
