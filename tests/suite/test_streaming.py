"""The requirements of streaming on streams that are right in an unusual way, and on real faults."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.profile import Model
from conformance.contract.requests import (
    STREAM,
    STREAM_DECLINED,
    STREAM_USAGE,
    TOOL_PARALLEL_STREAM,
    TWO_STREAM,
    chat,
    streamed,
)
from conformance.contract.requirement import Scope
from conformance.evidence.exchange import Exchange
from conformance.evidence.sse import parse
from conformance.judgement.judge import judge_all
from conformance.suite.catalogue import load
from tests.support.builders_stream import (
    DONE,
    ERROR,
    HEAD,
    OK,
    ROLE,
    STOP,
    USAGE,
    Case,
    chunk,
    delta,
    event,
    fails,
    right,
    silent,
    stream,
    uncovered,
    usage,
    warns,
)

AUDIO = streamed(chat(label="audio", modalities=["text", "audio"]))


def asked(*events: Any) -> Exchange:
    """A stream that was asked for usage."""
    return stream(STREAM_USAGE, *events)


def unasked(*events: Any) -> Exchange:
    return stream(STREAM, *events)


WHOLE = asked(ROLE, OK, STOP, usage(), DONE)
#: OpenAI's own audio: sound in deltas, no finish_reason, a chunk without choices, chunks after usage.
SOUND = asked(
    delta(role="assistant", audio={"id": "audio_1", "transcript": "O"}),
    delta(role="assistant", audio={"id": "audio_1", "data": "AAAA"}),
    {name: value for name, value in chunk(usage=None).items() if name != "choices"},
    usage(),
    chunk({"index": 0, "delta": {"audio": {"expires_at": 1760003600}}}),
    DONE,
)
#: OpenAI's own gpt-audio with tools: asked for sound, a call came, and no finish_reason.
SOUNDLESS = stream(AUDIO, delta(role="assistant", content=None, refusal=None), delta(content="OK"), usage(), DONE)
PREAMBLE = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}
AZURE = unasked(PREAMBLE, ROLE, OK, STOP, DONE)
OPENROUTER = asked(ROLE, delta(role="assistant", content="OK"), STOP, {**STOP, "usage": USAGE}, DONE)
BROKEN_OFF = asked(ROLE, OK, ERROR, DONE)
TWO = stream(TWO_STREAM, *(delta(role="assistant", index=index) for index in (1, 0)), STOP, delta("stop", 1), DONE)
EARLY_CALL = delta(tool_calls=[{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f"}}])


LINES = tuple(delta(content=text) for text in ("The weather ", "in Paris ", "is fine and warm. "))
SUNG = "The weather in Paris is fine and warm. "


def said_so_far(text: str) -> dict[str, Any]:
    """A chunk as Perplexity sends it."""
    own = delta(content=text)
    choice = own["choices"][0] | {"message": {"role": "assistant", "content": text}}
    return own | {"choices": [choice]}


def several(name: str, *values: Any) -> Exchange:
    """Chunks with different values of one member."""
    return asked(*({**each, name: value} for each, value in zip((ROLE, OK, STOP), values, strict=True)), DONE)


CASES = [
    *(right(f"streaming.{name}", what, exchange)
      for name in ("one_id", "one_created", "one_model", "index_zero", "role_first", "role_once", "finish_once",
                   "nothing_after_finish", "done_after_finish", "no_silent_end")
      for what, exchange in {"a whole stream": WHOLE, "Azure's preamble": AZURE,
                             "finish with the last text": unasked(ROLE, delta("length", content="OK"), DONE)}.items()),
    *(right(f"streaming.{name}", "OpenAI's own audio", SOUND)
      for name in ("one_id", "one_created", "role_first", "role_once", "usage_once", "usage_without_choices")),
    silent("streaming.finish_once", "OpenAI's own audio", SOUND),
    silent("streaming.finish_once", "OpenAI's own audio without sound", SOUNDLESS),
    silent("streaming.done_after_finish", "OpenAI's own audio", SOUND),
    silent("streaming.done_after_finish", "OpenAI's own audio without sound", SOUNDLESS),
    silent("streaming.usage_last", "OpenAI's own audio", SOUND),
    silent("streaming.usage_last", "a moderation that was asked for",
           asked(ROLE, STOP, usage(), chunk(moderation={"flagged": False}), DONE)),

    fails("streaming.one_id", "an id per chunk", several("id", "chatcmpl-a", "chatcmpl-b", "chatcmpl-c")),
    fails("streaming.one_id", "another id of the usage chunk", asked(ROLE, OK, STOP, usage(id="gen-7"), DONE)),
    silent("streaming.one_id", "ids that a recorder changed",
           replace(several("id", "a", "b", "c"), unrecorded=frozenset({"ids"}))),
    silent("streaming.one_id", "no ids at all", several("id", None, 7, "")),
    fails("streaming.one_created", "a second passes", several("created", 1760000000, 1760000000, 1760000001)),
    warns("streaming.one_model", "the upstream's name leaks", several("model", "gpt-4o", "gpt-4o", "azure-4o-eu")),

    fails("streaming.index_zero", "content-block numbers", unasked(ROLE, delta(content="OK", index=1), STOP, DONE)),
    silent("streaming.index_zero", "two were asked for", TWO),
    warns("streaming.role_first", "no role", unasked(delta(content="OK"), STOP, DONE)),
    warns("streaming.role_first", "role null in every chunk",
          unasked(delta(role=None, content="OK"), delta("stop", role=None), DONE)),
    warns("streaming.role_first", "another role", unasked(ROLE, delta(role="model", content="OK"), STOP, DONE)),
    warns("streaming.role_once", "in every delta", OPENROUTER),
    fails("streaming.finish_once", "null to the end", unasked(ROLE, OK, DONE)),
    fails("streaming.finish_once", "again on the usage chunk", OPENROUTER),
    fails("streaming.finish_once", "on every text chunk", unasked(ROLE, delta("stop", content="O"), STOP, DONE)),
    fails("streaming.finish_once", "a call that never ends", unasked(ROLE, EARLY_CALL, DONE)),
    right("streaming.finish_once", "an empty string until the end is another fault",
          unasked(delta("", role="assistant"), delta("", content="OK"), STOP, DONE)),
    silent("streaming.finish_once", "broken off by an error", BROKEN_OFF),
    right("streaming.nothing_after_finish", "an empty delta", unasked(ROLE, OK, STOP, delta(content=""), DONE)),
    right("streaming.nothing_after_finish", "the other choice goes on", TWO),
    fails("streaming.nothing_after_finish", "text", unasked(ROLE, STOP, OK, DONE)),
    fails("streaming.nothing_after_finish", "a call found late", unasked(ROLE, STOP, EARLY_CALL, DONE)),
    silent("streaming.nothing_after_finish", "no finish_reason", unasked(ROLE, OK, DONE)),
    fails("streaming.done_after_finish", "the upstream broke off", unasked(ROLE, OK, DONE)),
    fails("streaming.done_after_finish", "no chunk at all", unasked(DONE)),
    silent("streaming.done_after_finish", "an error before [DONE]", BROKEN_OFF),

    right("streaming.delta_alone", "null in its place", unasked({**OK, "message": None}, STOP, DONE)),
    warns("streaming.delta_alone", "all that was said so far",
          unasked(ROLE, said_so_far("The weather is fine."), STOP, DONE)),
    silent("streaming.delta_alone", "no stream of chunks", unasked(DONE)),
    right("streaming.text_not_again", "a text in pieces", unasked(ROLE, *LINES, STOP, DONE)),
    right("streaming.text_not_again", "a line again, as a song has it", unasked(ROLE, *LINES, LINES[0], STOP, DONE)),
    warns("streaming.text_not_again", "all of it before the end",
          unasked(ROLE, *LINES, delta(content=SUNG), STOP, DONE)),
    warns("streaming.text_not_again", "all of it in the chunk that ends the choice",
          unasked(ROLE, *LINES, delta("stop", content=SUNG), DONE)),
    silent("streaming.text_not_again", "short words", unasked(ROLE, OK, OK, OK, STOP, DONE)),
    silent("streaming.text_not_again", "a text in one piece", unasked(ROLE, delta(content=SUNG), STOP, DONE)),

    right("streaming.usage_once", "null in the others", asked({**ROLE, "usage": None}, STOP, usage(), DONE)),
    fails("streaming.usage_once", "none", asked(ROLE, OK, STOP, DONE)),
    fails("streaming.usage_once", "running counts", asked({**ROLE, "usage": USAGE}, STOP, usage(), DONE)),
    silent("streaming.usage_once", "not asked for", unasked(ROLE, OK, STOP, DONE)),
    right("streaming.usage_without_choices", "extra members", asked(ROLE, STOP, usage(obfuscation=""), DONE)),
    fails("streaming.usage_without_choices", "beside a choice", OPENROUTER),
    fails("streaming.usage_without_choices", "no choices member",
          asked(ROLE, STOP, HEAD | {"usage": USAGE}, DONE)),
    silent("streaming.usage_without_choices", "no usage", asked(ROLE, STOP, DONE)),
    right("streaming.usage_last", "no [DONE] after it", asked(ROLE, STOP, usage())),
    right("streaming.usage_last", "beside a choice", OPENROUTER),
    fails("streaming.usage_last", "before the finish", asked(ROLE, usage(), STOP, DONE)),
    fails("streaming.usage_last", "another chunk after it", asked(ROLE, STOP, usage(), chunk(usage=None), DONE)),
    right("streaming.usage_null_elsewhere", "null",
          asked({**ROLE, "usage": None}, {**STOP, "usage": None}, usage(), DONE)),
    warns("streaming.usage_null_elsewhere", "left out", WHOLE),
    right("streaming.usage_unasked", "null", unasked({**ROLE, "usage": None}, STOP, DONE)),
    warns("streaming.usage_unasked", "a usage chunk", unasked(ROLE, OK, STOP, usage(), DONE)),
    warns("streaming.usage_unasked", "declined by name", stream(STREAM_DECLINED, ROLE, OK, STOP, usage(), DONE)),
    warns("streaming.usage_unasked", "zeros in every chunk", unasked({**ROLE, "usage": {"prompt_tokens": 0}}, STOP)),
    right("streaming.no_empty_choices", "Azure's preamble", AZURE),
    warns("streaming.no_empty_choices", "a usage chunk", unasked(ROLE, STOP, usage(), DONE)),  # B042
    warns("streaming.no_empty_choices", "a chunk without a choice", unasked(chunk(), ROLE, OK, STOP, DONE)),

    right("streaming.error_typed", "OpenAI's way", BROKEN_OFF),
    warns("streaming.error_typed", "no type", asked(ROLE, {"error": {"message": "upstream"}}, DONE)),
    warns("streaming.error_typed", "the word None", asked(ROLE, {"error": {"message": "no", "type": "None"}}, DONE)),
    warns("streaming.error_typed", "a number", asked(ROLE, {"error": {"message": "", "type": "t", "code": 5}}, DONE)),
    silent("streaming.error_typed", "text, which is another requirement", asked(ROLE, {"error": "upstream"}, DONE)),
    right("streaming.early_failure_has_status", "a failure in the middle", BROKEN_OFF),
    warns("streaming.early_failure_has_status", "nothing but an error", asked(ERROR, DONE)),
    warns("streaming.early_failure_has_status", "an error in a chunk, and then usage", asked(
        {"choices": [], "error": {"message": "busy", "code": 502}},
        {"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}, DONE)),
    silent("streaming.early_failure_has_status", "kept alive before", asked(b": PROCESSING\n\n", ERROR, DONE)),
    right("streaming.error_told", "OpenAI's way", BROKEN_OFF),
    right("streaming.error_told", "Groq's way", asked(ROLE, b"event: error\n" + event(ERROR))),
    warns("streaming.error_told", "an error of text", asked(ROLE, {"error": "upstream"}, DONE)),
    warns("streaming.error_told", "an error with a code alone", asked(ROLE, {"error": {"code": 502}}, DONE)),
    warns("streaming.error_told", "an empty message", asked(ROLE, {"error": {"message": ""}}, DONE)),
    right("streaming.error_is_final", "OpenRouter's finish_reason error",
          asked(ROLE, ERROR, delta("error"), DONE)),
    warns("streaming.error_is_final", "finished as if whole", asked(ROLE, ERROR, STOP, DONE)),
    right("streaming.no_silent_end", "an error, without [DONE]", asked(ROLE, OK, ERROR)),
    right("streaming.no_silent_end", "[DONE] cut short", asked(ROLE, OK, b"data: [DONE]")),
    warns("streaming.no_silent_end", "a bare end", asked(ROLE, OK)),
    warns("streaming.no_silent_end", "nothing at all", asked()),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_streaming(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("streaming", CASES) == set()


# --- whatever a stream holds, no check crashes --------------------------------------------------------------

AREAS = ("framing", "streaming", "equivalence", "choices", "tools", "structured_output", "logprobs", "sampling")
NAMES = [
    *("choices", "index", "delta", "message", "finish_reason", "usage", "tool_calls", "id", "type", "function", "name"),
    *("arguments", "content", "role", "refusal", "logprobs", "top_logprobs", "error", "audio", "created", "model"),
    *("completion_tokens", "completion_tokens_details"),
]
TEXTS = st.sampled_from(["", "0", "stop", "{}", "get_weather"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.just(0.5) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)
WEATHER = {"name": "get_weather", "arguments": "{}"}
LOGPROBS = {"content": [{"token": "O", "logprob": -1, "top_logprobs": []}]}
SEEDS = [
    *(ROLE, OK, STOP, usage(), ERROR, delta("tool_calls")),
    delta(tool_calls=[{"index": 0, "id": "call_1", "type": "function", "function": WEATHER}]),
    chunk({"index": 0, "delta": {}, "logprobs": LOGPROBS}),
]
ODD_TOOL = {"name": "get_weather", "strict": True, "parameters": {"required": [{}]}}
ODD_FORMAT = {"type": "json_schema", "json_schema": {"strict": True, "schema": 7}}
REQUESTS = [
    *(STREAM, STREAM_USAGE, TWO_STREAM, TOOL_PARALLEL_STREAM, AUDIO),
    streamed(chat(label="odd tool", tools=[{"type": "function", "function": ODD_TOOL}], n=2)),
    streamed(chat(label="odd choice", tools=[7], tool_choice={"type": "function", "function": 7})),
    streamed(chat(label="odd schema", response_format=ODD_FORMAT, logprobs=True, top_logprobs=1)),
]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A conforming chunk with one member, anywhere in it, replaced by anything."""
    document = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    place: Any = document
    while True:
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.integers(0, 3)) == 0:
            place[key] = draw(VALUES)
            return dict(document)
        place = place[key]


@given(
    request=st.sampled_from(REQUESTS),
    events=st.lists(mutated() | st.sampled_from([*SEEDS, DONE, b"data: 7\n\n"]), max_size=5),
)
def test_no_check_crashes_on_hostile_streams(request: Any, events: list[Any]) -> None:
    exchange = stream(request, *events, DONE)
    assert parse(exchange.reads).events
    for requirement in load().values():
        if requirement.area in AREAS and isinstance(requirement.on, Scope):
            finding = judge_all(requirement, [exchange, exchange], Model("gpt-4o", "gpt"), expected=False)
            assert "could not read" not in finding.message, f"{requirement.id}: {finding.message}"


def test_each_choice_that_does_not_end_once_is_named() -> None:
    chunks = (delta(index=0, content="A"), delta(index=1, content="B"), STOP, STOP, DONE)
    finding = judge_all(load()["streaming.finish_once"], [stream(TWO_STREAM, *chunks)], Model("gpt-4o", "gpt"))
    assert finding.message == "choice 0 has 2 finish_reasons: stop, stop; choice 1 has no finish_reason"
