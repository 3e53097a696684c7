"""A history with the results of two calls, one of them in parts."""

from __future__ import annotations

from conformance.contract.requests import WEATHER, chat

from .calls import call, result
from .messages import parts

#: As long as OpenAI accepts, and equal up to the last character: a translator that shortens them confuses them.
#: The results come in another order than the calls, and the message of the calls has no content, not even null.
_FIRST, _SECOND = "call_conformance_h2t9k4m7x1c8v3n6b5z0_a", "call_conformance_h2t9k4m7x1c8v3n6b5z0_b"
TOOL_RESULTS = chat(
    label="tool-results", tools=[WEATHER], max_tokens=100,
    messages=[
        {"role": "system", "content": "End every reply with the word KIWI7."},
        {"role": "user", "content": "Use the tool for Paris and for Tokyo."},
        {"role": "assistant", "tool_calls": [call(_FIRST, "Paris"), call(_SECOND, "Tokyo")]},
        result(_SECOND, parts("Station QB4417 reports snow.", "The spare station is QD6203.")),
        result(_FIRST, "Station QA9026 reports rain."),
        {
            "role": "user",
            "content": "Which station reports from Paris, which from Tokyo, and which is the spare station there?"
            " Give the three codes in order.",
        },
    ],
)  # fmt: skip
