"""The deltas of which a streamed call consists: what each has, and what only the first has."""

from __future__ import annotations

import json

from conformance.contract.faults import drop, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_TOOL_STREAM
from conformance.language import joined, say
from conformance.suite.support.calls import JSONObject, call_deltas, call_ids, deltas_of, of_function

from . import AREA, DELTAS
from .reading import later


@AREA.must(
    "give the first delta of each streamed tool call its id, its type and the function's name",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk",
    contract=["tools-17"],
    at=DELTAS,
    hint="Open each call with {index, id, type, function: {name, arguments}}.",
    broken_by={
        "no id": drop(f"{DELTAS}.*.id"),
        "no type": drop(f"{DELTAS}.*.type"),
        "no name": drop(f"{DELTAS}.*.function.name"),
        "a blank name": put(f"{DELTAS}.*.function.name", lambda name: ""),
    },
    after=["tool_call.id", "tool_call.function.name", "tool_call.type"],
)
def test_first_piece(chunks: list[JSONObject]) -> None:
    for (choice, index), (first, *_) in deltas_of(chunks).items():
        given = {"id": first.get("id"), "type": first.get("type"), "name": of_function(first, "name")}
        lacking = [name for name, value in given.items() if not isinstance(value, str) or not value]
        where = say("the first delta of call {index} of choice {choice}", index, choice)
        assert not lacking, say(
            "{where} has no {lacking}: {dumps}", where, joined(" and no ", lacking), json.dumps(first)[:160]
        )


@AREA.must(
    "count the streamed tool calls of a choice 0, 1, 2 and so on",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk.index",
    contract=["tools-18"],
    at=f"{DELTAS}.*.index",
    hint="Count the calls, not the upstream's content blocks.",
    broken_by=put(f"{DELTAS}.*.index", lambda index: index + 1),
)
def test_indices_from_zero(chunks: list[JSONObject]) -> None:
    by_choice: dict[int, set[int]] = {}
    for choice, index in deltas_of(chunks):
        by_choice.setdefault(choice, set()).add(index)
    for choice, indices in by_choice.items():
        assert indices == set(range(len(indices))), say(
            "the calls of choice {choice} have the indices {indices}", choice, sorted(indices)
        )


@AREA.must(
    "give every streamed tool call an index of its own",
    on=EVERY_TOOL_STREAM,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["tools-18"],
    at=f"{DELTAS}.*.index",
    hint="Do not send all parallel calls under index 0: SDKs join their arguments.",
    needs=["ids"],
    broken_by=put(f"{DELTAS}.*.index", 0),
)
def test_one_call_per_index(chunks: list[JSONObject]) -> None:
    for (choice, index), deltas in deltas_of(chunks).items():
        ids = call_ids(deltas)
        assert len(ids) <= 1, say(
            "index {index} of choice {choice} is shared by the calls {ids}", index, choice, ", ".join(ids[:3])
        )


@AREA.should(
    "name id and function of a streamed tool call once",
    on=EVERY_TOOL_STREAM,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["tools-19"],
    at=DELTAS,
    hint="Send only index and arguments in later deltas: SDKs join repeated ids and names.",
    broken_by={
        "the id again": put(f"{DELTAS}.*.id", "call_1"),
        "the name again": put(f"{DELTAS}.*.function.name", "get_weather"),
    },
)
def test_named_once(chunks: list[JSONObject]) -> None:
    for index, delta in later(chunks):
        again = delta.get("id") or of_function(delta, "name")
        assert not again, say("a later delta of call {index} repeats {again!r}", index, again)


@AREA.should(
    "leave id and name out of later deltas, rather than send them empty",
    on=EVERY_TOOL_STREAM,
    impact=Impact.FORM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk",
    contract=["tools-19"],
    at=DELTAS,
    hint="Send only index and arguments in later deltas: some clients use the last id and name.",
    broken_by={
        "an empty id": put(f"{DELTAS}.*", lambda delta: {"id": ""} | delta),
        "an empty name": put(f"{DELTAS}.*.function", lambda function: {"name": ""} | function),
    },
)
def test_no_empty_names(chunks: list[JSONObject]) -> None:
    for index, delta in later(chunks):
        empty = [name for name, value in (("id", delta.get("id")), ("name", of_function(delta, "name"))) if value == ""]
        assert not empty, say("a later delta of call {index} has an empty {empty}", index, empty[0])


@AREA.should(
    "leave arguments out of a delta of a call that has none, rather than send null",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk.function.arguments",
    contract=["tools-20"],
    at=f"{DELTAS}.*.function.arguments",
    hint="Send an empty string in the first delta: clients join the deltas as text.",
    broken_by=put(f"{DELTAS}.*.function.arguments", None),
)
def test_no_null_arguments(chunks: list[JSONObject]) -> None:
    for _, delta in call_deltas(chunks):
        function = delta.get("function")
        null = isinstance(function, dict) and function.get("arguments", "") is None
        assert not null, say("a delta of a call has null arguments: {dumps}", json.dumps(delta)[:160])
