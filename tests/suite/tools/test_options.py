"""What is asked for beside tool_choice: replies that are right in an unusual way, and real faults."""

from __future__ import annotations

import json

import pytest

from conformance.contract.requests import TOOL_AUTO, TOOL_SINGLE, TOOL_STRICT
from tests.support.builders_stream import Case, call, fails, right, silent, unclear, warns

from .replies import PARIS, TWO_CALLS, calls, text

BOOKING = {"day": "friday", "guests": 4, "table": "4071", "contact": {"name": "Ada", "by_mail": False}}
STRICT = calls(TOOL_STRICT, call("book_table", json.dumps(BOOKING)), finish="stop")


CASES = [
    right("tools.one_at_most", "one", calls(TOOL_SINGLE, call("get_weather", PARIS))),
    unclear("tools.one_at_most", "none", text(TOOL_SINGLE, "Which first?")),
    fails("tools.one_at_most", "two",
          calls(TOOL_SINGLE, call("get_weather", PARIS), call("get_weather", PARIS, "call_2"))),
    silent("tools.one_at_most", "two, which was not forbidden", TWO_CALLS),
    right("tools.strict_arguments", "as the schema says", STRICT),
    silent("tools.strict_arguments", "not strict",
           calls(TOOL_AUTO, call("get_weather", '{"city":"Paris","unit":"kelvin"}'))),
    warns("tools.strict_arguments", "a value off the enumeration",
          calls(TOOL_STRICT, call("book_table", json.dumps(BOOKING | {"day": "monday"})))),
    warns("tools.strict_arguments", "a member too many, deep inside",
          calls(TOOL_STRICT, call("book_table", json.dumps(BOOKING).replace('"by_mail"', '"x": 1, "by_mail"')))),
    silent("tools.strict_arguments", "cut off", calls(TOOL_STRICT, call("book_table", '{"da'), finish="length")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_options(case: Case) -> None:
    case.check()
