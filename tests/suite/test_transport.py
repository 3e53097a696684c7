"""What the requirements of transport accept, and what they do not."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace

import pytest

from conformance.contract.faults import content_edit, failing, header, only, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure
from tests.support.builders_asked import Said, asked
from tests.support.builders_http import JSON, asking, chunk, completion, refusal, response, said, stream

BODY = b'{"id": "chatcmpl-1", "choices": []}'
GZIPPED = gzip.compress(BODY)
CUT = replace(response(BODY[:10], JSON), failure=Failure("truncated", "the peer closed the connection"))
TWO_READS = replace(response(BODY, ("content-length", str(len(BODY)))), reads=((0.1, BODY[:7]), (0.2, BODY[7:])))


PLAINLY = replace(asking(), headers=(("Accept-Encoding", "identity"),))


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("status_200", response(completion()), "accepted"),
        ("status_200", response(completion(), status=206), "violated"),
        ("json_media_type", response(BODY, ("content-type", "Application/JSON; charset=UTF-8")), "accepted"),
        ("json_media_type", response(BODY, ("content-type", 'application/json;charset="utf-8"')), "accepted"),
        ("json_media_type", response(BODY, ("content-type", "text/html; charset=utf-8")), "violated"),
        ("json_media_type", response(BODY, ("content-type", "application/json; charset=gbk")), "violated"),
        ("json_media_type", stream(chunk({"content": "OK"}), request=asking()), "violated"),
        ("json_media_type", stream(chunk({"content": "OK"})), "not applicable"),
        ("event_stream_media_type", stream(chunk({"content": "OK"})), "accepted"),
        ("event_stream_media_type", response(b"data: [DONE]\n\n", request=asking(stream=True)), "violated"),
        ("event_stream_media_type", response(completion(), request=asking(stream=True)), "violated"),
        ("event_stream_media_type", response(completion()), "not applicable"),
        ("one_json_object", response(b"\n\n\n  " + BODY + b"\r\n"), "accepted"),
        ("content_coding", response(gzip.compress(BODY), ("content-encoding", "gzip")), "accepted"),
        ("content_coding", response(BODY, ("content-encoding", "identity")), "accepted"),
        ("content_coding", response(BODY), "accepted"),
        ("content_coding", response(BODY, ("content-encoding", "gzip")), "violated"),
        ("content_coding", response(BODY, ("content-encoding", "br")), "violated"),
        ("content_coding", response(BODY, ("content-encoding", "utf-8")), "violated"),
        ("content_coding", response(gzip.compress(BODY) * 2, ("content-encoding", "gzip")), "accepted"),
        ("content_coding", response(gzip.compress(BODY) + b"\r\n", ("content-encoding", "gzip")), "violated"),
        ("content_coding", response(gzip.compress(BODY)[:-8], ("content-encoding", "gzip")), "violated"),
        ("content_coding", response(zlib.compress(BODY) + b"}", ("content-encoding", "deflate")), "violated"),
        ("identity_heeded", response(BODY, request=PLAINLY), "accepted"),
        ("identity_heeded", response(BODY, ("content-encoding", "identity"), request=PLAINLY), "accepted"),
        ("identity_heeded", response(b"", status=406, request=PLAINLY), "accepted"),
        ("identity_heeded", response(gzip.compress(BODY), ("content-encoding", "gzip"), request=PLAINLY), "violated"),
        ("identity_heeded", response(BODY, ("content-encoding", "gzip"), request=PLAINLY), "not applicable"),
        ("identity_heeded", response(gzip.compress(BODY), ("content-encoding", "gzip")), "not applicable"),
        ("no_identity_named", response(BODY, ("content-encoding", "Identity")), "violated"),
        ("no_identity_named", response(gzip.compress(BODY), ("content-encoding", "gzip")), "accepted"),
        ("no_identity_named", response(BODY), "not applicable"),
        ("one_json_object", response(b"\n\n\n\n"), "violated"),
        ("one_json_object", response(b""), "violated"),
        ("one_json_object", response(b'"OK"'), "violated"),
        ("one_json_object", response(BODY + b"\n" + BODY), "violated"),
        ("one_json_object", response(b"\xff\xfe" + BODY.decode().encode("utf-16-le")), "violated"),
        ("one_json_object", response(b"[" * 200_000), "violated"),
        ("one_json_object", response(b"<html>", ("content-type", "text/html"), status=502), "not applicable"),
        ("one_json_object", response(b"<html>", status=502), "violated"),
        ("unique_names", response(completion()), "accepted"),
        ("unique_names", response(b'{"a": {"b": 1}, "c": {"b": 1}}'), "accepted"),
        ("unique_names", response(b'{"usage": {"prompt_tokens": 1, "prompt_tokens": 2}}'), "violated"),
        ("unique_names", stream('{"id": "1", "id": "2"}'), "violated"),
        ("unique_names", response(b"no JSON"), "not applicable"),
        ("one_framing", response(BODY, ("Transfer-Encoding", "chunked")), "accepted"),
        ("one_framing", response(BODY, ("Transfer-Encoding", "chunked"), ("Content-Length", "35")), "violated"),
        ("one_framing", response(BODY), "not applicable"),
        ("whole_body", TWO_READS, "accepted"),
        ("whole_body", response(BODY, ("transfer-encoding", "chunked")), "accepted"),
        (
            "whole_body",
            response(GZIPPED, ("content-encoding", "gzip"), ("content-length", str(len(GZIPPED)))),
            "accepted",
        ),
        (
            "whole_body",
            response(GZIPPED, ("content-encoding", "gzip"), ("content-length", str(len(BODY)))),
            "violated",
        ),
        ("whole_body", CUT, "violated"),
        ("whole_body", replace(TWO_READS, surplus=1), "violated"),
        ("whole_body", replace(CUT, failure=Failure("timeout", "no answer")), "not applicable"),
        ("request_id", refusal(500, ("X-Request-Id", "req_1")), "accepted"),
        ("request_id", response(completion(), ("x-oneapi-request-id", "1")), "violated"),
        ("request_id", response(completion(), ("x-request-id", " ")), "violated"),
    ],
)
def test_transport(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"transport.{requirement}", exchange) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("req_1", "req_2"), "accepted"),
        (("req_1", "req_2", "req_1"), "violated"),
        (("req_1", ""), "not applicable"),
    ],
)
def test_request_ids(values: tuple[str, ...], expected: Said) -> None:
    run = [response(completion(), ("x-request-id", value), request=asking(seed=at)) for at, value in enumerate(values)]
    assert said("transport.request_id_unique", *run) == expected


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("served", header("server", "nginx"), "accepted"),
        ("served", failing(Failure("tls", "certificate has expired")), "violated"),
        ("served", failing(Failure("timeout", "no answer")), "inconclusive"),
        ("served", respond(403, {"error": {"message": "Forbidden"}}), "inconclusive"),
        ("served", status(404), "violated"),
        ("no_stream_unasked", header("content-type", "application/json; charset=utf-8"), "accepted"),
        ("no_stream_unasked", only(lambda each: each.label == "nulls", status(400)), "accepted"),
        ("no_stream_unasked", only(lambda each: each.asked.get("stream") is False, status(400)), "violated"),
        ("no_stream_unasked", content_edit(lambda body: b"\r\ndata:" + body), "violated"),
        ("chunked_body", respond(411, {"error": {"message": "Length Required"}}), "violated"),
        ("chunked_body", status(400), "violated"),  # B376
        ("chunked_body", status(402), "inconclusive"),
    ],
)
def test_of_an_endpoint(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"transport.{requirement}", change) == expected
