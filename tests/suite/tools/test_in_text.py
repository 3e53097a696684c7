"""Calls that are left in a text, of each template, and texts that only speak of them."""

from __future__ import annotations

import pytest

from conformance.contract.requests import TOOL_AUTO, TOOL_AUTO_STREAM, TOOL_NONE, chat
from conformance.evidence.exchange import Exchange
from tests.support.builders_stream import DONE, ROLE, Case, call, delta, fails, right, silent, stream, unclear, warns

from .replies import BROKEN_OFF, IN_PIECES, PARIS, WEATHER, calls, text

HERMES = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
KIMI = "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{}"
WRITTEN = (
    HERMES,
    '<tool_call>{"arguments": {"city": "<b>"}, "name": "get_weather"}</tool_call>',
    "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>",
    "get_weather\n<arg_key>city</arg_key>",
    "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>",
    '<function=get_weather>{"city": "Paris"}</function>',
    '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Paris"}',
    'assistantcommentary to=functions.get_weather json{"city":"Paris"}',
    '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Paris"}}]',
    '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}',
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n{}<｜tool▁call▁end｜>",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{}<｜tool▁call▁end｜>",
    '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">',
    '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n</invoke>',
    '<minimax:tool_call>\n<invoke name="get_weather">',
    '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Paris"}}',
    '<|python_tag|>get_weather.call(city="Paris")',
    '<|python_start|>[get_weather(city="Paris")]<|python_end|>',
    'functools[{"name": "get_weather", "arguments": {"city": "Paris"}}]',
    '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]',
    '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {}}]<|END_ACTION|>',
    "<start_function_call>call:get_weather{city:Paris}<end_function_call>",
    f"I look it up.\n{KIMI}",
)


def streamed(*texts: str, member: str = "content", finish: str = "stop") -> Exchange:
    return stream(TOOL_AUTO_STREAM, ROLE, *(delta(None, 0, **{member: each}) for each in texts), delta(finish), DONE)


def beside(**message: str) -> Exchange:
    return calls(TOOL_AUTO, call("get_weather", PARIS), **message)


LEFT, BESIDE = "tools.call_not_in_text", "tools.no_residue"
SPOKEN_OF = chat("Write calls as <tool_call>{…}</tool_call>.", label="asked-for", tools=TOOL_AUTO.asked["tools"])
HISTORY = chat(
    label="leaked-before",
    tools=TOOL_AUTO.asked["tools"],
    messages=[
        {"role": "user", "content": "Weather in Paris?"},
        {"role": "assistant", "content": HERMES},
        {"role": "user", "content": "Well?"},
    ],
)
CASES = [
    *(fails(LEFT, each, text(TOOL_AUTO, each)) for each in WRITTEN),
    fails(LEFT, "in pieces", streamed("<tool", "_call>\n{", '"name": "get_', 'weather"}')),
    fails(LEFT, "in the reasoning, and nothing else", streamed(f"I call it. {KIMI}", member="reasoning_content")),
    fails(LEFT, "once more after a reply that leaked", text(HISTORY, HERMES)),
    right(LEFT, "planned in the reasoning, and then answered", text(TOOL_AUTO, "Sunny.", reasoning_content=HERMES)),
    right(LEFT, "planned in the reasoning, and then made", beside(reasoning_content=HERMES)),
    right(LEFT, "a real call", WEATHER),
    right(LEFT, "a function that is not declared", text(TOOL_AUTO, HERMES.replace("get_weather", "get_moon"))),
    right(LEFT, "code", text(TOOL_AUTO, f"A Hermes model writes\n```\n{HERMES}\n```\nfor it.")),
    right(LEFT, "talk of tags", text(TOOL_AUTO, "I write <tool_call> tags to call get_weather.")),
    right(LEFT, "talk of the function", text(TOOL_AUTO, "I would call get_weather, and say where it goes to.")),
    silent(LEFT, "markup that was asked for", text(SPOKEN_OF, HERMES)),
    silent(LEFT, "no call may be made", text(TOOL_NONE, HERMES)),
    warns(BESIDE, "the whole call", beside(content=HERMES)),
    warns(BESIDE, "an end", beside(content="I look it up.</tool_call>")),
    warns(BESIDE, "a beginning in the reasoning", beside(reasoning_content="I call. <|tool_calls_section_begin|>")),
    right(BESIDE, "a plan in the reasoning", beside(reasoning_content=f"The format is {HERMES}")),
    right(BESIDE, "plain text", beside(content="I look it up.")),
    right(BESIDE, "in pieces", IN_PIECES),
    unclear(BESIDE, "broken off", BROKEN_OFF),
    silent(BESIDE, "no call", text(TOOL_AUTO, HERMES)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_text(case: Case) -> None:
    case.check()
