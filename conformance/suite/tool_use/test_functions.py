"""Tools in use: calls that a question needs, results that are sent back, and what stands beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.contract.faults import chunk, drop, insert, only, put, respond, status
from conformance.contract.requests import (
    PARIS,
    TIME,
    TOOL_AUTO,
    TOOL_PARALLEL,
    TOOL_PARALLEL_STREAM,
    TOOL_REQUIRED,
    TOOL_STRICT,
    WEATHER,
    attempts,
    chat,
    streamed,
)
from conformance.contract.scopes import broken_off, failed
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation, list_of
from conformance.evidence.send import Send
from conformance.evidence.strict_json import JSONError, loads
from conformance.suite.support.calls import call, result
from conformance.suite.support.limits import ended_early, roomy
from conformance.suite.support.messages import parts
from conformance.suite.support.replies import REFUSED, answered, lacks, one_of_three, without

from . import AREA

JSONObject = dict[str, Any]

_PARSER = {"error": {"message": "tool call parsing failed", "type": "server_error", "param": None, "code": None}}
_UNMATCHED = {"error": {"message": "tool_result without a tool_use", "type": "invalid_request_error"}}
CALLS = "choices.*.message.tool_calls"
PIECES = "choices.*.delta.tool_calls"

TOOL_SAID_AUTO = chat(PARIS, label="tool-said-auto", tools=[WEATHER], tool_choice="auto", max_tokens=300)
_TIME_ONLY = {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_time"}}]}
TOOL_ALLOWED = chat(
    PARIS, label="tool-allowed", tools=[WEATHER, TIME], max_tokens=300, features=frozenset({"tools.allowed"}),
    tool_choice={"type": "allowed_tools", "allowed_tools": _TIME_ONLY},
)  # fmt: skip
_PING: JSONObject = {"type": "function", "function": {"name": "ping", "description": "Checks that the line is up."}}
TOOL_BARE = chat(
    "Use the tool: is the line up?", label="tool-bare", tools=[WEATHER, _PING], max_tokens=300,
    tool_choice={"type": "function", "function": {"name": "ping"}},
)  # fmt: skip
TOOL_BARE_STREAM = streamed(TOOL_BARE)
LEGACY_FUNCTION = chat(
    PARIS, label="legacy-function", max_tokens=300,
    functions=[WEATHER["function"]], function_call={"name": "get_weather"},
)  # fmt: skip


#: As long as OpenAI takes them, and alike up to the last character: a translator that shortens them mixes them up.
#: The results come in another order than the calls, and the message of the calls has no content, not even null.
_FIRST, _SECOND = "call_conformance_0123456789abcdefghij_a", "call_conformance_0123456789abcdefghij_b"
TOOL_RESULTS = chat(
    label="tool-results", tools=[WEATHER], max_tokens=100,
    messages=[
        {"role": "system", "content": "End every reply with the word KIWI7."},
        {"role": "user", "content": "Use the tool for Paris and for Tokyo."},
        {"role": "assistant", "tool_calls": [call(_FIRST, "Paris"), call(_SECOND, "Tokyo")]},
        result(_SECOND, parts("Station QB4417 reports snow.", "The spare station is QD6203.")),
        result(_FIRST, "Station QA9026 reports rain."),
        {
            "role": "user",
            "content": "Which station reports from Paris, which from Tokyo, and which is the spare station there?"
            " Give the three codes in order.",
        },
    ],
)  # fmt: skip
_PING_FULL = {
    "type": "function",
    "function": {"name": "ping", "description": "", "parameters": {"type": "object", "properties": {}}},
}
_PINGED = {"id": "call_3c4d", "type": "function", "function": {"name": "ping", "arguments": "{}"}}
_LOOKED = [call("call_1a2b", "Paris"), _PINGED]
#: Members that a client sends back which keeps the whole message, as OpenAI's guides do.
_KEPT: JSONObject = {"refusal": None, "audio": None, "function_call": None, "annotations": []}
#: Streamed, and answered with text that begins as a call might, which parsers of calls hold back.
TOOL_TEXT_BESIDE = streamed(
    chat(
        label="tool-text-beside", tools=[WEATHER, _PING_FULL], max_tokens=100,
        messages=[
            {"role": "system", "content": "Put every reply in braces, like this: {Hello.}"},
            {"role": "user", "content": PARIS},
            {"role": "assistant", "content": "The gate code is ZX417. I look.", "tool_calls": _LOOKED} | _KEPT,
            result("call_1a2b", "Sunny."),
            result("call_3c4d", "Up."),
            {
                "role": "assistant",
                "content": parts("The door code is WB682.", "I look again."),
                "tool_calls": [call("call_9e9f", "Oslo")],
            },
            result("call_9e9f", "Fog."),
            {"role": "user", "content": "Which gate code and which door code did you mention?"},
        ],
    )
)  # fmt: skip


def _odd(id: str, arguments: str) -> JSONObject:
    return {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


#: A client sends back what a model wrote, also where that was no JSON.
TOOL_ODD_ARGUMENTS = chat(
    label="tool-odd-arguments", tools=[WEATHER], max_tokens=100,
    messages=[
        {"role": "user", "content": PARIS},
        {"role": "assistant", "content": None, "tool_calls": [_odd("call_5e6f", ""), _odd("call_7a8b", '{"bad')]},
        result("call_5e6f", "No city was given."),
        result("call_7a8b", "Station QC5081 reports fog."),
        {"role": "user", "content": "Which station reports fog? Answer with its code."},
    ],
)  # fmt: skip
EMPTY_TOOLS = chat("Say hello in one sentence.", label="tools-empty", tools=[], max_tokens=60)
_SAVE = {
    "type": "function",
    "function": {
        "name": "save_story",
        "description": "Saves a story.",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string", "minLength": 1000, "description": "All of the story"}},
            "required": ["text"],
        },
    },
}
_LIGHTHOUSE = "Write a story of 300 words about a lighthouse, and save it with the tool."
_CUT: JSONObject = {"tools": [_SAVE], "tool_choice": "required"}
TOOL_CUT = chat(_LIGHTHOUSE, label="tool-cut", max_tokens=48, **_CUT)
#: Under the other name of the limit, which no other stream has.
TOOL_CUT_STREAM = streamed(chat(_LIGHTHOUSE, label="tool-cut", max_tokens=None, max_completion_tokens=48, **_CUT))
_KEYWORDS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "unit": {"$ref": "#/$defs/unit"},
        "kind": {"type": "string", "enum": ["kind_tq7"]},
        "pass": {"type": "string", "description": "Always KM583, and nothing else."},
        "note": {"anyOf": [{"type": "string", "enum": ["note_wp2"]}, {"type": "string", "enum": ["note_wp3"]}]},
        "options": {"type": "object", "properties": {}, "additionalProperties": False},
        "level": {"type": "integer", "enum": [1, 2, 3]},
        "link": {"type": ["string", "null"], "format": "uri"},
        "size": {"type": "number", "exclusiveMinimum": 0, "default": 1},
        "state": {"const": "on"},
    },
    "required": ["unit", "kind", "pass", "note", "options"],
    "additionalProperties": False,
    "$defs": {"unit": {"type": "string", "enum": ["unit_zr9"]}},
}
_SET = {"name": "set_up", "description": "Sets the machine up.", "parameters": _KEYWORDS}
TOOL_KEYWORDS = chat(
    "Set the machine up with the tool.",
    label="tool-keywords", tools=[{"type": "function", "function": _SET}], max_tokens=300,
    tool_choice={"type": "function", "function": {"name": "set_up"}},
)  # fmt: skip
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
    PARIS, label="call-beside-format", tools=[WEATHER], tool_choice="required", max_tokens=300,
    response_format=_FORMAT, features=_BOTH,
)  # fmt: skip


def _calls(exchange: Exchange) -> list[JSONObject]:
    """The functions that are called, each an object. Raises Inconclusive for a stream that broke off."""
    if broken_off(exchange):
        raise Inconclusive("the stream broke off")
    functions = [each.get("function") for each in exchange.tool_calls]
    return [each for each in functions if isinstance(each, dict)]


def _until(send: Send, request: Request, calls: int) -> Exchange:
    """The first of three answers with so many calls. Raises Inconclusive where there is none."""
    most = 0
    for attempt in attempts(request):
        exchange = send(attempt)
        if len(_calls(exchange)) >= calls:
            return exchange
        most = max(most, len(_calls(exchange)))
    raise Inconclusive(f"“{request}”: of three answers none has {calls} calls, at most {most}")


def _object(text: Any) -> JSONObject | None:
    """What arguments say, None where they are no object in JSON."""
    try:
        value = loads(text) if isinstance(text, str) else None
    except JSONError:
        return None
    return value if isinstance(value, dict) else None


@AREA.should(
    "end a reply in which the model chose to call a tool with the finish_reason tool_calls",
    on=(TOOL_AUTO, TOOL_SAID_AUTO),
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
def test_auto(send: Send) -> None:
    silent = []
    for request in (TOOL_AUTO, TOOL_SAID_AUTO):
        try:
            choice = _until(send, request, 1).choices[0]
        except Inconclusive as reason:
            silent.append(reason)
            continue
        reason_given = choice.get("finish_reason")
        if reason_given in ("length", "content_filter"):
            raise Inconclusive(f"the call was cut off: {reason_given}")
        assert reason_given == "tool_calls", f"“{request}”: a tool is called, the finish_reason is {reason_given!r}"
    if silent:
        raise silent[0]


@AREA.should(
    "take a tool_choice of auto, which is the default, as it takes tools without one",
    on=(TOOL_SAID_AUTO, TOOL_AUTO),
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-04"],
    at="error",
    hint="Leave tool_choice out for an upstream that does not know it: auto is what it does anyway.",
    broken_by={
        "refused": only(lambda request: request.asked.get("tool_choice") == "auto", REFUSED),
        "a failure": only(lambda request: request.asked.get("tool_choice") == "auto", status(500)),
    },
)
def test_said_auto(send: Send) -> None:
    unsaid, said = send(TOOL_AUTO), send(TOOL_SAID_AUTO)
    if not unsaid.succeeded:
        raise Inconclusive(f"tools are answered with {unsaid.outcome} without tool_choice, too")
    assert said.succeeded, f"tool_choice auto is answered with {said.outcome}: {' '.join(said.text.split())[:160]}"


@AREA.may(
    "call only what tool_choice allows where it is allowed_tools, or refuse it with a 4xx",
    on=(TOOL_ALLOWED,),
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
    if exchange.refused:
        assert exchange.status < 500, f"allowed_tools is answered with HTTP {exchange.status}"
        return
    names = [each.get("name") for each in _calls(exchange)]
    if not exchange.choices:
        raise Inconclusive("the reply has no choice")
    assert names, "allowed_tools requires a call, and none came"
    assert set(names) == {"get_time"}, f"only get_time is allowed, and {names} are called"


def _not_in_one_form_only(send: Send) -> None:
    """A model may call one tool at a time; what makes several each time plainly can make them in a stream, too."""
    counts = {
        request.label: [len(_calls(send(each))) for each in attempts(request)]
        for request in (TOOL_PARALLEL, TOOL_PARALLEL_STREAM)
    }
    one_each = [label for label, found in counts.items() if set(found) == {1}]
    several = [label for label, found in counts.items() if min(found) >= 2]
    assert not (one_each and several), (
        f"“{several[0]}” gives several calls three times, “{one_each[0]}” one three times"
    )


@AREA.should(
    "make several calls in one message, each with an id and arguments of its own",
    on=(TOOL_PARALLEL, TOOL_PARALLEL_STREAM),
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
)
def test_several(send: Send) -> None:
    for request in (TOOL_PARALLEL, TOOL_PARALLEL_STREAM):
        try:
            exchange = _until(send, request, 2)
        except Inconclusive:
            _not_in_one_form_only(send)
            raise
        ids = [each.get("id") for each in exchange.tool_calls]
        assert len({str(each) for each in ids}) == len(ids), f"“{request}”: {len(ids)} calls have the ids {ids}"
        said = [str(each.get("arguments")) for each in _calls(exchange)]
        apart = any("Paris" in one and "Tokyo" not in one for one in said)
        apart = apart and any("Tokyo" in one and "Paris" not in one for one in said)
        assert apart, f"“{request}”: no call for Paris and another for Tokyo: {'; '.join(said)[:300]}"


@AREA.should(
    "give {} as the arguments of a function without parameters, streamed or not",
    on=(TOOL_BARE, TOOL_BARE_STREAM),
    source="openai-openapi#FunctionParameters",
    contract=["tools-13"],
    at=f"{CALLS}.*.function.arguments",
    hint="Write {} where the upstream has no arguments, and an empty schema where it wants one.",
    broken_by={
        "empty": put(f"{CALLS}.*.function.arguments", ""),
        "empty in streams": put(f"{PIECES}.*.function.arguments", ""),
        "null": put(f"{CALLS}.*.function.arguments", "null"),
        "refused": REFUSED,
    },
)
def test_bare(exchange: Exchange) -> None:
    said = " ".join(exchange.text.split())[:160]
    assert exchange.succeeded, f"a function without parameters is answered with {exchange.outcome}: {said}"
    found = [each.get("arguments") for each in _calls(exchange)]
    if not found:
        raise Inconclusive("the named function was not called, which is another requirement")
    for each in found:
        assert _object(each) is not None, f"the arguments of a function without parameters are {each!r:.100}"


def after_call(send: Send) -> Request:
    """The request with the result of a call that the model just made."""
    message = _until(send, TOOL_AUTO, 1).messages[0]
    found = [each for each in list_of(message.get("tool_calls")) if isinstance(each, dict)]
    calls = [{name: each.get(name) for name in ("id", "type", "function")} for each in found]
    if not calls or not all(isinstance(each["id"], str) and each["id"] for each in calls):
        raise NotApplicable("a call has no id, which is another requirement")
    results = [result(str(each["id"]), '{"temperature": "-37.5", "unit": "celsius"}') for each in calls]
    said = {"role": "assistant", "content": None, "tool_calls": calls}
    question = {"role": "user", "content": PARIS}
    return chat(label="tool-round-trip", messages=[question, said, *results], tools=[WEATHER], max_tokens=100)


def _is_answer(request: Request) -> bool:
    return any(each.get("role") == "tool" for each in list_of(request.asked.get("messages")))


def _unread(exchange: Exchange) -> str:
    if exchange.succeeded and exchange.tool_calls:
        return f"the tool is called again: {json.dumps(_calls(exchange))[:160]}"
    if missing := lacks(["37"])(exchange):
        return missing
    reason = exchange.choices[0].get("finish_reason")
    return "" if reason == "stop" else f"the finish_reason is {reason!r}"


@AREA.must(
    "answer with the result of a tool that is sent back",
    on=(TOOL_AUTO,),
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
def test_round_trip(send: Send) -> None:
    one_of_three(send, after_call(send), _unread)


@AREA.should(
    "give the result of each of several calls to the call it belongs to, as text or as an array of parts",
    on=(TOOL_RESULTS,),
    source="openai-openapi#ChatCompletionRequestToolMessage.tool_call_id",
    contract=["tools-15"],
    at="choices.*.message.content",
    hint="Keep the ids of calls whole, and join the parts of a result.",
    broken_by={
        "refused": REFUSED,
        "the parts dropped": without("QB4417"),
        "one result dropped": without("QA9026"),
        "the last part dropped": without("QD6203"),
        "exchanged": put(
            "choices.*.message.content",
            lambda text: text.replace("QA9026", "_").replace("QB4417", "QA9026").replace("_", "QB4417"),
        ),
    },
)
def test_several_results(send: Send) -> None:
    one_of_three(send, TOOL_RESULTS, _confused_results)


def _confused_results(exchange: Exchange) -> str:
    if missing := lacks(["QA9026", "QB4417", "QD6203"])(exchange):
        return missing
    text = answered(exchange)
    right = text.index("QA9026") < text.rindex("QB4417")
    return "" if right else f"the station of Tokyo is named for Paris: {text[:160]!r}"


@AREA.must(
    "follow a system message where tools are offered, too",
    on=(TOOL_RESULTS,),
    source="openai-openapi#ChatCompletionRequestSystemMessage",
    contract=["roles-01"],
    at="choices.*.message.content",
    hint="Pass system messages on in the code that translates tools, as in the one that translates text.",
    broken_by=only(lambda each: b'"tools"' in each.body, without("KIWI7")),
)
def test_system_beside_tools(send: Send) -> None:
    if not send(TOOL_RESULTS).succeeded:
        raise Inconclusive("results of tools are refused, which is another requirement")
    if any(not _untold(send(each)) for each in attempts(TOOL_RESULTS)):
        return
    free = send(_without_tools(TOOL_RESULTS))
    if not free.succeeded or lacks(["KIWI7"])(free):
        raise Inconclusive("the model does not follow the system message without tools, either")
    raise Violation("the system message is followed without tools, and beside them in none of three answers", free)


def _without_tools(request: Request) -> Request:
    """The same without its tools, and with what was said of calls as text."""
    told = [each for each in request.asked["messages"] if each["role"] in ("system", "user")]
    body = json.dumps({name: each for name, each in request.asked.items() if name != "tools"} | {"messages": told})
    return replace(request, body=body.encode(), label=f"{request.label}-without-tools")


def _untold(exchange: Exchange) -> str:
    if exchange.tool_calls:
        raise Inconclusive("the model calls a tool again, and says nothing")
    return lacks(["KIWI7"])(exchange)


@AREA.should(
    "let the model read the text that stands beside its tool calls",
    on=(TOOL_TEXT_BESIDE,),
    source="openai-openapi#ChatCompletionRequestAssistantMessage.content",
    contract=["tools-16"],
    at="choices.*.message.content",
    hint="Translate the content of an assistant message first, text or parts, then its calls; do not return early.",
    broken_by={
        "refused": REFUSED,
        "dropped": put("choices.*.delta.content", lambda text: text and text.replace("417", "it")),
        "parts dropped": put("choices.*.delta.content", lambda text: text and text.replace("682", "it")),
        "the reply held back": put("choices.*.delta.content", ""),
    },
)
def test_text_beside(send: Send) -> None:
    one_of_three(send, TOOL_TEXT_BESIDE, lacks(["ZX417", "WB682"]))


@AREA.should(
    "take calls with the arguments {}, which is what a function without parameters is called with, in a history",
    on=(TOOL_TEXT_BESIDE,),
    source="openai-openapi#ChatCompletionRequestAssistantMessage.tool_calls",
    contract=["tools-14"],
    at="error",
    hint="Translate {} to an empty object: neither to null nor to nothing.",
    broken_by={"refused": REFUSED, "a failure": status(500)},
)
def test_empty_arguments_taken(exchange: Exchange) -> None:
    answered(exchange)


def _names_arguments(exchange: Exchange) -> bool:
    """Whether an error says that arguments are what is wrong, by OpenAI's name or by that of another vendor."""
    told = json.dumps(exchange.error).lower()
    return any(word in told for word in ("argument", "input", "json"))


