"""Faults change what they name, and nothing else."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract import faults
from conformance.contract.faults import DROP, drop, edit, put
from conformance.contract.requests import PLAIN, STREAM_USAGE
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Read
from tests.support.exchanges import completion, plain, stream_of, streamed

USAGE = {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}
REPLY = plain(completion(USAGE))
STREAM = stream_of(USAGE)
both = pytest.mark.parametrize("exchange", [REPLY, STREAM], ids=["plain", "streamed"])


def length(exchange: Exchange) -> int:
    return int(exchange.header("content-length") or -1)


# --- documents ------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("value", [0, 7, None, "text", [1], {"a": 1}, 2.5, True])
def test_put(exchange: Exchange, value: Any) -> None:
    assert put("usage.prompt_tokens", value)(exchange).usage == USAGE | {"prompt_tokens": value}


@both
def test_put_makes_what_was_absent(exchange: Exchange) -> None:
    assert put("usage.new", 1)(exchange).usage == USAGE | {"new": 1}


@both
def test_put_with_a_function_of_the_old_value(exchange: Exchange) -> None:
    assert put("usage.prompt_tokens", lambda value: value + 40)(exchange).usage["prompt_tokens"] == 42
    assert put("usage.absent", lambda value: 1)(exchange) == exchange


@both
def test_drop(exchange: Exchange) -> None:
    assert drop("usage.total_tokens")(exchange).usage == {"prompt_tokens": 2, "completion_tokens": 1}


def test_every_entry_is_meant_by_a_star() -> None:
    two = put("choices", [{"index": 0}, {"index": 1}])(REPLY)
    assert [choice["index"] for choice in put("choices.*.index", 5)(two).choices] == [5, 5]
    assert put("choices.*", DROP)(two) == two


def test_one_and_true_are_told_apart() -> None:
    changed = put("a", True)(plain({"a": 1}))
    assert changed.document["a"] is True


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)
paths = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3).map(".".join)


@given(documents, paths)
def test_a_path_that_leads_nowhere_changes_nothing(document: Any, path: str) -> None:
    exchange = plain(document)
    changed = put(f"nowhere.{path}", 1)(exchange)
    assert changed == exchange


@given(st.dictionaries(st.sampled_from("abc"), documents, max_size=3), documents)
def test_put_changes_the_one_member(document: dict[str, Any], value: Any) -> None:
    changed = put("a", value)(plain(document))
    assert changed.document == document | {"a": value}
    assert length(changed) == len(changed.wire)
    assert drop("a")(changed).document == {name: each for name, each in document.items() if name != "a"}


def test_an_edit_that_changes_nothing_leaves_every_byte() -> None:
    odd = replace(REPLY, reads=((0.1, b'{ "a" : 1.0,'), (0.2, b' "b":"\\u00e9" }')))
    assert put("a", 1.0)(odd).content == odd.content


@pytest.mark.parametrize("fault", [put("a", 1), drop("usage"), edit(lambda document: document.clear())])
@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(PLAIN, 0, failure=Failure("refused", "no")),
        Exchange(PLAIN, 200, (("content-type", "text/html"),), ((0.1, b"<html>"),)),
        Exchange(PLAIN, 200, (), ((0.1, b'"text"'),)),
        Exchange(PLAIN, 200, (("content-encoding", "br"),), ((0.1, b"{}"),)),
    ],
    ids=["failure", "html", "string", "brotli"],
)
def test_what_has_no_document_is_left_as_it_is(fault: Fault, exchange: Exchange) -> None:
    assert fault(exchange) == exchange


def test_coded_content_is_sent_uncoded() -> None:
    coded = gzip.compress(json.dumps(completion(USAGE)).encode())
    headers = (("content-encoding", "gzip"), ("Content-Length", str(len(coded))), ("x-request-id", "r-1"))
    changed = put("usage.prompt_tokens", 9)(Exchange(PLAIN, 200, headers, ((0.1, coded),)))
    assert changed.usage["prompt_tokens"] == 9
    assert changed.header("content-encoding") is None
    assert length(changed) == len(changed.wire)


# --- streams --------------------------------------------------------------------------------------------------

EDITS = [put("usage.prompt_tokens", 9), put("id", "another"), put("choices.*.delta.content", "x"), drop("created")]


@pytest.mark.parametrize("fault", EDITS)
def test_an_edit_of_a_stream_keeps_its_events_and_times(fault: Fault) -> None:
    changed = fault(STREAM)
    assert [event.time for event in changed.stream.events] == [event.time for event in STREAM.stream.events]
    assert changed.stream.events[-1].done
    assert changed.headers == STREAM.headers
    assert (changed.request, changed.status, changed.seconds) == (STREAM.request, STREAM.status, STREAM.seconds)


def test_comments_and_line_ends_of_a_stream_stay() -> None:
    odd = replace(STREAM, reads=((0.1, b': ping\r\ndata: {"a": 1}\r\n\r\n'), (0.2, b'data:{"b": 1}\n\n: bye\n')))
    changed = put("b", 2)(odd)
    assert changed.content.startswith(b': ping\r\ndata: {"a": 1, "b": 2}\r\n\r\n')
    assert changed.content.endswith(b"\n\n: bye\n")


def test_events_that_are_no_json_objects_stay() -> None:
    odd = replace(STREAM, reads=((0.1, b"data: [DONE]\n\ndata: 7\n\ndata: oops\n\n"),))
    assert put("a", 1)(odd).content == odd.content


@pytest.mark.parametrize("position", [0, 1, 2, -1, -2, 99, -99])
def test_insert(position: int) -> None:
    before = [data for _, data in faults.blocks(STREAM)]
    after = [data for _, data in faults.blocks(faults.insert(position, b": x\n\n")(STREAM))]
    assert b": x\n\n" in after
    assert [data for data in after if data != b": x\n\n"] == before
    if -len(before) <= position < len(before):
        assert after.index(b": x\n\n") == position % len(before)


def test_events_are_rearranged_and_left_out() -> None:
    assert faults.events(lambda blocks: blocks[::-1])(STREAM).stream.terminators == [0]
    assert faults.without_events(b"[DONE]")(STREAM).stream.terminators == []
    assert faults.append(b": end\n\n")(STREAM).stream.comments == (" end",)


@pytest.mark.parametrize("fault", [faults.insert(0, b"x"), faults.append(b"x"), faults.without_events(b"{")])
def test_other_responses_are_no_streams(fault: Fault) -> None:
    assert fault(REPLY) == REPLY


cuts = st.lists(st.integers(1, 30), max_size=40)


@given(cuts)
def test_how_a_stream_was_read_does_not_change_its_blocks(sizes: list[int]) -> None:
    data, reads = STREAM.content, list[Read]()
    for number, size in enumerate([*sizes, len(data)]):
        reads.append((float(number), data[:size]))
        data = data[size:]
    split = replace(STREAM, reads=tuple(reads))
    assert [block for _, block in faults.blocks(split)] == [block for _, block in faults.blocks(STREAM)]
    assert [when for when, _ in faults.blocks(split)] == sorted(when for when, _ in faults.blocks(split))


# --- the message ----------------------------------------------------------------------------------------------


def test_header() -> None:
    assert faults.header("X-Request-Id", "r-2")(REPLY).header("x-request-id") == "r-2"
    assert faults.header("x-request-id", None)(REPLY).header("x-request-id") is None
    assert faults.header("x-new", None)(REPLY) == REPLY
    assert faults.header("x-request-id", "r-2")(REPLY).reads == REPLY.reads


def test_respond() -> None:
    changed = faults.respond(429, {"error": {"message": "slow"}}, ("retry-after", "1"))(STREAM)
    assert (changed.status, changed.error, changed.header("retry-after")) == (429, {"message": "slow"}, "1")
    assert length(changed) == len(changed.wire)
    assert changed.request == STREAM.request


def test_status_failure_and_content() -> None:
    assert faults.status(500)(REPLY) == replace(REPLY, status=500)
    assert str(faults.failing(Failure("reset", "gone"))(REPLY).failure) == "reset: gone"
    assert length(faults.content(b"longer than it was" * 99)(REPLY)) == 18 * 99


def test_one_after_the_other() -> None:
    assert faults.chain(put("a", 1), put("a", lambda value: value + 1))(plain({})).document == {"a": 2}
    assert faults.chain()(REPLY) == REPLY


def test_a_chunk_that_is_inserted_is_read() -> None:
    assert faults.insert(0, faults.chunk({"id": "first"}))(STREAM).chunks[0] == {"id": "first"}


def test_faults_do_not_change_what_they_are_given() -> None:
    before = json.dumps(REPLY.document)
    put("usage.prompt_tokens", 9)(REPLY)
    edit(lambda document: document.clear())(REPLY)
    assert json.dumps(REPLY.document) == before
    assert STREAM_USAGE.streams
    assert streamed([]).request.asked["stream"] is True
