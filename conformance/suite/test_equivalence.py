"""A stream and a plain completion are two forms of the same reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.contract.faults import drop, events, only, put, respond
from conformance.contract.profile import Model
from conformance.contract.requests import (
    LENGTH,
    LENGTH_STREAM,
    LONG,
    LONG_STREAM,
    NO_MESSAGES,
    NO_MESSAGES_STREAM,
    PLAIN,
    SCHEMA_NESTED,
    SCHEMA_NESTED_STREAM,
    STOP,
    STOP_STREAM,
    STREAM,
    STREAM_USAGE,
    TOOL_AUTO,
    TOOL_AUTO_STREAM,
    TOOL_NAMED,
    TOOL_NAMED_STREAM,
    TOOL_PARALLEL,
    TOOL_PARALLEL_STREAM,
    TOOL_REQUIRED,
    TOOL_REQUIRED_STREAM,
    UNICODE,
    UNICODE_STREAM,
    UNKNOWN_MODEL_ERROR,
    again,
    bad,
    streamed,
)
from conformance.contract.requirement import Area
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, asks_usage, broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Read, Request
from conformance.evidence.fold import Unfoldable, fold
from conformance.evidence.send import Send
from conformance.suite.support.agreement import agree_when_sent, counted, prompt_tokens
from conformance.suite.support.calls import is_object, texts_in_pieces
from conformance.suite.support.limits import ended_early
from conformance.suite.support.prompts import SLACK, WORDS

AREA = Area("equivalence")

Pair = tuple[Request, Request]

#: Long enough that an estimate by characters or words is not right by chance.
WORDS_STREAM = streamed(WORDS)
UNKNOWN_MODEL_STREAM = bad("unknown-model-stream", UNKNOWN_MODEL_ERROR.asked | {"stream": True})

TEXT_PAIRS: tuple[Pair, ...] = ((PLAIN, STREAM_USAGE), (LONG, LONG_STREAM), (UNICODE, UNICODE_STREAM))
WORDS_PAIR: Pair = (WORDS, WORDS_STREAM)
#: Of text as well, but judged for that alone: a stop sequence or the limit ends it, or no usage was asked for.
MORE_TEXT_PAIRS: tuple[Pair, ...] = ((STOP, STOP_STREAM), (PLAIN, STREAM), (LENGTH, LENGTH_STREAM))
TOOL_PAIRS: tuple[Pair, ...] = (
    (TOOL_AUTO, TOOL_AUTO_STREAM), (TOOL_REQUIRED, TOOL_REQUIRED_STREAM), (TOOL_NAMED, TOOL_NAMED_STREAM),
)  # fmt: skip
CALL_PAIRS: tuple[Pair, ...] = (*TOOL_PAIRS, (TOOL_PARALLEL, TOOL_PARALLEL_STREAM))
OUTPUT_PAIRS: tuple[Pair, ...] = ((SCHEMA_NESTED, SCHEMA_NESTED_STREAM),)
ERROR_PAIRS: tuple[Pair, ...] = (
    (NO_MESSAGES, NO_MESSAGES_STREAM), (UNKNOWN_MODEL_ERROR, UNKNOWN_MODEL_STREAM),
)  # fmt: skip


@AREA.must(
    "send streams that the official SDK can accumulate into a completion",
    on=EVERY_COMPLETED_STREAM,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["equiv-01"],
    at="choices",
    hint="Give every choice and every piece of a tool call its integer index, and make each delta an object.",
    broken_by={
        "choices without index": put("choices.*.index", None),
        "a delta of text": put("choices.*.delta", "OK"),
        "entries of text": put("choices.*.delta.tool_calls", ["get_weather", {}]),
    },
)
def test_accumulates(chunks: list[dict[str, Any]]) -> None:
    try:
        fold(chunks)
    except Unfoldable as error:
        raise AssertionError(f"the official SDK cannot accumulate this stream: {error}") from None


@AREA.must(
    "send streams whose deltas add up to a whole message of the assistant",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.delta",
    contract=["equiv-01"],
    at="choices.*.delta",
    hint="Send what the message consists of as deltas: delta, not message; text as strings.",
    broken_by={
        "nothing but a role": put("choices.*.delta", {"role": "assistant"}),
        "message instead of delta": put("choices.*.delta", {}),
        "the role of another": put("choices.*.delta.role", "tool"),
        "content as an object": put("choices.*.delta.content", {"text": "OK"}),
    },
)
def test_whole_message(exchange: Exchange) -> None:
    for choice in exchange.choices:
        flaws = list(_flaws(choice["message"], cut=choice.get("finish_reason") in ("length", "content_filter")))
        assert not flaws, f"the deltas of choice {choice['index']} add up to a message that {flaws[0]}"


def _flaws(message: dict[str, Any], *, cut: bool) -> Iterator[str]:
    """What is wrong with a folded message beyond its members' types. That a role repeated in every delta adds
    up to “assistantassistant” is another requirement, and no fault of the message."""
    told = {name for name, value in message.items() if value is not None} - {"role"}
    if not told and not cut:
        yield "has no content, refusal, tool call or audio"
    role = message.get("role") or ""
    if not isinstance(role, str) or role.replace("assistant", ""):
        yield f"has the role {role!r}"
    if not isinstance(message.get("content"), str | None):
        yield f"has a content of type {type(message['content']).__name__}, not text"


# --- the same request asked in both forms -------------------------------------------------------------------


def cost_alike(send: Send, one: Request, other: Request) -> None:
    """Hold that two requests cost the same prompt_tokens. Where they differ both are sent twice more: chance, routing
    and a template with the time in it make a difference that does not come again, or now the one is larger, now the
    other. Raises Inconclusive for one by no more than that, which may be so."""
    counts: list[tuple[int, int]] = []
    while len(counts) < 3:
        attempt = len(counts) + 1
        pair = (one, other) if attempt == 1 else (again(one, attempt), again(other, attempt))
        counts.append((prompt_tokens(send(pair[0])), prompt_tokens(send(pair[1]))))
        first, second = zip(*counts, strict=True)
        if set(first) & set(second):
            return
    said = f"“{one}” costs {_listed(first)} prompt_tokens, “{other}” {_listed(second)}"
    apart = min(abs(count - others) for count in first for others in second)
    larger = {count > others for count in first for others in second}
    if len(larger) > 1 and apart <= SLACK:
        raise Inconclusive(f"{said}: now the one is larger, now the other")
    raise AssertionError(f"{said}: three times each")


def _listed(counts: Iterable[int]) -> str:
    return ", ".join(map(str, dict.fromkeys(counts)))


def each_pair(pairs: Iterable[Pair], relation: Callable[[Request, Request], None]) -> None:
    """Hold a relation over every pair. One that shows nothing counts only where none does."""
    reasons: list[Inconclusive | NotApplicable] = []
    shown = 0
    for one, other in pairs:
        try:
            relation(one, other)
            shown += 1
        except (Inconclusive, NotApplicable) as reason:
            reasons.append(reason)
    if not shown:
        raise reasons[0]


def _requests(pairs: Iterable[Pair]) -> tuple[Request, ...]:
    return tuple(request for pair in pairs for request in pair)


def _streams(request: Request) -> bool:
    return request.streams


def _written(exchange: Exchange) -> int:
    """The completion's tokens without those of thoughts, which differ from time to time."""
    details = exchange.usage.get("completion_tokens_details")
    thought = details.get("reasoning_tokens") if isinstance(details, dict) else 0
    return counted(exchange, "completion_tokens") - (thought if type(thought) is int else 0)


