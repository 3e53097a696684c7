"""What the chunks of a stream say, one after the other."""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.contract.faults import DROP, chunk, edit, events, header, late, put, status
from conformance.contract.requests import NO_MESSAGES_STREAM, UNKNOWN_MODEL_ERROR, bad
from conformance.contract.requirement import Area, Fault
from conformance.contract.scopes import (
    EVERY_CHUNKED,
    EVERY_COMPLETED_STREAM,
    EVERY_FAILED_STREAM,
    EVERY_STREAM,
    EVERY_UNASKED_STREAM,
    EVERY_USAGE_STREAM,
    failed,
    streamed_choices,
)
from conformance.evidence.exchange import Exchange, NotApplicable, Read, list_of
from conformance.evidence.sse import DONE, EventStream
from conformance.suite.support.failing_streams import ERROR, failing

AREA = Area("streaming")

Chunks = list[dict[str, Any]]

SAID = ("content", "refusal", "tool_calls", "function_call")  #: members of a delta that a client shows
FINISHES = re.compile(rb'"finish_reason": ?"')
USAGE: dict[str, int] = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
#: Members of a chunk that excuse empty choices: Azure's filter results, and a moderation that was asked for.
EXCUSES = ("prompt_filter_results", "prompt_annotations", "moderation")


def _delta(choice: dict[str, Any]) -> dict[str, Any]:
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}


def _by_index(chunks: Chunks) -> dict[int, list[dict[str, Any]]]:
    """The streamed choices by their index; one without an integer index is another requirement."""
    found: dict[int, list[dict[str, Any]]] = {}
    for choice in streamed_choices(chunks):
        if type(index := choice.get("index")) is int:
            found.setdefault(index, []).append(choice)
    if not found:
        raise NotApplicable("no chunk has a choice with an index")
    return found


def _reasons(choices: list[dict[str, Any]]) -> list[str]:
    """The finish_reasons among the pieces of one choice."""
    reasons = [choice.get("finish_reason") for choice in choices]
    return [reason for reason in reasons if isinstance(reason, str) and reason]


def _speaks(exchange: Exchange) -> bool:
    """A stream of sound: OpenAI's own end without finish_reason, and go on after usage."""
    asked = "audio" in list_of(exchange.request.asked.get("modalities"))
    return asked or any("audio" in _delta(choice) for choice in streamed_choices(exchange.chunks))


def _constant(chunks: Chunks, name: str, kind: type) -> list[Any]:
    """The different values of a member; empty and ill-typed ones are another requirement, and left out."""
    values = [chunk.get(name) for chunk in chunks]
    told = [value for value in values if type(value) is kind and value]
    if len(told) < 2:
        raise NotApplicable(f"fewer than two chunks have a {name} to compare")
    return list(dict.fromkeys(told))


def _numbered(name: str) -> Fault:
    """Another value of a member in every chunk, as gateways make that translate each chunk by itself."""

    def numbered(data: bytes, number: int) -> bytes:
        if not data.startswith(b"data: {"):
            return data
        document = json.loads(data[6:])
        value = document[name]
        return chunk(document | {name: value + number if isinstance(value, int) else f"{value}-{number}"})

    return events(lambda before: [(when, numbered(data, number)) for number, (when, data) in enumerate(before)])


def _one_more(position: int, **members: Any) -> Fault:
    """The first chunk with other members, put in before the event at this position."""

    def change(before: list[Read]) -> list[Read]:
        first = next((data for _, data in before if data.startswith(b"data: {")), b"data: {}")
        at = position % len(before)
        return [*before[:at], (before[at][0], chunk(json.loads(first[6:]) | members)), *before[at:]]

    return events(change)


# --- what is the same in every chunk ------------------------------------------------------------------------


@AREA.must(
    "give all chunks of a stream the same id",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.id",
    contract=["streaming-03"],
    at="id",
    hint="Make the id once per response; the usage chunk has it too.",
    needs=["ids"],
    broken_by=_numbered("id"),
)
def test_one_id(chunks: Chunks) -> None:
    ids = _constant(chunks, "id", str)
    assert len(ids) == 1, f"the chunks have {len(ids)} ids: {', '.join(ids[:3])}"


@AREA.must(
    "give all chunks of a stream the same created time",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.created",
    contract=["streaming-04"],
    at="created",
    hint="Take the time once per response, not once per chunk.",
    needs=["created"],
    broken_by=_numbered("created"),
)
def test_one_created(chunks: Chunks) -> None:
    times = _constant(chunks, "created", int)
    assert len(times) == 1, f"the chunks have {len(times)} created times: {', '.join(map(str, times[:3]))}"