@AREA.should(
    "answer a history with arguments that are empty or no JSON, or refuse it with a 400 or 422 that says so",
    on=(TOOL_ODD_ARGUMENTS,),
    source="openai-openapi#ChatCompletionMessageToolCall.function.arguments",
    contract=["tools-14", "tools-15"],
    at="choices.*.message.content",
    hint="Pass such arguments on as an empty object or as text; do not drop the call and keep its result.",
    broken_by={
        "refused for what it did itself": respond(400, _UNMATCHED),
        "a failure": status(500),
        "the results dropped": without("QC5081"),
    },
)
def test_odd_arguments(send: Send) -> None:
    exchange = send(TOOL_ODD_ARGUMENTS)
    if exchange.status in (400, 422):
        said = " ".join(exchange.text.split())[:200]
        assert _names_arguments(exchange), f"the refusal does not say that arguments are wrong: {said}"
        return
    one_of_three(send, TOOL_ODD_ARGUMENTS, lacks(["QC5081"]))


@AREA.should(
    "take an empty array of tools as if there were none, or refuse it with status 400 or 422 and an error object",
    on=(EMPTY_TOOLS,),
    source="openai-openapi#CreateChatCompletionRequest.tools",
    contract=["tools-04", "validation-17"],
    at="choices.*.message.content",
    hint="Leave an empty array out before the request is translated.",
    shown_by=put("choices.*.message.content", "Hello, nice to meet you."),
    broken_by={
        "FastAPI's detail": respond(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "tools"]}]}),
        "JSON": respond(200, {"choices": [{"index": 0, "message": {"content": '{"name": "hello", "arguments": {}}'}}]}),
        "a call": respond(200, {"choices": [{"index": 0, "message": {"content": None, "tool_calls": _LOOKED}}]}),
        "a failure": status(500),
    },
)
def test_no_tools(exchange: Exchange) -> None:
    if exchange.refused:
        said = " ".join(exchange.text.split())[:160]
        error = exchange.document.get("error") if isinstance(exchange.document, dict) else None
        whole = exchange.status in (400, 422) and isinstance(error, dict) and isinstance(error.get("message"), str)
        assert whole, f"an empty array of tools is answered with HTTP {exchange.status}: {said}"
        return
    assert not exchange.tool_calls, f"no tools are offered, and one is called: {json.dumps(_calls(exchange))[:160]}"
    text = answered(exchange)
    assert _object(text.strip().removeprefix("```json").removesuffix("```")) is None, (
        f"a greeting was asked for with an empty array of tools, and JSON came: {text[:160]!r}"
    )


