"""What tool_choice asks for: replies that are right in an unusual way, and real faults."""

from __future__ import annotations

import pytest

from conformance.contract.requests import (
    TOOL_NAMED,
    TOOL_NAMED_STREAM,
    TOOL_NONE,
    TOOL_REQUIRED,
)  # fmt: skip
from tests.support.builders_stream import (
    Case,
    call,
    fails,
    right,
    silent,
    unclear,
    warns,
)

from .replies import (
    PARIS,
    WEATHER,
    calls,
    first,
    pieces,
    text,
)

XML = text(TOOL_REQUIRED, "<tool_call>\n<function=get_weather>Paris</function></tool_call>")


CASES = [
    right("tools.none_is_none", "text", text(TOOL_NONE, "I cannot look.")),
    right("tools.none_is_none", "tool_calls null", text(TOOL_NONE, "No.", tool_calls=None)),
    fails("tools.none_is_none", "a call", calls(TOOL_NONE, call("get_weather", PARIS))),
    fails("tools.none_is_none", "a call beside text", calls(TOOL_NONE, call("get_weather", PARIS), content="Wait.")),
    unclear("tools.none_is_none", "no text", text(TOOL_NONE, "")),
    unclear("tools.none_is_none", "cut off while it thought", text(TOOL_NONE, "", "length")),
    silent("tools.none_is_none", "free to call", WEATHER),
    right("tools.required_is_required", "two calls, and text before them",
          calls(TOOL_REQUIRED, call("get_weather", PARIS), call("get_weather", PARIS, "call_2"), content="Wait.")),
    fails("tools.required_is_required", "text", text(TOOL_REQUIRED, "Hello!")),
    fails("tools.required_is_required", "the call as text", XML),
    unclear("tools.required_is_required", "lost", text(TOOL_REQUIRED, "", tool_calls=[])),
    unclear("tools.required_is_required", "a refusal", text(TOOL_REQUIRED, None, refusal="I cannot.")),
    unclear("tools.required_is_required", "cut off while it thought", text(TOOL_REQUIRED, "", "length")),
    right("tools.named_is_called", "ends with stop", calls(TOOL_NAMED, call("get_time", PARIS), finish="stop")),
    right("tools.named_is_called", "a name in every piece, another fault",
          pieces(first(name="get_time"), first(PARIS, name="get_time"), request=TOOL_NAMED_STREAM)),
    fails("tools.named_is_called", "text", text(TOOL_NAMED, "Sunny.")),
    fails("tools.named_is_called", "the other", calls(TOOL_NAMED, call("get_weather", PARIS))),
    fails("tools.named_is_called", "both",
          calls(TOOL_NAMED, call("get_time", PARIS), call("get_weather", PARIS, "call_2"))),
    unclear("tools.named_is_called", "a refusal", text(TOOL_NAMED, None, refusal="I cannot.")),
    right("tools.forced_finish", "stop, as OpenAI's older models",
          calls(TOOL_NAMED, call("get_time", PARIS), finish="stop")),
    right("tools.forced_finish", "tool_calls, as the newer", calls(TOOL_NAMED, call("get_time", PARIS))),
    silent("tools.forced_finish", "no call", text(TOOL_REQUIRED, "Hello!")),
    silent("tools.forced_finish", "length with a call", calls(TOOL_NAMED, call("get_time", PARIS), finish="length")),
    warns("tools.forced_finish", "tool_call", calls(TOOL_REQUIRED, call("get_weather", PARIS), finish="tool_call")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_choice(case: Case) -> None:
    case.check()