@AREA.should(
    "name the same model in all chunks of a stream",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.model",
    contract=["streaming-05"],
    at="model",
    hint="Use one name in every chunk; the usage chunk often leaks the upstream's.",
    broken_by=_numbered("model"),
)
def test_one_model(chunks: Chunks) -> None:
    models = _constant(chunks, "model", str)
    assert len(models) == 1, f"the chunks name {len(models)} models: {', '.join(models[:3])}"


# --- choices ------------------------------------------------------------------------------------------------


@AREA.must(
    "give every streamed choice the index 0 where one choice was asked for",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.index",
    contract=["streaming-07"],
    at="choices.*.index",
    hint="Do not use the upstream's content-block number as the index of the choice.",
    needs=["request"],
    broken_by=put("choices.*.index", 1),
)
def test_index_zero(chunks: Chunks, asked: dict[str, Any]) -> None:
    if asked.get("n") not in (None, 1):
        raise NotApplicable("more than one choice was asked for")
    others = sorted(set(_by_index(chunks)) - {0})
    assert not others, f"one choice was asked for, yet choices have the index {', '.join(map(str, others))}"


@AREA.should(
    "begin each streamed choice with the role assistant, and give it no other role",
    on=EVERY_CHUNKED,
    source="openai-openapi#ChatCompletionStreamResponseDelta.role",
    contract=["streaming-08"],
    at="choices.*.delta.role",
    hint="Send role: assistant in the first delta of each choice.",
    broken_by={
        "no role": put("choices.*.delta.role", DROP),
        "another role": put("choices.*.delta.role", lambda role: "model"),
    },
)
def test_role_first(chunks: Chunks) -> None:
    for index, choices in _by_index(chunks).items():
        roles = [_delta(choice).get("role") for choice in choices]
        assert roles[0] == "assistant", f"the first delta of choice {index} has the role {roles[0]!r}"
        others = [role for role in roles if role not in (None, "", "assistant")]
        assert not others, f"a delta of choice {index} has the role {others[0]!r}"


@AREA.should(
    "name the role once in each streamed choice",
    on=EVERY_CHUNKED,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["streaming-08"],
    at="choices.*.delta.role",
    hint="Leave role out of all deltas but the first; SDKs join it to “assistantassistant”.",
    broken_by=put("choices.*.delta.role", "assistant"),
)
def test_role_once(chunks: Chunks) -> None:
    for index, choices in _by_index(chunks).items():
        roles = [choice for choice in choices if _delta(choice).get("role") and "audio" not in _delta(choice)]
        assert len(roles) <= 1, f"{len(roles)} deltas of choice {index} name the role"


@AREA.must(
    "give each choice of a completed stream exactly one finish_reason",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-09"],
    at="choices.*.finish_reason",
    hint="Send null until the choice ends, then its reason in one chunk, and not again with the usage.",
    broken_by={
        "none": put("choices.*.finish_reason", None),
        "twice": events(lambda before: [each for each in before for _ in range(1 + bool(FINISHES.search(each[1])))]),
        "in every chunk": put("choices.*.finish_reason", "stop"),
    },
)
def test_finish_once(exchange: Exchange, chunks: Chunks) -> None:
    for index, choices in _by_index(chunks).items():
        reasons = _reasons(choices)
        if not reasons and _speaks(exchange):
            raise NotApplicable("OpenAI's own audio streams end without finish_reason")
        assert len(reasons) == 1, f"choice {index} has {len(reasons)} finish_reasons: {', '.join(reasons[:5])}"


def _early_finish(before: list[Read]) -> list[Read]:
    """The chunk with the finish_reason one place earlier."""
    at = next((number for number, each in enumerate(before) if FINISHES.search(each[1])), 0)
    return [*before[: at - 1], before[at], before[at - 1], *before[at + 1 :]] if at > 1 else before


@AREA.must(
    "send nothing of a choice after its finish_reason",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-10"],
    at="choices.*.delta",
    hint="Hold the finish_reason back until the last piece of text or arguments was sent.",
    broken_by={
        "a finish one chunk early": events(_early_finish),
        "a finish in every chunk": put("choices.*.finish_reason", "stop"),
    },
)
def test_nothing_after_finish(chunks: Chunks) -> None:
    finished: set[int] = set()
    for index, choice in ((index, each) for index, found in _by_index(chunks).items() for each in found):
        late = [name for name in SAID if index in finished and _delta(choice).get(name)]
        assert not late, (
            f"choice {index} goes on with {late[0]} {_delta(choice)[late[0]]!r:.80} after its finish_reason"
        )
        if _reasons([choice]):
            finished.add(index)
    if not finished:
        raise NotApplicable("no choice has a finish_reason")


