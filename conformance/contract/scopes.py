"""The families of exchanges that requirements are judged on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.fold import chunks_of
from conformance.evidence.kept import kept_of

from .requirement import Scope


def _any(request: Request) -> bool:
    return request.path == "/chat/completions"


def _reply(request: Request) -> bool:
    return _any(request) and request.expect != "error"


def _chat(exchange: Exchange) -> bool:
    return exchange.request.path == "/chat/completions" and exchange.failure is None


def _plain(exchange: Exchange) -> bool:
    """A success that was not asked to stream."""
    return _chat(exchange) and exchange.succeeded and not exchange.streamed and not exchange.request.streams


@kept_of
def _completion(exchange: Exchange) -> bool:
    return _plain(exchange) and isinstance(exchange.document, dict) and not exchange.document.get("error")


def _stream(exchange: Exchange) -> bool:
    return _chat(exchange) and exchange.streamed


@kept_of
def _chunked(exchange: Exchange) -> bool:
    return _stream(exchange) and bool(exchange.chunks)


@kept_of
def _is_reply(exchange: Exchange) -> bool:
    return (_completion(exchange) or _chunked(exchange)) and bool(exchange.reply)


@kept_of
def _usage(exchange: Exchange) -> bool:
    """A reply with usage. A stream with an error in it has not counted what it did not finish."""
    whole = _is_reply(exchange) and not (exchange.streamed and failed(exchange))
    return whole and isinstance(exchange.reply.get("usage"), dict)


def failed(exchange: Exchange) -> bool:
    """A stream with an error event in it."""
    return exchange.failed_in_stream


def tells_of_failure(exchange: Exchange) -> bool:
    """Whether a success says that it failed: by an error in place of a completion or in the stream, or by a choice that
    ends with the finish_reason error."""
    if not exchange.succeeded or (not exchange.streamed and not isinstance(exchange.document, dict)):
        return False
    documents = exchange.stream.documents if exchange.streamed else [exchange.document]
    objects = [each for each in documents if isinstance(each, dict)]
    ends = [choice.get("finish_reason") for choice in streamed_choices(objects)]
    return "error" in ends or any(each.get("error") for each in objects)


def completed(exchange: Exchange) -> bool:
    """A stream in which no error was told: whatever else ends early is a fault, which clients take for an answer."""
    return not failed(exchange)


def broken_off(exchange: Exchange) -> bool:
    """A stream that did not come to its end, or of which a chunk cannot be read, so that what it adds up to shows
    nothing."""
    if not exchange.streamed:
        return False
    events = exchange.stream.events
    garbled = any(each.data.startswith("{") and not isinstance(each.document, dict) for each in events)
    finished = any(choice.get("finish_reason") for choice in streamed_choices(exchange.chunks))
    return failed(exchange) or garbled or not (finished or exchange.stream.terminators)


REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")  #: of the API, to end a choice


def cut_short(reason: Any) -> bool:
    """Whether a choice that ends for this reason may lack its end: for one that is none of the API's nobody knows."""
    return reason in ("length", "content_filter") or (bool(reason) and reason not in REASONS)


