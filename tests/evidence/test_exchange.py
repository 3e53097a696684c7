"""Exchanges: what their views say, and that nothing is lost on the way to JSON and back."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.faults import chunk, insert
from conformance.contract.requests import PLAIN, STREAM_USAGE, bad
from conformance.contract.vocabulary import validator
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, Request
from conformance.evidence.exchange_json import dump_exchange, load_exchange
from tests.support.exchanges import completion, plain, stream_of, streamed

JSON = ("content-type", "application/json")
EVENTS = ("content-type", "text/event-stream; charset=utf-8")
USAGE = {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}


def coded(coding: str, data: bytes, cut: int | None = None) -> Exchange:
    return Exchange(PLAIN, 200, (JSON, ("content-encoding", coding)), ((0.1, data[:cut]),))


# --- views ----------------------------------------------------------------------------------------------------


def test_views_of_a_plain_reply() -> None:
    exchange = plain(completion(USAGE))
    assert exchange.reply is exchange.document
    assert exchange.usage == USAGE
    assert [message["content"] for message in exchange.messages] == ["OK."]
    assert exchange.tool_calls == []


def test_a_streamed_reply_has_the_same_views() -> None:
    exchange = stream_of(USAGE)
    assert exchange.reply["object"] == "chat.completion"
    assert exchange.usage == USAGE
    assert [message["content"] for message in exchange.messages] == ["OK."]
    with pytest.raises(Inconclusive):
        _ = exchange.document


@pytest.mark.parametrize(
    "view", ["document", "stream", "chunks", "reply", "choices", "messages", "tool_calls", "usage", "error"]
)
@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(PLAIN, 0, failure=Failure("refused", "connection refused")),
        Exchange(PLAIN, 200, (("content-type", "text/html"),), ((0.1, b"<html>"),)),
        Exchange(PLAIN, 200, (JSON, ("content-encoding", "br")), ((0.1, b"{}"),)),
        Exchange(PLAIN, 302, (("location", "/"),)),
    ],
    ids=str,
)
def test_a_view_that_cannot_be_had_is_inconclusive(exchange: Exchange, view: str) -> None:
    with pytest.raises(Inconclusive):
        getattr(exchange, view)


def test_the_usage_of_a_stream_that_failed_is_inconclusive() -> None:
    failed = insert(-1, chunk({"error": {"message": "The upstream broke off"}}))(stream_of(USAGE))
    assert failed.reply["usage"] == USAGE
    with pytest.raises(Inconclusive, match="the stream failed"):
        _ = failed.usage


@pytest.mark.parametrize("usage", [None, 0, [], "none"])
def test_usage_that_is_no_object_is_inconclusive(usage: Any) -> None:
    for document in (completion(None), completion(usage) | {"usage": usage}):
        with pytest.raises(Inconclusive, match="no usage"):
            _ = plain(document).usage


def test_absent_null_and_zero_stay_apart() -> None:
    seen = [
        plain(completion(USAGE | {"prompt_tokens_details": details})).usage["prompt_tokens_details"]
        for details in ({}, {"cached_tokens": None}, {"cached_tokens": 0})
    ]
    assert [details.get("cached_tokens", "absent") for details in seen] == ["absent", None, 0]


def test_error_view() -> None:
    assert plain({"error": {"message": "no"}}, status=400).error == {"message": "no"}
    for document, status in (({"error": {}}, 200), ({"error": "no"}, 500), (["no"], 500)):
        with pytest.raises(Inconclusive):
            _ = plain(document, status=status).error


def test_header_lines_are_joined() -> None:
    exchange = Exchange(PLAIN, 200, (("Vary", "Origin"), ("X", ""), ("vary", "Accept")))
    assert (exchange.header("vary"), exchange.header("x"), exchange.header("y")) == ("Origin, Accept", "", None)


# --- content coding -------------------------------------------------------------------------------------------

BODY = json.dumps(completion(USAGE)).encode()


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(BODY)), ("GZIP", gzip.compress(BODY)), ("x-gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)), ("deflate", raw_deflate(BODY)), ("identity", BODY),
    ],
)  # fmt: skip
def test_content_coding_is_undone(coding: str, data: bytes) -> None:
    exchange = coded(coding, data)
    assert exchange.content == BODY
    assert exchange.wire == data


def test_coded_reads_keep_their_times() -> None:
    coder = zlib.compressobj(wbits=31)
    parts = [coder.compress(b"data: %d\n\n" % n) + coder.flush(zlib.Z_SYNC_FLUSH) for n in (1, 2)]
    exchange = Exchange(
        STREAM_USAGE, 200, (EVENTS, ("content-encoding", "gzip")), tuple(zip((0.5, 0.9), parts, strict=True))
    )
    assert [(event.data, event.time) for event in exchange.stream.events] == [("1", 0.5), ("2", 0.9)]


@given(st.integers(0, len(gzip.compress(BODY)) - 9))
def test_truncated_gzip_shows_nothing_false(cut: int) -> None:
    exchange = coded("gzip", gzip.compress(BODY), cut)
    assert BODY.startswith(exchange.content)
    if exchange.content != BODY:
        with pytest.raises(Inconclusive):
            _ = exchange.reply


@given(st.binary(min_size=1))
def test_random_bytes_are_inconclusive_at_most(data: bytes) -> None:
    for coding in ("gzip", "deflate"):
        with suppress(Inconclusive):
            assert isinstance(coded(coding, data).content, bytes)


def test_what_is_not_gzip_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="the content is not gzip"):
        _ = coded("gzip", b"{}").document


# --- what is a stream -----------------------------------------------------------------------------------------

CHUNK = b'data: {"choices": []}\n\n'


@pytest.mark.parametrize(
    ("request_", "status", "media_type", "content", "is_stream"),
    [
        (STREAM_USAGE, 200, "text/event-stream", CHUNK, True),
        (STREAM_USAGE, 200, "Text/Event-Stream;charset=utf-8", b"", True),
        (STREAM_USAGE, 200, "application/json", CHUNK, True),
        (STREAM_USAGE, 200, "text/plain", b": ping\n\n" + CHUNK, True),
        (STREAM_USAGE, 200, "text/plain", b"\xef\xbb\xbf\r\n" + CHUNK, True),
        (STREAM_USAGE, 200, "application/json", BODY, False),
        (STREAM_USAGE, 400, "text/event-stream", CHUNK, False),
        (PLAIN, 200, "application/json", CHUNK, False),
        (PLAIN, 200, "text/event-stream", CHUNK, True),
    ],
)
def test_streamed(request_: Request, status: int, media_type: str, content: bytes, is_stream: bool) -> None:
    exchange = Exchange(request_, status, (("content-type", media_type),), ((0.1, content),))
    assert exchange.streamed is is_stream


def test_an_error_event_is_no_chunk() -> None:
    assert streamed([{"error": {"message": "no"}}, {"choices": []}, ["odd"]]).chunks == [{"choices": []}]


# --- to and from JSON -----------------------------------------------------------------------------------------

names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8)
headers = st.lists(st.tuples(names, st.text(st.characters(codec="latin-1"), max_size=8)), max_size=3).map(tuple)
times = st.floats(0, 1000)
requests = st.builds(
    Request,
    method=st.sampled_from(["POST", "GET", "PUT"]),
    path=names.map("/".__add__),
    body=st.binary() | st.text().map(str.encode),
    headers=headers,
    credentials=st.sampled_from(["valid", "none", "unknown", "basic", "query"]),
    hang_up_after=st.none() | st.integers(1, 9),
    attempt=st.integers(1, 9),
    features=st.frozensets(names),
    expect=st.sampled_from(["reply", "error"]),
    label=st.text(),
)
failures = st.builds(Failure, st.sampled_from(["refused", "timeout", "truncated"]), st.text())
exchanges = st.builds(
    Exchange,
    request=requests,
    status=st.integers(0, 999),
    headers=headers,
    reads=st.lists(st.tuples(times, st.binary() | st.text().map(str.encode)), max_size=4).map(tuple),
    failure=st.none() | failures,
    started=times,
    seconds=times,
    unrecorded=st.frozensets(st.sampled_from(["times", "bytes", "headers"])),
)


@given(exchanges)
def test_round_trip(exchange: Exchange) -> None:
    written = json.dumps(dump_exchange(exchange))
    loaded = load_exchange(json.loads(written))
    assert loaded == exchange
    assert loaded.request.label == exchange.request.label
    assert loaded.request.expect == exchange.request.expect
    assert loaded.request.key == exchange.request.key


@given(exchanges)
def test_written_as_the_schema_says(exchange: Exchange) -> None:
    validator("exchange").validate(json.loads(json.dumps(dump_exchange(exchange))))


def test_bytes_that_are_text_are_written_as_text() -> None:
    exchange = replace(plain({}), reads=((0.1, "né".encode()), (0.2, b"\xff")))
    assert [data for _, data in dump_exchange(exchange)["reads"]] == ["né", {"base64": "/w=="}]


# --- filling a request in -------------------------------------------------------------------------------------


@given(st.text(), st.text("abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=12))
def test_any_model_name_can_be_filled_in(model: str, salt: str) -> None:
    filled = PLAIN.to(model, salt)
    assert filled.asked == PLAIN.asked | {"model": model}
    assert filled.to("another") == filled


def test_filling_in_leaves_broken_bodies_broken() -> None:
    assert bad("x", b'{"model": "$MODEL$", ').to("m").body == b'{"model": "m", '