@AREA.must(
    "report length for a tool call whose arguments the limit cut off, streamed or not",
    on=(TOOL_CUT, TOOL_CUT_STREAM),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["equiv-04", "sampling-03"],
    at="choices.*.finish_reason",
    hint="Take the upstream's reason before that of the calls: clients run a call that ends with tool_calls.",
    needs=["request"],
    broken_by={
        "tool_calls": put("choices.*.finish_reason", lambda reason: reason and "tool_calls"),
        "stop": put("choices.*.finish_reason", lambda reason: reason and "stop"),
    },
)
def test_cut_call_is_length(exchange: Exchange, asked: JSONObject) -> None:
    if roomy(asked):
        raise NotApplicable("a model that reasons was given room enough")
    written = [str(each.get("arguments")) for each in _calls(exchange)]
    if not written or _object(written[-1]) is not None:
        raise Inconclusive("no call came that was cut off")
    reason = exchange.choices[0].get("finish_reason")
    if reason in (None, "", "content_filter") or ended_early(exchange):
        raise Inconclusive(f"it is not the limit that ended the call: finish_reason {reason!r}")
    assert reason == "length", f"arguments that were cut off, {written[-1][-60:]!r}, end with finish_reason {reason!r}"


@AREA.should(
    "end a streamed call that the limit cuts off as it ends a plain one, and not with an error",
    on=(TOOL_CUT, TOOL_CUT_STREAM),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["equiv-04", "sampling-03"],
    at="error",
    hint="Send what there is of the arguments, and length: a parser that expects all of them is not to raise.",
    broken_by=only(lambda request: request.streams, insert(1, chunk(_PARSER))),
)
def test_cut_call_is_no_error(send: Send) -> None:
    plain = send(TOOL_CUT)
    if not plain.succeeded or not plain.tool_calls:
        raise Inconclusive("no plain reply with a call came")
    for request in attempts(TOOL_CUT_STREAM):
        exchange = send(request)
        if not exchange.streamed:
            raise Inconclusive(f"“{request}” is {exchange.outcome}, and no stream")
        if not failed(exchange):
            return
    told = next(each["error"] for each in exchange.stream.documents if isinstance(each, dict) and each.get("error"))
    raise AssertionError(f"a call that the limit cuts off fails three times in a stream: {json.dumps(told)[:160]}")