def said(exchange: Exchange) -> str:
    """The text of the first choice. Raises Inconclusive where there is none."""
    if broken_off(exchange):
        raise Inconclusive(f"“{exchange.request}”: the stream broke off")
    content = exchange.messages[0].get("content") if exchange.messages else None
    if not isinstance(content, str) or not content.strip():
        raise Inconclusive(f"“{exchange.request}”: the reply has no text")
    return content.strip()


def _reason(exchange: Exchange) -> Any:
    """The finish_reason of the first choice. Raises Inconclusive where there is no choice."""
    if not exchange.choices:
        raise Inconclusive(f"“{exchange.request}”: the reply has no choice")
    return exchange.choices[0].get("finish_reason")


def _called(exchange: Exchange) -> tuple[list[str], str]:
    """The names of the functions that are called, in alphabetical order, and whether text stands beside them."""
    if broken_off(exchange) or not exchange.tool_calls:
        raise Inconclusive(f"“{exchange.request}”: no tool is called")
    functions = [call.get("function") for call in exchange.tool_calls]
    beside = any(each.get("content") for each in exchange.messages)
    names = sorted(str(each.get("name")) for each in functions if isinstance(each, dict))
    return names, "with text beside" if beside else "without text"


_ESTIMATED = only(_streams, put("usage.prompt_tokens", lambda count: count + 7))


@AREA.must(
    "count the same prompt_tokens for a request whether it is streamed or not",
    on=_requests((*TEXT_PAIRS, WORDS_PAIR)),
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on; do not estimate it.",
    broken_by={
        "estimated in streams": _ESTIMATED,
        "only what was not cached": only(_streams, put("usage.prompt_tokens", 1)),
    },
)
def test_prompt_tokens(send: Send) -> None:
    each_pair((*TEXT_PAIRS, WORDS_PAIR), lambda one, other: cost_alike(send, one, other))


