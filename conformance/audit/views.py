"""What is made of an exchange, made fast, and kept as long as the exchange."""

from __future__ import annotations

from conformance.evidence.exchange import Inconclusive
from conformance.evidence.recording import Recording
from conformance.evidence.sse import EventStream
from conformance.evidence.strict_json import JSONError

from .decoding import decoded, decoded_or_none, decoded_together


def given(recording: Recording) -> Recording:
    """The recording, whose exchange has its documents already. Whatever cannot be decoded is left to the views."""
    exchange = recording.exchange
    made, request = exchange.__dict__, exchange.request.__dict__
    made["small"] = True  # what is made of it is kept: it lives as long as it is judged
    try:
        request.setdefault("document", decoded(exchange.request.body))
    except JSONError:
        request["document"] = None
    try:
        if exchange.streamed:
            _decode(exchange.stream)
        elif not exchange.failure:
            made["document"] = decoded(exchange.content)
    except (Inconclusive, JSONError):
        pass
    return recording


def _decode(stream: EventStream) -> None:
    """Give the events of a stream their documents."""
    events = [event for event in stream.events if not event.done]
    texts = [event.data for event in events]
    documents = decoded_together(texts) or map(decoded_or_none, texts)
    for event, document in zip(events, documents, strict=True):
        event.__dict__["document"] = document