# --- deltas --------------------------------------------------------------------------------------------------


@AREA.should(
    "send deltas alone: no message beside them, which repeats what was said",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.delta",
    contract=["streaming-06"],
    at="choices.*.message",
    hint="Take message out of the choices of chunks: it is the member of a whole reply.",
    broken_by=put("choices.*.message", {"role": "assistant", "content": "OK"}),
)
def test_delta_alone(chunks: Chunks) -> None:
    both = [each for each in streamed_choices(chunks) if each.get("message") and "delta" in each]
    assert not both, f"{len(both)} streamed choices have a message beside the delta: {json.dumps(both[0])[:160]}"


SHORTEST_TWICE = 20  #: characters of a text that a model hardly says twice by itself


def _texts(choices: list[dict[str, Any]]) -> list[str]:
    """The pieces of text of one choice, empty ones left out."""
    return [text for choice in choices if isinstance(text := _delta(choice).get("content"), str) and text]


def _whole_at_end(before: list[Read]) -> list[Read]:
    """The text of the first choice once more, in a delta of its own before the choice ends."""
    documents = [json.loads(data[6:]) for _, data in before if data.startswith(b"data: {")]
    said = "".join(_texts([each for each in streamed_choices(documents) if each.get("index") == 0]))
    at = next((number for number, each in enumerate(before) if FINISHES.search(each[1])), 0)
    again = {"index": 0, "delta": {"content": said}, "logprobs": None, "finish_reason": None}
    return [*before[:at], (before[at][0], chunk(documents[0] | {"choices": [again]})), *before[at:]]


@AREA.should(
    "not say all the text of a choice once more at its end",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.delta",
    contract=["streaming-06", "equiv-01"],
    at="choices.*.delta.content",
    hint="Leave the text of the upstream's last event out: it sums up what was streamed already.",
    broken_by=events(_whole_at_end),
)
def test_text_not_again(chunks: Chunks) -> None:
    pieces = {index: _texts(choices) for index, choices in _by_index(chunks).items()}
    long = {index: texts for index, texts in pieces.items() if len(texts) > 2 and len(texts[-1]) >= SHORTEST_TWICE}
    for index, (*before, last) in long.items():
        assert last.strip() != "".join(before).strip(), (
            f"the last delta of choice {index} is all its text: {last!r:.120}"
        )
    if not any(len(texts) > 2 and len("".join(texts)) >= SHORTEST_TWICE for texts in pieces.values()):
        raise NotApplicable("no choice has a text of 20 characters in several pieces")


@AREA.must(
    "send data: [DONE] only after every choice has its finish_reason",
    on=EVERY_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-11"],
    at="choices.*.finish_reason",
    hint="When the upstream breaks off, send an error event, not [DONE]: clients take [DONE] for success.",
    broken_by={
        "the upstream broke off": events(lambda before: [each for each in before if not FINISHES.search(each[1])]),
        "nothing but [DONE]": events(lambda before: before[-1:]),
    },
)
def test_done_after_finish(exchange: Exchange, stream: EventStream, chunks: Chunks) -> None:
    if not stream.terminators or failed(exchange) or _speaks(exchange):
        raise NotApplicable("the stream has no [DONE], an error event before it, or sound")
    if not chunks and stream.foreign:
        raise NotApplicable("the chunks are no events, which is another requirement")
    assert streamed_choices(chunks), "the stream says [DONE] without a single choice"
    unfinished = [index for index, found in _by_index(chunks).items() if not _reasons(found)]
    assert not unfinished, f"the stream says [DONE], yet choice {unfinished[0]} has no finish_reason"


# --- usage --------------------------------------------------------------------------------------------------


def _with_usage(chunks: Chunks) -> list[int]:
    return [position for position, chunk in enumerate(chunks) if chunk.get("usage") is not None]


def _on_last_choice(document: Any) -> None:
    """Usage on a chunk that has a choice, as OpenRouter sends it."""
    if isinstance(document, dict) and document.get("usage"):
        document["choices"] = [{"index": 0, "delta": {}, "finish_reason": None}]


@AREA.must(
    "send usage in exactly one chunk where it was asked for",
    on=EVERY_USAGE_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-12"],
    at="usage",
    hint="Send one usage chunk at the end; no running counts, and not none.",
    needs=["request"],
    broken_by={"none": put("usage", None), "running counts": put("usage", USAGE)},
)
def test_usage_once(chunks: Chunks) -> None:
    count = len(_with_usage(chunks))
    assert count == 1, f"{count or 'no'} chunks of {len(chunks)} have a usage that is not null"