@AREA.must(
    "count the same prompt_tokens for a request with tools whether it is streamed or not",
    on=_requests(TOOL_PAIRS),
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on: an estimate forgets the tools.",
    broken_by=_ESTIMATED,
)
def test_prompt_tokens_with_tools(send: Send) -> None:
    each_pair(TOOL_PAIRS, lambda one, other: cost_alike(send, one, other))


@AREA.must(
    "count the same prompt_tokens for a request for JSON whether it is streamed or not",
    on=_requests(OUTPUT_PAIRS),
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on: an estimate forgets the schema.",
    broken_by=_ESTIMATED,
)
def test_prompt_tokens_with_output(send: Send) -> None:
    each_pair(OUTPUT_PAIRS, lambda one, other: cost_alike(send, one, other))


def _twice_each(before: list[Read]) -> list[Read]:
    return [block for block in before for _ in range(2 if b'"content":"' in block[1] else 1)]


def _some_lost(before: list[Read]) -> list[Read]:
    texts = [block for block in before if b'"content":"' in block[1]]
    return [block for block in before if block not in texts[-2:]]


@AREA.should(
    "stream the same text that it sends whole, where the model has no choice",
    on=_requests((*TEXT_PAIRS, *MORE_TEXT_PAIRS)),
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03"],
    at="choices.*.delta.content",
    hint="Send each piece of the text once and as it is: neither what came before it again, nor less.",
    broken_by={
        "pieces sent twice": events(_twice_each),
        "the end lost": events(_some_lost),
        "twice where a sequence stops it": only(
            lambda request: "stop" in request.asked, put("choices.*.delta.content", lambda text: text and text * 2)
        ),
        "twice where no usage is asked for": only(
            lambda request: request.streams and not asks_usage(request),
            put("choices.*.delta.content", lambda text: text and text * 2),
        ),
    },
)
def test_text(send: Send) -> None:
    each_pair((*TEXT_PAIRS, *MORE_TEXT_PAIRS), lambda one, other: agree_when_sent(send, one, other, said))


@AREA.should(
    "end a reply for the same reason whether it is streamed or not, where the model has no choice",
    on=_requests(TEXT_PAIRS),
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason in streams as in whole replies.",
    broken_by=only(_streams, put("choices.*.finish_reason", lambda reason: reason and "length")),
)
def test_finish_reason(send: Send) -> None:
    each_pair(TEXT_PAIRS, lambda one, other: agree_when_sent(send, one, other, _reason))


@AREA.should(
    "count the completion_tokens of the same text alike, to two tokens, whether it is streamed or not",
    on=_requests(TEXT_PAIRS),
    source="openai-openapi#CompletionUsage.completion_tokens",
    contract=["equiv-03"],
    at="usage.completion_tokens",
    hint="Pass the upstream's count on in streams; do not count chunks or characters.",
    broken_by=only(_streams, put("usage.completion_tokens", lambda count: count + 3)),
)
def test_completion_tokens(send: Send) -> None:
    def relation(one: Request, other: Request) -> None:
        if said(send(one)) != said(send(other)):
            raise NotApplicable(f"“{one}” and “{other}” are answered with different texts")
        agree_when_sent(send, one, other, _written, lambda count, streamed_count: abs(count - streamed_count) <= 2)

    each_pair(TEXT_PAIRS, relation)


@AREA.should(
    "call the same functions in a stream as in a whole reply, with text beside them or without, where a call is forced",
    on=_requests(TOOL_PAIRS[1:]),
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03"],
    at="choices.*.delta.tool_calls",
    hint="Translate each of the upstream's calls once in streams too, with its name, and as nothing but a call.",
    broken_by={
        "another name": only(
            _streams, put("choices.*.delta.tool_calls.*.function.name", lambda name: name and f"{name}_2")
        ),
        "as text, too": only(_streams, put("choices.*.delta.content", "Paris")),
    },
)
def test_calls(send: Send) -> None:
    each_pair(TOOL_PAIRS[1:], lambda one, other: agree_when_sent(send, one, other, _called))


def _broken(exchange: Exchange) -> str:
    """The first arguments of a call that are no JSON object, empty where all are."""
    if exchange.streamed:
        given = ["".join(texts) for texts in texts_in_pieces(exchange)]
    else:
        functions = [each.get("function") for each in exchange.tool_calls]
        given = [str(each.get("arguments")) for each in functions if isinstance(each, dict)]
    if not given:
        raise Inconclusive(f"“{exchange.request}”: no tool is called")
    return next((repr(each[:160]) for each in given if not is_object(each)), "")