def streamed_choices(chunks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The choices of all chunks, in order; what is not an object is left out."""
    return chunks_of(chunks).choices


def asks_usage(request: Request) -> bool:
    """Whether `stream_options.include_usage` is set on a streamed request."""
    options = request.asked.get("stream_options")
    return request.streams and isinstance(options, dict) and options.get("include_usage") is True


def tool_choice(request: Request) -> str:
    """`none`, `auto`, `required`, or `named`; auto is the default where there are tools, none where there are not."""
    choice = request.asked.get("tool_choice", "auto")
    if not request.asked.get("tools"):
        return "none"
    return "named" if isinstance(choice, dict) and choice.get("type") == "function" else str(choice)


def asks_tools(request: Request) -> bool:
    """Whether a tool call is to be expected: forced, or plainly asked for."""
    return _reply(request) and tool_choice(request) in ("auto", "required", "named")


def output_type(request: Request) -> str:
    """The type of `response_format`, `text` where there is none."""
    output = request.asked.get("response_format")
    return str(output.get("type")) if isinstance(output, dict) else "text"


def strict_schema(request: Request) -> bool:
    """Whether the output is to follow a JSON Schema with `strict: true`."""
    output = request.asked.get("response_format")
    schema = output.get("json_schema") if isinstance(output, dict) else None
    return output_type(request) == "json_schema" and isinstance(schema, dict) and schema.get("strict") is True


EVERY_RESPONSE = Scope("every response", _any, lambda each: each.failure is None)
EVERY_SUCCESS = Scope("every success", _reply, lambda each: _chat(each) and each.succeeded)
EVERY_PLAIN_SUCCESS = Scope(
    "every success that was not asked to stream", lambda each: _reply(each) and not each.streams, _plain
)
EVERY_COMPLETION = Scope("every plain completion", lambda each: _reply(each) and not each.streams, _completion)
EVERY_REPLY = Scope("every reply, plain or streamed", _reply, _is_reply)
EVERY_USAGE = Scope(
    "every reply with usage", lambda each: _reply(each) and (not each.streams or asks_usage(each)), _usage
)
EVERY_STREAM = Scope("every event stream", lambda each: _reply(each) and each.streams, _stream)
EVERY_CHUNKED = Scope("every stream of chunks", lambda each: _reply(each) and each.streams, _chunked)
EVERY_COMPLETED_STREAM = Scope(
    "every completed stream",
    lambda each: _reply(each) and each.streams,
    lambda each: _chunked(each) and completed(each),
)
EVERY_FAILED_STREAM = Scope(
    "every stream with an error event", lambda each: False, lambda each: _stream(each) and failed(each)
)
EVERY_USAGE_STREAM = Scope(
    "every completed stream asked for usage",
    lambda each: _reply(each) and asks_usage(each),
    lambda each: _chunked(each) and completed(each) and asks_usage(each.request),
)
EVERY_UNASKED_STREAM = Scope(
    "every stream not asked for usage",
    lambda each: _reply(each) and each.streams and not asks_usage(each),
    lambda each: _chunked(each) and not asks_usage(each.request),
)
EVERY_ERROR = Scope("every error response", _any, lambda each: each.refused)
EVERY_INVALID = Scope(
    "every response to an invalid request",
    lambda each: each.expect == "error",
    lambda each: each.request.expect == "error" and each.failure is None and each.request.attempt > 0,
)
EVERY_401 = Scope(
    "every 401 response", lambda each: not each.authentic, lambda each: each.refused and each.status == 401
)
EVERY_UNAUTHENTICATED = Scope(
    "every response without valid credentials",
    lambda each: not each.authentic,
    lambda each: each.refused and each.status in (401, 403),
)
EVERY_405 = Scope(
    "every 405 response",
    lambda each: False,
    lambda each: each.refused and each.status == 405 and _any(each.request),
)
EVERY_429 = Scope("every 429 response", lambda each: False, lambda each: each.refused and each.status == 429)
EVERY_TOOL_CALL = Scope(
    "every reply with tool calls", asks_tools, lambda each: _is_reply(each) and bool(each.tool_calls)
)
EVERY_TOOL_STREAM = Scope(
    "every stream with tool calls",
    lambda each: asks_tools(each) and each.streams,
    lambda each: (
        _chunked(each)
        and any(
            isinstance(choice.get("delta"), dict) and choice["delta"].get("tool_calls")
            for choice in streamed_choices(each.chunks)
        )
    ),
)
EVERY_MODEL_LIST = Scope(
    "every list of models",
    lambda each: each.path == "/models",
    lambda each: each.request.path == "/models" and each.succeeded and isinstance(each.document, dict),
)


def replies_where(name: str, condition: Callable[[Request], bool], asks: str) -> Scope:
    """The replies to requests of which a condition holds, which does not hold of one without the member `asks`."""
    return Scope(
        name,
        lambda each: _reply(each) and condition(each),
        lambda each: _is_reply(each) and condition(each.request),
        (asks,),
    )