@AREA.must(
    "send usage in a chunk of its own, with an empty array of choices",
    on=EVERY_USAGE_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-12"],
    at="choices",
    hint="After the chunk with the finish_reason send one more with choices: [] and the usage.",
    needs=["request"],
    broken_by={
        "usage beside a choice": edit(_on_last_choice),
        "choices left out": edit(lambda document: document.pop("choices") if document.get("usage") else None),
    },
)
def test_usage_without_choices(chunks: Chunks) -> None:
    if not (positions := _with_usage(chunks)):
        raise NotApplicable("no chunk has usage")
    last = chunks[positions[-1]]
    assert last.get("choices") == [], f"the choices of the usage chunk are {json.dumps(last.get('choices'))[:120]}"


def _usage_early(before: list[Read]) -> list[Read]:
    """The usage chunk one place earlier."""
    at = next((number for number, each in enumerate(before) if re.search(rb'"usage": ?\{', each[1])), 0)
    return [*before[: at - 1], before[at], before[at - 1], *before[at + 1 :]] if at > 1 else before


@AREA.must(
    "send the usage in the last chunk before data: [DONE]",
    on=EVERY_USAGE_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-13"],
    at="usage",
    hint="Send nothing between usage and [DONE]: SDKs take the usage of the last chunk, and would lose it.",
    needs=["request"],
    broken_by={
        "before the finish": events(_usage_early),
        "another chunk after it": _one_more(-1, choices=[], usage=None),
    },
)
def test_usage_last(exchange: Exchange, chunks: Chunks) -> None:
    if not (positions := _with_usage(chunks)):
        raise NotApplicable("no chunk has usage")
    if _speaks(exchange) or any("moderation" in chunk for chunk in chunks):
        raise NotApplicable("OpenAI's own audio and moderation streams go on after usage")
    late = len(chunks) - 1 - positions[-1]
    assert not late, f"{late} more chunk(s) follow the chunk with usage, and the official SDK loses it"


@AREA.should(
    "give every other chunk a usage of null where usage was asked for",
    on=EVERY_USAGE_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["streaming-14"],
    at="usage",
    hint="Do not leave usage: null out of the chunks before the last.",
    needs=["request"],
    broken_by=edit(lambda document: None if document.get("usage") else document.pop("usage", None)),
)
def test_usage_null_elsewhere(chunks: Chunks) -> None:
    without = [position for position, chunk in enumerate(chunks) if "usage" not in chunk]
    assert not without, f"{len(without)} of {len(chunks)} chunks have no usage member"


@AREA.should(
    "send no usage in a stream that did not ask for it",
    on=EVERY_UNASKED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["streaming-15"],
    at="usage",
    hint="Where the gateway asks the upstream for usage, take the usage chunk out again.",
    needs=["request"],
    broken_by=_one_more(-1, choices=[], usage=USAGE),
)
def test_usage_unasked(chunks: Chunks) -> None:
    count = len(_with_usage(chunks))
    assert not count, f"{count} of {len(chunks)} chunks have usage, which was not asked for"


@AREA.should(
    "give every chunk a choice in a stream that did not ask for usage",
    on=EVERY_UNASKED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices",
    contract=["streaming-15"],
    at="choices",
    hint="Leave out chunks that say nothing: clients read choices[0].",
    needs=["request"],
    broken_by=_one_more(1, choices=[]),
)
def test_no_empty_choices(chunks: Chunks) -> None:
    empty = [chunk for chunk in chunks if chunk.get("choices") == [] and not chunk.get("usage")]
    unexcused = [chunk for chunk in empty if not any(name in chunk for name in EXCUSES)]
    assert not unexcused, f"{len(unexcused)} of {len(chunks)} chunks have an empty array of choices"


# --- generation that fails ----------------------------------------------------------------------------------


def _errors(stream: EventStream) -> list[int]:
    """Positions of the documents that hold an error."""
    return [
        position
        for position, document in enumerate(stream.documents)
        if isinstance(document, dict) and document.get("error")
    ]


@AREA.should(
    "tell of a failure within a stream with an error object that has a message",
    on=EVERY_FAILED_STREAM,
    source="openai-openapi#ErrorResponse",
    contract=["streaming-16"],
    at="error.message",
    hint='Send data: {"error": {"message": …, "type": …, "param": null, "code": null}}.',
    shown_by=failing,
    broken_by={"no message": put("error.message", DROP), "text": put("error", "The upstream broke off")},
)
def test_error_told(stream: EventStream) -> None:
    for position in _errors(stream):
        error = stream.documents[position]["error"]
        message = error.get("message") if isinstance(error, dict) else None
        assert isinstance(message, str), f"the error in the stream has no message: {json.dumps(error)[:160]}"
        assert message, "the message of the error in the stream is empty"