def _lacking_of_schema(exchange: Exchange) -> str:
    """Which value, that only the function's schema tells, a call lacks."""
    answered(exchange)
    given = " ".join(str(each.get("arguments")) for each in _calls(exchange))
    missing = [value for value in ("unit_zr9", "kind_tq7", "note_wp", "KM583") if value not in given]
    return f"the arguments lack {' and '.join(missing)}, which the schema tells: {given[:200]!r}" if missing else ""


@AREA.should(
    "let the model read the whole schema of a function: $defs and $ref, enum, anyOf, descriptions, an empty object",
    on=(TOOL_KEYWORDS,),
    source="openai-openapi#FunctionParameters",
    contract=["tools-02", "tools-07"],
    at=f"{CALLS}.*.function.arguments",
    hint="Pass parameters on as they are; resolve or leave out what the upstream refuses, and keep what it reads.",
    broken_by={
        "refused": REFUSED,
        "definitions lost": put(f"{CALLS}.*.function.arguments", lambda text: text.replace("unit_zr9", "metre")),
        "values lost": put(f"{CALLS}.*.function.arguments", lambda text: text.replace("kind_tq7", "any")),
        "descriptions lost": put(f"{CALLS}.*.function.arguments", lambda text: text.replace("KM583", "secret")),
        "anyOf lost": put(f"{CALLS}.*.function.arguments", lambda text: text.replace("note_wp", "none")),
    },
)
def test_schema_keywords(send: Send) -> None:
    one_of_three(send, TOOL_KEYWORDS, _lacking_of_schema)


