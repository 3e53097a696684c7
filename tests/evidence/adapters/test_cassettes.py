"""Cassettes of vcrpy and of Ruby's VCR, in YAML and JSON."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.evidence.exchange import Exchange
from conformance.evidence.recording import Recording, RecordingError
from conformance.evidence.recordings import recordings

from .samples import ASKED, REPLY, URL, Record, vcr
from .test_adapters import one, read

STREAM = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def cassette(folder: Path, text: str, name: str = "one.yaml") -> list[Recording]:
    (folder / name).write_text(text, encoding="utf-8")
    return list(recordings(folder / name))


def ruby(**body: Any) -> Record:
    return {
        "request": {
            "method": "post",
            "uri": URL,
            "body": {"encoding": "UTF-8", "string": json.dumps(ASKED)},
            "headers": {"Content-Type": ["application/json"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"], "Set-Cookie": ["a", "b"]},
            "body": body or {"encoding": "UTF-8", "string": json.dumps(REPLY)},
        },
        "recorded_at": "Tue, 03 Feb 2026 04:05:06 GMT",
    }


def test_a_cassette_of_vcrpy_in_yaml(tmp_path: Path) -> None:
    (recording,) = cassette(tmp_path, yaml.safe_dump({"interactions": [vcr()], "version": 1}))
    exchange = recording.exchange
    assert recording.origin == "one.yaml entry 1"
    assert recording.vendor == "api.acme.test"
    assert exchange.reply == REPLY
    assert exchange.request.asked == ASKED
    assert [name for name, _ in exchange.request.headers] == ["content-type"]
    assert exchange.unrecorded == {"bytes", "key", "other headers", "times"}


def test_a_cassette_of_ruby_in_yaml(tmp_path: Path) -> None:
    """Psych writes bytes with a tag of its own, and repeats a text as an alias."""
    text = f"""---
http_interactions:
- request:
    method: post
    uri: {URL}
    body:
      encoding: UTF-8
      string: '{json.dumps(ASKED)}'
    headers:
      Date: &moment
      - 2026-02-03
  response:
    status:
      code: 200
      message: OK
    headers:
      Date: *moment
      Content-Type:
      - application/json
      Content-Encoding:
      - gzip
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        {base64.b64encode(gzip.compress(json.dumps(REPLY).encode())).decode()}
  recorded_at: Tue, 03 Feb 2026 04:05:06 GMT
recorded_with: VCR 6.2.0
"""
    (recording,) = cassette(tmp_path, text, "one.yml")
    exchange = recording.exchange
    assert exchange.request.method == "POST"
    assert exchange.header("date") == "2026-02-03"
    assert exchange.reply == REPLY
    assert exchange.started == 1770091506.0
    assert exchange.unrecorded == {"key", "other headers", "times"}


@pytest.mark.parametrize("document", [{"interactions": [vcr()], "version": 1}, {"http_interactions": [ruby()]}])
def test_cassettes_in_json(tmp_path: Path, document: Record) -> None:
    (recording,) = cassette(tmp_path, json.dumps(document, indent=2), "one.json")
    assert recording.exchange.reply == REPLY
    (recording,) = read(document)  # as a line of JSON, say
    assert recording.exchange.reply == REPLY


def changed(**response: Any) -> Record:
    return vcr() | {"response": {name: value for name, value in (vcr()["response"] | response).items() if value != ...}}


BASE64 = base64.b64encode(json.dumps(REPLY).encode()).decode()


@pytest.mark.parametrize(
    "record",
    [
        changed(body=json.dumps(REPLY)),
        changed(body={"base64_string": BASE64}),
        changed(body={"string": {"base64_string": BASE64}}),
        changed(body=..., parsed_body=REPLY),
        changed(body=..., content=json.dumps(REPLY), status=..., status_code=200),
        changed(headers={"Content-Type": "application/json"}),
        ruby(encoding="ASCII-8BIT", base64_string=BASE64),
    ],
)
def test_forms_of_a_body(record: Record) -> None:
    exchange: Exchange = one(record)
    assert exchange.reply == REPLY
    assert exchange.media_type == "application/json"
    assert ("bytes" in exchange.unrecorded) is ("base64_string" not in json.dumps(record))


def test_a_stream_is_read_as_one_and_its_end_restored() -> None:
    exchange = one(changed(body={"string": STREAM.rstrip()}, headers={"content-type": ["text/event-stream"]}))
    assert exchange.stream.terminators
    assert "framing" in exchange.unrecorded


@pytest.mark.parametrize(
    ("request_", "response", "read_"),
    [
        ({"uri": "https://a.test/v1/embeddings", "body": '{"input": "a"}'}, {}, False),
        ({"uri": "https://a.test/api/chat"}, {"body": {"string": '{"message": {}, "done": true}'}}, False),
        ({"uri": "https://a.test/v1/messages/count_tokens"}, {"body": {"string": '{"input_tokens": 3}'}}, False),
        ({"uri": "https://a.test/model/claude/invoke"}, {"body": {"string": '{"type": "message"}'}}, False),
        ({"uri": "https://a.test/odd"}, {"status": {"code": 400}, "body": {"string": '{"error": {}}'}}, False),
        ({"uri": "https://a.test/odd"}, {}, True),
        ({"uri": "https://a.test/v1/chat/completions"}, {"body": {"string": "oops"}}, True),
        ({"uri": "https://a.test/v1/models", "method": "GET"}, {"body": {"string": '{"stt": [], "tts": []}'}}, False),
        (
            {"uri": "https://a.test/v1/models", "method": "GET"},
            {"body": {"string": '{"data": [{"type": "model"}], "has_more": false}'}},
            False,
        ),
        ({"uri": "https://a.test/v1/models", "method": "GET"}, {"body": {"string": '{"data": [], "x": 1}'}}, True),
        ({"uri": "https://a.test/v1/models", "method": "GET"}, {"status": {"code": 401}}, True),
    ],
)
def test_only_what_is_of_the_api_is_read(request_: Record, response: Record, read_: bool) -> None:
    record = {"request": vcr()["request"] | request_, "response": vcr()["response"] | response}
    assert len(read(record)) == read_


BILLION = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old}]\n"
    for old, new in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("interactions: [\n", "one.yaml is not a cassette in YAML (line 2: "),
        ("interactions: !ruby/object:Kernel {}\n", "one.yaml is not a cassette in YAML (line 1: could not determine"),
        ("interactions: !!binary '%'\n", "one.yaml is not a cassette in YAML ("),
        ("interactions: &a [*a]\n", "one.yaml is not a cassette in YAML (RecursionError)"),
        (f"{BILLION}interactions: *j\n", "one.yaml is not a cassette in YAML (ValueError)"),
        ("interactions: 3\n", "one.yaml has the members interactions, and none of "),
        ("interactions:\n- {kind: frame, data: a}\n", "one.yaml is a cassette of a WebSocket, not of HTTP"),
        ("a: b\n", "one.yaml is not JSON"),
    ],
)
def test_yaml_that_is_no_cassette_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecordingError) as raised:
        cassette(tmp_path, text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_other_yaml_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0\n")
    (tmp_path / "one.yml").write_text(yaml.safe_dump({"interactions": [vcr()]}))
    assert len(list(recordings(tmp_path))) == 1


def test_without_the_extra_a_cassette_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(RecordingError, match=r"one.yaml is a cassette in YAML: .*'phanedge-conformance\[audit\]'$"):
        cassette(tmp_path, "interactions: []\n")
