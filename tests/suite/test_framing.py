"""The requirements of framing on streams that are right in an unusual way, and on real faults."""

from __future__ import annotations

import pytest

from conformance.contract.faults import events, only, put
from conformance.contract.requests import STREAM_USAGE
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Read, Request
from tests.support.builders_asked import Said, asked
from tests.support.builders_stream import (
    DONE,
    ERROR,
    OK,
    ROLE,
    STOP,
    Case,
    Event,
    event,
    fails,
    right,
    silent,
    stream,
    uncovered,
    usage,
    warns,
)

WHOLE: tuple[Event, ...] = (ROLE, OK, STOP, usage(), DONE)


def sent(*events: object, seconds: float = 0.1) -> Exchange:
    return stream(STREAM_USAGE, *events, seconds=seconds)  # type: ignore[arg-type]


def rewritten(old: bytes, new: bytes) -> Exchange:
    """The whole stream in one read, with its bytes replaced."""
    return sent(b"".join(map(event, WHOLE)).replace(old, new))


CRLF, BARE_LF = rewritten(b"\n", b"\r\n"), rewritten(b"\n\n", b"\n")
NO_SPACE = rewritten(b"data: ", b"data:")
COMMENTS = sent(b": OPENROUTER PROCESSING\n\n", ROLE, b"::PING\n\n", OK, STOP, usage(), b": cost=0.1\n", DONE)
SPREAD = sent(ROLE, b'data: {"choices":\ndata: []}\n\n', *WHOLE[2:])
BOM = sent(b"\xef\xbb\xbf" + event(ROLE), *WHOLE[1:])
BROKEN_OFF = sent(ROLE, OK, ERROR, DONE)
NAMED_ERROR = sent(ROLE, OK, b"event: error\n" + event(ERROR), DONE)
GLUED = sent(ROLE, b'data: {"id":"1","object":"chat.completion.c' + event(OK), *WHOLE[2:])
INTERRUPTED = sent(ROLE, b'data: {"id":"c1","choices":[{"del\n' + event(ERROR), DONE)
PING = sent(ROLE, b'event: ping\ndata: {"type": "ping"}\n\n', *WHOLE[1:])

CASES = [
    *(
        right(f"framing.{name}", what, exchange)
        for name in ("events_closed", "json_in_data", "known_fields", "utf8", "one_json_object", "done_once",
                     "nothing_after_done", "data_only", "keep_alive", "ends_after_done")
        for what, exchange in {"CRLF": CRLF, "no space after the colon": NO_SPACE, "comments": COMMENTS,
                               "one object over two data lines": SPREAD, "a byte-order mark": BOM}.items()
    ),
    silent("framing.events_closed", "nothing at all", sent()),
    fails("framing.events_closed", "single newlines between events", BARE_LF),
    fails("framing.events_closed", "[DONE] without a line end", sent(*WHOLE[:-1], b"data: [DONE]")),
    silent("framing.events_closed", "a recorder stripped the end",
           stream(STREAM_USAGE, *WHOLE[:-1], b"data: [DONE]\n", unrecorded=["framing"])),
    fails("framing.json_in_data", "an error as bare JSON", sent(ROLE, OK, b'{"error": "upstream"}')),
    fails("framing.json_in_data", "lines of JSON", sent(b'{"id": "1"}\n{"id": "2"}\n')),
    silent("framing.json_in_data", "nothing at all", sent()),
    warns("framing.known_fields", "a bare PING", sent(ROLE, b"PING\n\n", *WHOLE[1:])),
    right("framing.json_in_data", "a bare PING", sent(ROLE, b"PING\n\n", *WHOLE[1:])),
    fails("framing.utf8", "a character cut in two",
          rewritten(b'"content": "OK"', b'"content": "\xf0\x9f\x91"')),
    fails("framing.utf8", "UTF-16", sent("data: {}\n\n".encode("utf-16"))),
    fails("framing.one_json_object", "a stale buffer glued to the next event", GLUED),
    fails("framing.one_json_object", "an error within an event", INTERRUPTED),
    fails("framing.one_json_object", "the whole stream as one event",
          sent(BARE_LF.content + b"\n")),
    fails("framing.one_json_object", "null", sent(ROLE, b"data: null\n\n", *WHOLE[1:])),
    right("framing.one_json_object", "an error event", BROKEN_OFF),
    silent("framing.one_json_object", "nothing but [DONE]", sent(DONE)),
    fails("framing.done_once", "twice", sent(*WHOLE, DONE)),
    fails("framing.done_once", "never", sent(*WHOLE[:-1])),
    silent("framing.done_once", "never, after an error", sent(ROLE, OK, ERROR)),
    silent("framing.done_once", "not closed", sent(*WHOLE[:-1], b"data: [DONE]\n")),
    right("framing.nothing_after_done", "comments and a second [DONE]", sent(*WHOLE, b": bye\n\n", DONE)),
    silent("framing.nothing_after_done", "no [DONE]", sent(*WHOLE[:-1])),
    fails("framing.nothing_after_done", "the usage", sent(*WHOLE[:3], DONE, usage())),
    right("framing.data_only", "event: error on an error", NAMED_ERROR),
    warns("framing.data_only", "event: message", rewritten(b"data: {", b"event: message\ndata: {")),
    warns("framing.data_only", "retry alone", sent(b"retry: 3000\n\n", *WHOLE)),
    warns("framing.keep_alive", "Anthropic's ping", PING),
    warns("framing.keep_alive", "an empty event", sent(ROLE, b"data:\n\n", *WHOLE[1:])),
    warns("framing.keep_alive", "a word", sent(ROLE, b"data: keep-alive\n\n", *WHOLE[1:])),
    right("framing.keep_alive", "what is broken is no keep-alive", GLUED),
    warns("framing.ends_after_done", "a body left open", sent(*WHOLE, seconds=30.0)),
    silent("framing.ends_after_done", "no times recorded",
           stream(STREAM_USAGE, *WHOLE, seconds=30.0, unrecorded=["times"])),
]  # fmt: skip


HELD_BACK = only(
    lambda request: request.asked["max_tokens"] > 100, events(lambda before: [(8.0, data) for _, data in before])
)
LATE = events(lambda before: [(when + 9, data) for when, data in before])


def _is_early(request: Request) -> bool:
    return request.attempt < 3


def _slowly(before: list[Read]) -> list[Read]:
    return [(2.0 if number < 2 else 2.0 + when * 10, data) for number, (when, data) in enumerate(before)]


SLOW_TO_BEGIN = events(_slowly)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_framing(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("framing", CASES) == set()


# --- judged on the reference endpoint -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("incremental", events(lambda before: [(when * 20 + 0.1, data) for when, data in before]), "accepted"),
        ("incremental", events(lambda before: [(when / 20, data) for when, data in before]), "not applicable"),
        ("incremental", HELD_BACK, "violated"),
        ("incremental", only(lambda request: request.attempt == 1, HELD_BACK), "accepted"),  # a machine that was busy
        ("incremental", only(_is_early, HELD_BACK), "accepted"),
        ("incremental", events(lambda before: [(when + 9, data) for when, data in before]), "accepted"),
        ("incremental", SLOW_TO_BEGIN, "accepted"),  # the first token takes longer than all others
        ("incremental", only(lambda request: request.asked["max_tokens"] > 100, LATE), "violated"),
        ("incremental", put("choices.*.delta.content", ""), "inconclusive"),
    ],
)  # fmt: skip
def test_framing_asked(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"framing.{requirement}", change) == expected