def _not_both(exchange: Exchange) -> str:
    """What is wrong with an answer to a request with tools and a format: a call is due where required, else JSON."""
    if exchange.status in (400, 422):
        raise NotApplicable("tools and response_format together are refused")
    text = answered(exchange)
    if exchange.request.asked["tool_choice"] == "required":
        return "" if _calls(exchange) else f"no tool is called: {text[:160]!r}"
    return "" if _object(text) is not None else f"the content is no JSON object: {text[:160]!r}"


@AREA.should(
    "heed both tools and response_format of a request: JSON where tools are ruled out, a call where one is required",
    on=(FORMAT_BESIDE_TOOLS, CALL_BESIDE_FORMAT),
    source="openai-structured-outputs#structured-model-outputs",
    contract=["tools-06", "schema-03"],
    at="choices.*.message",
    hint="Where the format is forced by a tool of the gateway's own, offer the caller's tools beside it.",
    broken_by={
        "prose": put("choices.*.delta.content", lambda text: text and "Hello! "),
        "JSON in place of the call": put("choices.*.message", {"role": "assistant", "content": '{"greeting": "Hi"}'}),
    },
)
def test_beside_format(send: Send) -> None:
    for request in (FORMAT_BESIDE_TOOLS, CALL_BESIDE_FORMAT):
        one_of_three(send, request, _not_both)


