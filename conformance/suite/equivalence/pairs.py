"""Requests in both forms, plain and streamed, and what the checks compare of their answers."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.contract.given import Slot, tries
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
    UNKNOWN_MODEL_STREAM,
    streamed,
)
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.language import say
from conformance.suite.support.prompts import WORDS
from conformance.suite.support.replies import content_of

Forms = tuple[Request, Request]  #: the same request, plain and streamed

#: Long enough that an estimate by characters or words is not right by chance.
WORDS_PAIR: Forms = (WORDS, streamed(WORDS))
TEXT_PAIRS: tuple[Forms, ...] = ((PLAIN, STREAM_USAGE), (LONG, LONG_STREAM), (UNICODE, UNICODE_STREAM))
#: Text that a stop sequence or the token limit ends, or for which no usage is asked: only the text is compared.
MORE_TEXT_PAIRS: tuple[Forms, ...] = ((STOP, STOP_STREAM), (PLAIN, STREAM), (LENGTH, LENGTH_STREAM))
TOOL_PAIRS: tuple[Forms, ...] = (
    (TOOL_AUTO, TOOL_AUTO_STREAM), (TOOL_REQUIRED, TOOL_REQUIRED_STREAM), (TOOL_NAMED, TOOL_NAMED_STREAM),
)  # fmt: skip
CALL_PAIRS: tuple[Forms, ...] = (*TOOL_PAIRS, (TOOL_PARALLEL, TOOL_PARALLEL_STREAM))
OUTPUT_PAIRS: tuple[Forms, ...] = ((SCHEMA_NESTED, SCHEMA_NESTED_STREAM),)
ERROR_PAIRS: tuple[Forms, ...] = (
    (NO_MESSAGES, NO_MESSAGES_STREAM), (UNKNOWN_MODEL_ERROR, UNKNOWN_MODEL_STREAM),
)  # fmt: skip


def tried(pairs: Iterable[Forms], times: int = 2, *, plain_times: int | None = None) -> tuple[Slot, ...]:
    """Pairs of a request and its repetitions, plain and streamed; plain as often as streamed if not told."""
    return tuple((tries(plain, plain_times or times), tries(stream, times)) for plain, stream in pairs)


def is_streamed(request: Request) -> bool:
    return request.streams


def is_plain(request: Request) -> bool:
    return not request.streams


def text_of(exchange: Exchange) -> str:
    """The text of the first choice. Raises Inconclusive where there is none."""
    if broken_off(exchange):
        raise Inconclusive(say("“{request}”: the stream broke off", exchange.request))
    content = content_of(exchange)
    if not isinstance(content, str) or not content.strip():
        raise Inconclusive(say("“{request}”: the reply has no text", exchange.request))
    return content.strip()
