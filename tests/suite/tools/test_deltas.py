"""Deltas of calls that are right in an unusual way, and real faults in them."""

from __future__ import annotations

import pytest

from tests.support.builders_stream import (
    Case,
    fails,
    right,
    silent,
    warns,
)

from .replies import (
    AT_ONCE,
    IN_PIECES,
    NAMED_AGAIN,
    PARIS,
    SHARED_INDEX,
    TWO_AT_ONCE,
    first,
    more,
    pieces,
)

CASES = [
    *(right(f"tools.{name}", what, exchange)
      for name in ("first_piece", "indices_from_zero", "one_call_per_index")
      for what, exchange in {"in pieces": IN_PIECES, "arguments at once": AT_ONCE, "two at once": TWO_AT_ONCE,
                             "named in every piece": NAMED_AGAIN}.items()),
    fails("tools.first_piece", "no id", pieces({"index": 0, "type": "function", "function": {"name": "get_weather"}})),
    fails("tools.first_piece", "no type", pieces({"index": 0, "id": "a", "function": {"name": "get_weather"}})),
    fails("tools.first_piece", "the name in no piece", pieces(first(name=None), more(PARIS))),
    fails("tools.first_piece", "an empty name", pieces(first(PARIS, name=""))),
    silent("tools.first_piece", "no index, another fault", pieces(first(PARIS, index=None))),
    fails("tools.indices_from_zero", "the upstream's block numbers", pieces(first(PARIS, index=1))),
    fails("tools.indices_from_zero", "minus one", pieces(first(PARIS, index=-1))),
    fails("tools.one_call_per_index", "all under index 0", SHARED_INDEX),
    right("tools.one_call_per_index", "an empty id later on", pieces(first(), more(PARIS, id=""))),
    right("tools.named_once", "null later on", pieces(first(), more(PARIS, id=None))),
    silent("tools.named_once", "at once", AT_ONCE),
    silent("tools.named_once", "a shared index, another fault", SHARED_INDEX),
    warns("tools.named_once", "in every piece", NAMED_AGAIN),
    warns("tools.named_once", "the name again",
          pieces(first(), {"index": 0, "function": {"name": "get_weather", "arguments": PARIS}})),
    right("tools.no_empty_names", "left out", IN_PIECES),
    warns("tools.no_empty_names", "an empty id", pieces(first(), more(PARIS, id="", type="function"))),
    warns("tools.no_empty_names", "an empty name",
          pieces(first(), {"index": 0, "function": {"name": "", "arguments": PARIS}})),
    right("tools.no_null_arguments", "left out or empty", IN_PIECES, pieces(first(), {"index": 0, "function": {}})),
    warns("tools.no_null_arguments", "null first", pieces(first(None), more(PARIS))),  # type: ignore[arg-type]
    warns("tools.no_null_arguments", "null last", pieces(first(), more(PARIS), more(None))),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_deltas(case: Case) -> None:
    case.check()