@AREA.should(
    "take strict functions where it takes functions",
    on=(TOOL_STRICT, TOOL_REQUIRED),
    source="openai-openapi#FunctionObject.strict",
    contract=["tools-12"],
    at="error",
    hint="Leave strict out for an upstream that does not know it: SDKs send it with every function.",
    broken_by=only(lambda request: b'"strict"' in request.body, REFUSED),
)
def test_strict_taken(send: Send) -> None:
    strict, plain = send(TOOL_STRICT), send(TOOL_REQUIRED)
    if not plain.succeeded:
        raise NotApplicable(f"functions are answered with {plain.outcome} without strict, too")
    said = " ".join(strict.text.split())[:160]
    assert strict.succeeded, f"a strict function is answered with {strict.outcome}: {said}"


@AREA.should(
    "answer the deprecated functions with a function_call, or refuse them with a 4xx",
    on=(LEGACY_FUNCTION,),
    source="phanedge#common-usage",
    contract=["tools-21"],
    at="choices.*.message.function_call",
    hint="Translate functions to the upstream's tools, and its call back to function_call.",
    broken_by={
        "tool_calls instead": put("choices.*.message", {"role": "assistant", "content": None, "tool_calls": [{}]}),
        "ignored": put("choices.*.message", {"role": "assistant", "content": "It is sunny."}),
        "arguments as an object": put("choices.*.message.function_call.arguments", {"city": "Paris"}),
        "the reason of tools": put("choices.*.finish_reason", "tool_calls"),
        "a failure": status(500),
    },
)
def test_legacy(exchange: Exchange) -> None:
    if exchange.refused:
        assert exchange.status < 500, f"functions are answered with HTTP {exchange.status}"
        return
    if not exchange.messages:
        raise Inconclusive("the reply has no choice with a message")
    message, reason = exchange.messages[0], exchange.choices[0].get("finish_reason")
    if reason in ("length", "content_filter") or message.get("refusal"):
        raise Inconclusive(f"the call was cut off or refused: {reason}")
    called = message.get("function_call")
    assert isinstance(called, dict), f"function_call is {called!r:.80}; the message has {', '.join(message)}"
    shown = json.dumps(called)[:160]
    assert called.get("name") == "get_weather", f"get_weather is forced, and function_call is {shown}"
    assert isinstance(called.get("arguments"), str), f"the arguments of function_call are no text: {shown}"
    assert reason in ("function_call", "stop"), f"the forced function_call ends with finish_reason {reason!r}"
