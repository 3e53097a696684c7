"""What is made of an exchange, made fast, and kept as long as the exchange."""

from __future__ import annotations

from typing import Any

import orjson

from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.recording import Recording
from conformance.evidence.sse import EventStream
from conformance.evidence.strict_json import JSONError

from .decoding import decoded, decoded_or_none, decoded_together, has_unique_names

_UNIQUE = "audit: unique names"  #: in an exchange's `__dict__`, where each name is known to be there once


def given(recording: Recording) -> Recording:
    """The recording, whose exchange has its documents already. Whatever cannot be decoded is left to the views."""
    exchange = recording.exchange
    made, request = exchange.__dict__, exchange.request.__dict__
    made["small"] = request["small"] = True  # what is made of them is kept: they live as long as they are judged
    if "document" not in request:
        request["document"] = _document(exchange.request.body)
    try:
        if exchange.streamed:
            made[_UNIQUE] = _decode(exchange.stream)
        elif not exchange.failure:
            document = made["document"] = decoded(exchange.content)
            made[_UNIQUE] = has_unique_names(document, exchange.content)
    except (Inconclusive, JSONError, orjson.JSONEncodeError):
        pass
    return recording


def _document(body: bytes) -> Any:
    try:
        return decoded(body)
    except JSONError:
        return None


def _decode(stream: EventStream) -> bool:
    """Give the events of a stream their documents. Whether each name is known to be there once."""
    events = [event for event in stream.events if not event.done]
    texts = [event.data for event in events]
    documents = decoded_together(texts)
    unique = bool(documents) and has_unique_names(documents, f"[{','.join(texts)}]".encode())
    for event, document in zip(events, documents or map(decoded_or_none, texts), strict=True):
        event.__dict__["document"] = document
    return unique


def unique_names(exchange: Exchange) -> bool:
    """Whether the content is JSON, with each name once in its object, as far as that was found when it was decoded."""
    return exchange.__dict__.get(_UNIQUE) is True
