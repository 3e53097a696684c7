"""What is made of an exchange, made fast, and kept as long as the exchange."""

from __future__ import annotations

from typing import Any

from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.recording import Recording
from conformance.evidence.sse import EventStream
from conformance.evidence.strict_json import JSONError

from .decoding import decoded, decoded_or_none, decoded_together, is_canonical


def given(recording: Recording) -> Recording:
    """The recording, whose exchange has its documents already. Whatever cannot be decoded is left to the views."""
    exchange = recording.exchange
    made, request = exchange.__dict__, exchange.request.__dict__
    made["small"] = request["small"] = True  # what is made of them is kept: they live as long as they are judged
    if "document" not in request:
        request["document"] = _document(exchange.request.body)
    try:
        if exchange.streamed:
            _decode(exchange.stream)
        elif not exchange.failure:
            made["document"] = decoded(exchange.content)
    except (Inconclusive, JSONError):
        pass
    return recording


def _document(body: bytes) -> Any:
    try:
        return decoded(body)
    except JSONError:
        return None


def _decode(stream: EventStream) -> None:
    """Give the events of a stream their documents."""
    events = [event for event in stream.events if not event.done]
    texts = [event.data for event in events]
    documents = decoded_together(texts)
    for event, document in zip(events, map(decoded_or_none, texts) if documents is None else documents, strict=True):
        event.__dict__["document"] = document


def has_unique_names(exchange: Exchange) -> bool:
    """Whether the content is JSON, with each name once in its object: where this says no, it is not known."""
    if not exchange.streamed:
        return "document" in exchange.__dict__ and is_canonical(exchange.document, exchange.content.strip())
    events = [event for event in exchange.stream.events if not event.done]
    whole = all(event.document is not None for event in events)
    apart = ", " if events and '": ' in events[0].data else ","  # as it is written between members, too
    text = "[" + apart.join([event.data for event in events]) + "]"
    return bool(events) and whole and is_canonical([event.document for event in events], text.encode())
