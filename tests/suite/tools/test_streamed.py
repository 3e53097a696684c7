"""Streamed calls that are right in an unusual way, and real faults in them."""

from __future__ import annotations

import json

import pytest

from conformance.contract.requests import (
    TOOL_AUTO_STREAM,
    TOOL_NAMED_STREAM,
)  # fmt: skip
from tests.support.builders_stream import (
    DONE,
    ROLE,
    STOP,
    Case,
    delta,
    fails,
    right,
    silent,
    stream,
    unclear,
)

from .replies import (
    AT_ONCE,
    BROKEN_OFF,
    IN_PIECES,
    NAMED_AGAIN,
    PARIS,
    SHARED_INDEX,
    TWO_AT_ONCE,
    first,
    more,
    pieces,
)

LIMITED = pieces(first('{"city":"Pa'), finish="length")


CASES = [
    *(right("tools.pieces_add_up", what, exchange)
      for what, exchange in {"in deltas": IN_PIECES, "arguments at once": AT_ONCE, "two at once": TWO_AT_ONCE,
                             "named in every delta": NAMED_AGAIN}.items()),
    fails("tools.pieces_add_up", "an extra {} ahead", pieces(first("{}"), more(PARIS))),
    silent("tools.pieces_add_up", "encoded twice, another fault",
           pieces(first(json.dumps(PARIS)[:9]), more(json.dumps(PARIS)[9:]))),
    fails("tools.pieces_add_up", "escaped twice, without quotes", pieces(first(json.dumps(PARIS)[1:-1]))),
    fails("tools.pieces_add_up", "each piece twice",
          pieces(first('{"city":'), more('{"city":'), more('"Paris"}'), more('"Paris"}'))),
    fails("tools.pieces_add_up", "a piece twice",
          pieces(first(), more('{"city":'), more('{"city":'), more('"Paris"'), more("}"))),
    fails("tools.pieces_add_up", "each holds what came before",
          pieces(first(), more('{"city":'), more('{"city":"Pa'), more(PARIS))),
    fails("tools.pieces_add_up", "the wrong way round", pieces(first(), more('"Paris"'), more('{"city":'), more("}"))),
    unclear("tools.pieces_add_up", "the end lost", pieces(first(), more('{"city":"Paris"'))),
    unclear("tools.pieces_add_up", "truncation disguised as tool_calls", pieces(first('{"text":"abc'))),
    unclear("tools.pieces_add_up", "a slip: one brace too many", pieces(first(), more(PARIS), more("}"))),
    unclear("tools.pieces_add_up", "a slip: quotes", pieces(first(), more("{'city':'Paris'}"))),
    unclear("tools.pieces_add_up", "a slip: a line break within a text", pieces(first(), more('{"city":"Pa\nris"}'))),
    right("tools.pieces_add_up", "a slip among others", IN_PIECES, pieces(first(), more('{"city":Paris}'))),
    silent("tools.pieces_add_up", "cut off by the limit", LIMITED),
    unclear("tools.pieces_add_up", "broken off by an error", BROKEN_OFF),
    silent("tools.pieces_add_up", "a shared index, another fault", SHARED_INDEX),
    right("tools.streamed_finish", "tool_calls", IN_PIECES),
    silent("tools.streamed_finish", "forced",
           pieces(first(PARIS, name="get_time"), request=TOOL_NAMED_STREAM, finish="stop")),
    silent("tools.streamed_finish", "cut off by the limit", LIMITED),
    fails("tools.streamed_finish", "stop", pieces(first(PARIS), finish="stop")),
    fails("tools.streamed_finish", "no end of its own but stop",
          stream(TOOL_AUTO_STREAM, ROLE, delta(tool_calls=[first(PARIS)]), STOP, DONE)),
    fails("tools.streamed_finish", "beside an index that is an array",
          stream(TOOL_AUTO_STREAM, ROLE, delta(tool_calls=[first(PARIS)]), STOP,
                 {**STOP, "choices": [{**STOP["choices"][0], "index": []}]}, DONE)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_streamed(case: Case) -> None:
    case.check()
