"""Earlier requests, and streams that clients abort, leave no trace in later answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.contract.faults import only, status, without_events
from conformance.contract.given import AsReceived, AtOnce, at_once, usually
from conformance.contract.requests import LENGTH_STREAM, PLAIN, STREAM_USAGE, again, chat, once
from conformance.contract.requirement import Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, NotApplicable, Violation
from conformance.judgement.handing_over import had
from conformance.language import say

from . import AREA
from .concurrent import COMPANY, code_of, confused, seen

#: It names the run, so that no remembered answer of another run is the answer to it.
RECALL = once(
    chat(f"This is conversation {SALT}. Which code did I tell you before? Answer NONE if none.", label="recall")
)
ABORTED = tuple(
    once(replace(again(LENGTH_STREAM, attempt), after=None, hang_up_after=1, label=f"aborted-stream-{attempt}"))
    for attempt in (4, 5)
)
INTACT = tuple(
    once(replace(again(LENGTH_STREAM, attempt), after=None, label=f"intact-stream-{attempt}")) for attempt in (6, 7)
)
AFTERWARDS = once(replace(again(PLAIN, 5), after=None, label="plain-afterwards"))


@AREA.must(
    "know nothing of the content of earlier requests",
    on=(PLAIN, STREAM_USAGE),
    given={"company": at_once(*COMPANY), "later": usually(RECALL)},
    impact=Impact.SECURITY,
    source="openai-openapi#createChatCompletion",
    contract=["isolation-04"],
    at="choices.*.message.content",
    hint="Forward the messages of this request only; keep no session by key or connection.",
    broken_by=only(lambda each: each.label == RECALL.label, confused),
)
def test_no_memory(company: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    codes = [code for code in map(code_of, company) if code]
    answer = later[0]
    if not answer.messages:
        raise NotApplicable(say("the question was not answered"))
    known = [code for code in codes if code in seen(answer)]
    assert not known, say("a later request without it is answered with the code {known} of an earlier one", known[0])


def _breaks_off(exchange: Exchange) -> bool:
    """Whether a stream did not come to its end. Raises Inconclusive where no response arrived, or a transient one."""
    if exchange.failure is not None and exchange.failure.kind in ("reset", "truncated"):
        return True
    return broken_off(had(exchange))


def _are_whole(together: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    """Hold that the streams that were not aborted came to their end, where the same stream does so alone."""
    for exchange in together[len(ABORTED) :]:
        if not _breaks_off(exchange):
            continue
        if _breaks_off(later[1]):
            raise Inconclusive(say("{request} breaks off, too, where no stream is aborted", later[1].request))
        others = [each for each in together if each is not exchange]
        ended = say("broke off: {failure}", exchange.failure) if exchange.failure else say("came to no end")
        raise Violation(say("two streams were aborted, and another {ended}", ended), exchange, *others)


def _differ(streams: Iterable[Exchange]) -> None:
    """Hold that each of several streams has an id of its own."""
    named: dict[str, Exchange] = {}
    for stream in streams:
        id = str(stream.reply.get("id") or stream.request)
        first = named.setdefault(id, stream)
        if first is not stream:
            raise Violation(
                say("“{request}” and “{request2}” have the same id {id}", first.request, stream.request, id),
                stream,
                first,
            )


@AREA.should(
    "answer other requests, at the same time and later, undisturbed by streams that clients abort, and each anew",
    on=(PLAIN, LENGTH_STREAM),
    given={
        "together": AtOnce((*ABORTED, *INTACT), as_received=True),
        "later": usually(AFTERWARDS, AsReceived(LENGTH_STREAM)),
    },
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["isolation-05"],
    hint="Cancel the upstream request of the stream that was closed, and no other; answer each stream anew.",
    broken_by={
        "others break off": only(
            lambda each: each.attempt in (6, 7), without_events(b'"finish_reason":"'), without_events(b"[DONE]")
        ),
        "the next one fails": only(lambda each: each.attempt == 5 and not each.streams, status(500)),
    },
    after=["ids.unique"],
)
def test_aborted_streams(together: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    _are_whole(together, later)
    afterwards = later[0]
    assert afterwards.succeeded, say(
        "after two aborted streams a plain request is answered with HTTP {status}", afterwards.status
    )
    _differ((later[1], *together[len(ABORTED) :]))
