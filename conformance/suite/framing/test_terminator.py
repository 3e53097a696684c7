"""The terminator [DONE]: once, last, and the end of the response."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.faults import append, chunk, without_events
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, EVERY_STREAM
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.sse import EventStream
from conformance.language import say
from conformance.suite.framing import AREA
from conformance.suite.framing.event_streams import quoted

PATIENCE = 5.0  #: seconds that may pass between [DONE] and the end of the body


@AREA.must(
    "send data: [DONE] exactly once in a completed stream",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["framing-04"],
    hint="End every stream that was not broken off with one “data: [DONE]” and a blank line.",
    needs=["terminator"],
    broken_by={"missing": without_events(b"[DONE]"), "twice": append(b"data: [DONE]\n\n")},
)
def test_done_once(stream: EventStream) -> None:
    if (stream.pending or "").endswith("[DONE]"):
        raise NotApplicable(say("the event [DONE] was not closed (covered by framing.events_closed)"))
    count = len(stream.terminators)
    assert count == 1, say("the completed stream has {count} events with data: [DONE]", count)


@AREA.must(
    "send no event after data: [DONE]",
    on=EVERY_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["framing-05"],
    hint="Send usage and cost before [DONE]; clients stop reading there.",
    broken_by=append(chunk({"choices": [], "usage": {"prompt_tokens": 1}})),
)
def test_nothing_after_done(stream: EventStream) -> None:
    if not stream.terminators:
        raise NotApplicable(say("the stream has no [DONE]"))
    late = [event.data for event in stream.events[stream.terminators[0] :] if not event.done]
    assert not late, say(
        "{number} event(s) follow [DONE], which clients do not read: {quoted}", len(late), quoted(late[0])
    )


def _linger(exchange: Exchange) -> Exchange:
    ended = max(exchange.seconds, exchange.stream.ended) if exchange.streamed else exchange.seconds
    return replace(exchange, seconds=ended + PATIENCE + 1)


@AREA.should(
    "end the body within five seconds after data: [DONE]",
    on=EVERY_STREAM,
    warns="on a machine under load the reference endpoint ended late in 3 of 297 runs",
    source="rfc9112#6.3",
    contract=["framing-09"],
    hint="Close the response as soon as [DONE] is written.",
    needs=["times", "connection"],
    timed=True,
    broken_by=_linger,
)
def test_ends_after_done(exchange: Exchange, stream: EventStream) -> None:
    if not stream.terminators:
        raise NotApplicable(say("the stream has no [DONE]"))
    waited = max(exchange.seconds, stream.ended) - stream.events[stream.terminators[0]].time
    assert waited <= PATIENCE, say("the body ended {waited:.1f} s after [DONE]", waited)