@AREA.must(
    "stream arguments that are a JSON object where those of the whole reply are",
    on=_requests(CALL_PAIRS),
    source="openai-openapi#ChatCompletionMessageToolCallChunk.function.arguments",
    contract=["tools-20"],
    at="choices.*.delta.tool_calls.*.function.arguments",
    hint="Send every piece of the arguments, the last one too, before the finish_reason.",
    broken_by=only(_streams, put("choices.*.delta.tool_calls.*.function.arguments", lambda text: text.rstrip("}"))),
)
def test_arguments(send: Send) -> None:
    """A model writes what is no JSON now and then: it must come three times, and in no whole reply."""

    def relation(one: Request, other: Request) -> None:
        times = [_broken(send(other))]
        while times[-1] and len(times) < 3:
            times.append(_broken(send(again(other, len(times) + 1))))
        if not times[0]:
            return
        if not times[-1] or _broken(send(one)):
            raise Inconclusive(f"“{other}” gives the arguments {times[0]}, and not each time, or not streamed only")
        raise AssertionError(f"“{other}” gives arguments that are no JSON object three times: {times[0]}")

    each_pair(CALL_PAIRS, relation)


@AREA.must(
    "report length for a reply that the limit cut off, streamed or not",
    on=(LENGTH, LENGTH_STREAM),
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["equiv-04"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length in both forms.",
    broken_by={
        "stop in streams": only(_streams, put("choices.*.finish_reason", lambda reason: reason and "stop")),
        "stop in whole replies": only(
            lambda request: not request.streams, put("choices.*.finish_reason", lambda reason: reason and "stop")
        ),
    },
)
def test_length(send: Send, model: Model) -> None:
    if model.reasons:
        raise NotApplicable("a model that reasons was given room enough")
    exchanges = [send(request) for request in (LENGTH, LENGTH_STREAM)]
    reasons = {str(each.request): _reason(each) for each in exchanges}
    early = [each for each in exchanges if _reason(each) == "stop" and ended_early(each)]
    if early:
        raise Inconclusive(f"“{early[0].request}”: the model ended before the limit, after {early[0].usage}")
    assert all(reason == "length" for reason in reasons.values()), (
        f"counting to 100 in 20 tokens ends with finish_reason {reasons}"
    )


def _details(exchange: Exchange) -> dict[str, Any]:
    """The members of both details of the usage, by their paths."""
    names = ("prompt_tokens_details", "completion_tokens_details")
    found = [(name, exchange.usage.get(name)) for name in names]
    return {f"{name}.{key}": each[key] for name, each in found if isinstance(each, dict) for key in each}


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both have the same members. One that counts something may be left out of the other as zero."""
    return not any(not (one | other)[name] for name in one.keys() ^ other.keys())


@AREA.should(
    "give usage the same details whether the reply is streamed or not",
    on=(PLAIN, STREAM_USAGE),
    source="openai-openapi#CompletionUsage",
    contract=["equiv-05"],
    at="usage.prompt_tokens_details",
    hint="Build the usage of both forms in one place, so that streams do not lose the details.",
    broken_by={
        "no details in streams": only(_streams, drop("usage.prompt_tokens_details")),
        "a zero left out in streams": only(_streams, drop("usage.prompt_tokens_details.cached_tokens")),
        "no details in whole replies": only(
            lambda request: not request.streams, drop("usage.completion_tokens_details")
        ),
    },
)
def test_usage_details(send: Send) -> None:
    agree_when_sent(send, PLAIN, STREAM_USAGE, _details, _alike)


def _refusal(exchange: Exchange) -> tuple[int, Any, Any]:
    error = exchange.error if exchange.refused else {}
    return exchange.status, error.get("type"), error.get("code")


@AREA.should(
    "refuse a wrong request with the same status, type and code whether it is to be streamed or not",
    on=_requests(ERROR_PAIRS),
    source="openai-openapi#ErrorResponse",
    contract=["equiv-06"],
    at="error",
    hint="Check the request before the stream begins, and refuse it with the status, not with an event in a 200.",
    broken_by={
        "another status": only(_streams, respond(500, {"error": {"message": "m", "type": "t", "code": "c"}})),
        "another code": only(_streams, put("error.code", "bad_response")),
        "200": only(_streams, respond(200, {"error": {"message": "m", "type": "t", "param": None, "code": "c"}})),
    },
)
def test_errors(send: Send) -> None:
    def relation(one: Request, other: Request) -> None:
        if not send(one).refused:
            raise NotApplicable(f"“{one}” is not refused, which is another requirement")
        agree_when_sent(send, one, other, _refusal)

    each_pair(ERROR_PAIRS, relation)