@AREA.should(
    "give an error within a stream the type and the code that an error response has",
    on=EVERY_FAILED_STREAM,
    source="openai-openapi#Error",
    contract=["errors-03", "errors-04"],
    at="error",
    hint="Make the event of the same object as the body of an error: type a word, code a string or null.",
    shown_by=failing,
    broken_by={
        "no type": put("error.type", None),
        "the word None": put("error.type", "None"),
        "a number": put("error.code", 500),
    },
)
def test_error_typed(stream: EventStream) -> None:
    for position in _errors(stream):
        error = stream.documents[position]["error"]
        if not isinstance(error, dict):
            raise NotApplicable("the error is no object, which is another requirement")
        kind, code = error.get("type"), error.get("code")
        word = isinstance(kind, str) and kind not in ("", "None", "null")
        assert word, f"the error in the stream has the type {kind!r}: {json.dumps(error)[:160]}"
        assert code is None or isinstance(code, str), f"the error in the stream has the code {code!r}"


@AREA.should(
    "tell by the status that a streamed request fails before anything was written",
    on=EVERY_FAILED_STREAM,
    source="openai-openapi#createChatCompletion",
    contract=["streaming-17"],
    at="status",
    hint="Send the status once the first token is there; until then a failure can still be told by it.",
    shown_by=failing,
    broken_by=events(lambda before: [(before[0][0], ERROR), *before[-1:]]),
)
def test_early_failure_has_status(exchange: Exchange, chunks: Chunks) -> None:
    """Comments that keep a connection alive take the status with them."""
    if exchange.stream.comments:
        raise NotApplicable("the stream was kept alive with comments, so that its status was sent before")
    assert chunks, f"HTTP {exchange.status}, and the stream is nothing but an error: {exchange.text[:160].strip()}"


@AREA.should(
    "not finish a choice as if it were whole after an error within the stream",
    on=EVERY_FAILED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-16"],
    at="choices.*.finish_reason",
    hint="Send no chunk with finish_reason stop or tool_calls after the error event.",
    shown_by=failing,
    broken_by=_one_more(-1, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
)
def test_error_is_final(stream: EventStream) -> None:
    later = [each for each in stream.documents[_errors(stream)[0] :] if isinstance(each, dict)]
    reasons = [reason for reason in _reasons(streamed_choices(later)) if reason in ("stop", "tool_calls")]
    assert not reasons, f"after the error event a choice ends with finish_reason {reasons[0]}"


@AREA.should(
    "not end a stream in silence: without a finish_reason, [DONE] or an error event",
    on=EVERY_STREAM,
    source="openai-python#_streaming.py",
    contract=["streaming-16"],
    hint="When the upstream breaks off, send an error event: clients take a silent end for a whole answer.",
    broken_by={
        "cut after the first event": events(lambda before: before[:1]),
        "empty": events(lambda before: []),
    },
)
def test_no_silent_end(exchange: Exchange, stream: EventStream, chunks: Chunks) -> None:
    said = [*(event.data for event in stream.events), stream.pending or ""]
    done = any(data.rstrip().endswith(DONE) for data in said)
    finished = any(_reasons([choice]) for choice in streamed_choices(chunks))
    assert done or finished or failed(exchange), (
        f"the stream of {len(stream.events)} events just ends: no finish_reason, no [DONE], no error"
    )


UNKNOWN_MODEL_STREAM = bad("unknown-model-stream", UNKNOWN_MODEL_ERROR.asked | {"stream": True})


@AREA.must(
    "refuse a streamed request without messages, or for an unknown model, with a client error, not in a stream",
    on=(NO_MESSAGES_STREAM, UNKNOWN_MODEL_STREAM),
    source="whatwg-sse#processing-model",
    contract=["streaming-17"],
    at="status",
    hint="Send the status once the first token is there; until then a failure can still be told by it.",
    broken_by={
        "an error event": late,
        "an event stream": header("content-type", "text/event-stream"),
        "a server error": status(500),
    },
    needs=["request", "status"],
)
def test_refused_before_it_streams(exchange: Exchange) -> None:
    told = f"{exchange.request} was answered with HTTP {exchange.status}, {exchange.media_type}"
    assert 400 <= exchange.status < 500, f"{told}: {exchange.text[:120].strip()}"
    assert exchange.media_type != "text/event-stream", told
