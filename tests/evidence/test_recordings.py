"""Recordings of every format become exchanges, and say what they did not keep."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, EVERY_COMPLETION, EVERY_ERROR, EVERY_MODEL_LIST
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.exchange_json import dump_exchange
from conformance.evidence.recordings import Recording, RecordingError, RecordingWarning, recordings
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Verdict
from conformance.runs.corpus import OFFICIAL, OFFICIAL_ERRORS, Tally, judge_folder, judge_share
from conformance.suite.catalogue import load

ASKED = {"model": "gpt-x", "messages": [{"role": "user", "content": "Hi"}]}
COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1750000000,
        "model": "gpt-x-2026",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hé", "refusal": None},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    ensure_ascii=False,
)
DELTA = '{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":"stop"}'
CHUNK = f'data: {{"id":"c","choices":[{DELTA}]}}'
STREAM = f"{CHUNK}\n\ndata: [DONE]\n\n"


def row(**changes: Any) -> dict[str, Any]:
    """A line of a JSONL recording; a change to `...` leaves the member out."""
    whole = {
        "vendor": "acme",
        "model": "gpt-x",
        "official": False,
        "fidelity": "wire",
        "request_json": ASKED,
        "status": 200,
        "response_headers": {"content-type": "application/json"},
        "response_body": COMPLETION,
        "stream": False,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def stream_row(body: str = STREAM, **changes: Any) -> dict[str, Any]:
    headers = {"content-type": "text/event-stream"}
    asked = ASKED | {"stream": True}
    return row(**{"request_json": asked, "response_headers": headers, "response_body": body, "stream": True} | changes)


def written(folder: Path, *rows: dict[str, Any], name: str = "some.jsonl") -> Path:
    lines = "".join(json.dumps(each) + "\n" for each in rows).encode()
    (folder / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    return folder / name


def only(path: Path) -> Recording:
    (recording,) = recordings(path)
    return recording


# --- JSONL --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["some.jsonl", "some.jsonl.gz"])
def test_a_line_becomes_an_exchange(tmp_path: Path, name: str) -> None:
    written(tmp_path, row(), row(model=None, request_json=None), name=name)
    first, second = recordings(tmp_path)
    assert (first.vendor, first.model, first.official) == ("acme", "gpt-x", False)
    assert first.origin == f"{tmp_path.name}/{name}:1"
    assert first.exchange.request.asked == ASKED
    assert first.exchange.request.path == "/chat/completions"
    assert first.exchange.messages[0]["content"] == "Hé"
    assert EVERY_COMPLETION.contains(first.exchange)
    assert second.model == "gpt-x-2026"
    assert second.origin == f"{tmp_path.name}/{name}:2"


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, set()),
        ({"fidelity": "reserialized"}, set()),
        ({"fidelity": "scrubbed"}, {"ids", "created", "headers"}),
        ({"fidelity": "fixture"}, {"status", "headers", "request"}),
        ({"request_json": None}, {"request"}),
        ({"response_headers": {}}, {"headers"}),
        ({"response_headers": {"content-type": "REDACTED"}}, {"headers"}),
        ({"response_body": COMPLETION.replace("chatcmpl-1", "chatcmpl-REDACTED_1")}, {"ids"}),
    ],
)
def test_what_a_line_did_not_keep(tmp_path: Path, changes: dict[str, Any], lost: set[str]) -> None:
    exchange = only(written(tmp_path, row(**changes))).exchange
    assert exchange.unrecorded == lost | {"bytes", "times", "other headers", "key"}


def test_headers_that_are_secret_masked_or_untrue_are_left_out(tmp_path: Path) -> None:
    headers = {
        "Content-Type": "application/json",
        "content-encoding": "gzip",
        "content-length": "12",
        "transfer-encoding": "chunked",
        "set-cookie": "<masked>",
        "openai-organization": "acme-1",
        "x-api-key": "k",
        "x-ratelimit-limit-requests": "X-RATELIMIT-LIMIT-REQUESTS-XXX",
        "x-ratelimit-remaining-tokens": "7",
    }
    exchange = only(written(tmp_path, row(response_headers=headers))).exchange
    assert exchange.headers == (("Content-Type", "application/json"), ("x-ratelimit-remaining-tokens", "7"))
    assert exchange.text == COMPLETION


def test_a_stream_without_headers_is_one(tmp_path: Path) -> None:
    recorded = stream_row(response_headers={}, request_json=None, model=..., fidelity="fixture")
    exchange = only(written(tmp_path, recorded)).exchange
    assert exchange.streamed
    assert exchange.chunks
    assert {"headers", "request"} <= exchange.unrecorded


@pytest.mark.parametrize(
    ("end", "stripped"),
    [
        ("\n\ndata: [DONE]\n\n", False),
        ("\r\n\r\ndata: [DONE]\r\n\r\n", False),
        ("\n\n", False),
        ("\n\ndata: [DONE]\n", True),
        ("\n\ndata: [DONE]", True),
        (" ", True),
        ('\n\ndata: {"id":"c","cho', False),
        ('\n\ndata: {"id":"c","cho\n', False),
    ],
)
def test_a_stripped_end_is_not_the_endpoints_fault(tmp_path: Path, end: str, stripped: bool) -> None:
    exchange = only(written(tmp_path, stream_row(CHUNK + end))).exchange
    assert ("framing" in exchange.unrecorded) is stripped
    assert exchange.reply["choices"][0]["finish_reason"] == "stop"
    assert EVERY_COMPLETED_STREAM.contains(exchange)
    assert bool(exchange.stream.terminators) is ("DONE" in end)
    assert (exchange.stream.pending is not None) is ("cho" in end)


@pytest.mark.parametrize(
    ("status", "expect"), [(200, "reply"), (400, "error"), (404, "error"), (429, "reply"), (503, "reply")]
)
def test_only_a_refusal_says_the_request_was_mistaken(tmp_path: Path, status: int, expect: str) -> None:
    assert only(written(tmp_path, row(status=status))).exchange.request.expect == expect


def test_folders_are_read_deeply_and_other_files_passed_over(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / ".hidden").mkdir()
    written(tmp_path / "deep", row())
    written(tmp_path / ".hidden", row())
    (tmp_path / "README.md").write_text("no recording")
    assert only(tmp_path).origin == f"{tmp_path.name}/deep/some.jsonl:1"


# --- HAR ----------------------------------------------------------------------------------------------------


def entry(**changes: Any) -> dict[str, Any]:
    """An entry of a HAR; `url`, `method`, `asked`, `headers`, `content`, `status` and `time` may differ."""
    content = changes.get("content", {"mimeType": "application/json", "text": COMPLETION})
    asked = changes.get("asked", ASKED)
    headers = changes.get("headers", [["content-type", "application/json"], ["content-length", "9"]])
    return {
        "startedDateTime": "2026-02-03T04:05:06.500Z",
        "time": changes.get("time", 1500),
        "request": {
            "method": changes.get("method", "POST"),
            "url": changes.get("url", "https://api.acme.test/v1/chat/completions?beta=1"),
            "headers": pairs([":path", "/v1"], ["Authorization", "Bearer k"], ["Content-Type", "application/json"]),
            **({"postData": {"mimeType": "application/json", "text": json.dumps(asked)}} if asked else {}),
        },
        "response": {"status": changes.get("status", 200), "headers": pairs(*headers), "content": content},
    }


def pairs(*given: list[str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in given]


def har(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "some.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8-sig")
    return path


def base64_of(data: bytes) -> dict[str, str]:
    return {
        "mimeType": "application/json",
        "encoding": "base64",
        "text": base64.b64encode(data).decode(),
    }


@pytest.mark.parametrize("time", [None, 0, -1])
def test_an_entry_without_a_time(tmp_path: Path, time: int | None) -> None:
    exchange = only(har(tmp_path, entry(time=time))).exchange
    assert exchange.seconds == 0
    assert "times" in exchange.unrecorded


def test_an_entry_becomes_an_exchange(tmp_path: Path) -> None:
    headers = [["b", "1"], ["a", "2"], ["b", "3"], ["Set-Cookie", "s"], ["content-encoding", "br"]]
    recording = only(har(tmp_path, entry(headers=headers)))
    exchange = recording.exchange
    assert (recording.vendor, recording.model, recording.official) == ("api.acme.test", "gpt-x", False)
    assert recording.origin == "some.har entry 1"
    assert exchange.request.headers == (("Content-Type", "application/json"),)
    assert exchange.headers == (("b", "1"), ("a", "2"), ("b", "3"))
    assert (exchange.started, exchange.seconds) == (1770091506.5, 1.5)
    assert exchange.text == COMPLETION
    assert exchange.unrecorded == {"bytes", "key"}


@pytest.mark.parametrize("coding", [None, "gzip"])
def test_base64_is_exact_even_if_still_compressed(tmp_path: Path, coding: str | None) -> None:
    body = gzip.compress(COMPLETION.encode()) if coding else COMPLETION.encode()
    headers = [["content-length", str(len(body))], *([["content-encoding", coding]] if coding else [])]
    exchange = only(har(tmp_path, entry(headers=headers, content=base64_of(body)))).exchange
    assert exchange.wire == body
    assert exchange.text == COMPLETION
    assert exchange.header("content-length") == str(len(exchange.wire))
    assert exchange.unrecorded == {"key"}


def test_base64_of_a_decompressed_body(tmp_path: Path) -> None:
    headers = [["content-length", "7"], ["content-encoding", "gzip"]]
    exchange = only(har(tmp_path, entry(headers=headers, content=base64_of(COMPLETION.encode())))).exchange
    assert exchange.text == COMPLETION
    assert exchange.header("content-length") is None
    assert exchange.unrecorded == {"bytes", "headers", "other headers", "key"}


def test_a_streamed_entry_has_no_times(tmp_path: Path) -> None:
    content = {"mimeType": "text/event-stream", "text": STREAM.rstrip()}
    headers = [["content-type", "text/event-stream"]]
    recorded = entry(asked=ASKED | {"stream": True}, headers=headers, content=content)
    exchange = only(har(tmp_path, recorded)).exchange
    assert exchange.stream.terminators
    assert exchange.unrecorded == {"bytes", "times", "framing", "key"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"url": "https://a.test/openai/deployments/d/chat/completions/"}, "/chat/completions"),
        ({"url": "https://a.test/odd"}, "/chat/completions"),
        ({"url": "https://a.test/v1/models", "method": "GET", "asked": None}, "/models"),
        ({"url": "https://a.test/v1/messages"}, None),
        ({"url": "https://a.test/odd", "asked": {"model": "m"}}, None),
        ({"url": "https://a.test/odd", "asked": None}, None),
        ({"method": "OPTIONS", "asked": None}, None),
        ({"method": "GET", "asked": None}, None),
        ({"status": 0}, None),
    ],
)
def test_which_entries_are_read(tmp_path: Path, changes: dict[str, Any], path: str | None) -> None:
    found = list(recordings(har(tmp_path, entry(), entry(**changes))))[1:]
    assert [recording.exchange.request.path for recording in found] == ([path] if path else [])


def test_models_and_errors_have_their_families(tmp_path: Path) -> None:
    models = {"mimeType": "application/json", "text": '{"object":"list","data":[]}'}
    listed = entry(url="https://a.test/v1/models", method="GET", asked=None, content=models)
    failed = entry(status=404, content={"mimeType": "application/json", "text": '{"error":{}}'})
    first, second = recordings(har(tmp_path, listed, failed))
    assert EVERY_MODEL_LIST.contains(first.exchange)
    assert EVERY_ERROR.contains(second.exchange)


# --- our own format -----------------------------------------------------------------------------------------


def test_our_own_exchanges_come_back_as_they_were(tmp_path: Path) -> None:
    exchange = Exchange(Request(body=json.dumps(ASKED).encode(), attempt=2), 200, reads=((0.1, b"{}"),))
    (tmp_path / "one.json").write_text(json.dumps(dump_exchange(exchange)))
    (tmp_path / "report.json").write_text('{"format": "report-1"}')
    recording = only(tmp_path)
    assert recording.exchange == exchange
    assert (recording.vendor, recording.model) == (tmp_path.name, "gpt-x")


# --- bad input ----------------------------------------------------------------------------------------------


def file(name: str, content: bytes | str) -> Callable[[Path], object]:
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def line(**changes: Any) -> Callable[[Path], object]:
    return lambda folder: written(folder, row(), row(**changes))


EXCHANGE = dump_exchange(Exchange(Request(), 200))
BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing there": (lambda folder: None, "holds no recorded exchange"),
    "nothing of use": (file("a.jsonl", "\n\n"), "holds no recorded exchange"),
    "truncated gzip": (
        file("a.jsonl.gz", gzip.compress(json.dumps(row()).encode() * 9)[:-20]),
        "a.jsonl.gz is damaged after line 0",
    ),
    "not gzip": (file("a.jsonl.gz", "{}"), "a.jsonl.gz:1 has no members, and none of exchange-1, "),
    "not JSON": (file("a.jsonl", json.dumps(row()) + "\n{oops\n"), "a.jsonl:2 is not JSON"),
    "not UTF-8": (file("a.jsonl", b'{"a": "\xff"}'), "a.jsonl:1 is not JSON"),
    "not an object": (file("a.jsonl", "[]"), "a.jsonl:1 is not a JSON object"),
    "missing member": (line(status=...), "some.jsonl:2 lacks the member 'status'"),
    "wrong type": (line(status="200"), "some.jsonl:2 has a wrong member (status is a string)"),
    "wrong optional type": (line(vendor=3), "some.jsonl:2 has a wrong member (vendor is a number)"),
    "unknown fidelity": (line(fidelity="vague"), "fidelity is 'vague', which is none of wire"),
    "a request as other text": (line(request_json="Say OK."), "has a wrong member (request_json is a string"),
    "a request as a list": (line(request_json=[ASKED]), "has a wrong member (request_json is an array"),
    "a whole last line that is wrong": (file("a.jsonl", json.dumps(row()) + "\n" + json.dumps({"a": 1})), "a.jsonl:2"),
    "HAR without entries": (file("a.har", '{"log": {}}'), "a.har has no log.entries"),
    "HAR of a list": (file("a.har", "[]"), "holds no recorded exchange"),
    "HAR cut off": (file("a.har", '{"log": '), "a.har is not JSON"),
    "HAR without content": (
        lambda folder: har(folder, entry(content={"size": 90})),
        "some.har entry 1 has no content.text",
    ),
    "HAR with bad base64": (
        lambda folder: har(folder, entry(content={"text": "é", "encoding": "base64"})),
        "some.har entry 1 has a wrong member",
    ),
    "HAR without response": (
        file("a.har", '{"log":{"entries":[{"request":{}}]}}'),
        "lacks the member 'response'",
    ),
    "JSON of no format": (file("a.json", "{}"), "a.json has no members, and none of "),
    "JSON of a later format": (file("a.json", '{"format":"exchange-9"}'), "unknown format 'exchange-9'"),
    "exchange without status": (
        file("a.json", json.dumps({name: value for name, value in EXCHANGE.items() if name != "status"})),
        "a.json lacks the member 'status'",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_sentence(tmp_path: Path, name: str) -> None:
    make, said = BAD[name]
    make(tmp_path)
    with pytest.raises(RecordingError) as raised:
        list(recordings(tmp_path))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    lines = f"{json.dumps(row())}\n{json.dumps(row(status=201))}\n".encode()
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + lines)
    assert [each.exchange.status for each in recordings(tmp_path)] == [200, 201]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_last_line_that_is_half_written_is_left_out_and_told(tmp_path: Path, name: str) -> None:
    lines = f"{json.dumps(row())}\n{json.dumps(row())[:-40]}".encode()
    (tmp_path / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    (tmp_path / "b.jsonl").write_text(json.dumps(row(status=201)))
    with pytest.warns(RecordingWarning, match=f"{name}:2 is a line that was not written to its end"):
        found = [each.exchange.status for each in recordings(tmp_path)]
    assert found == [200, 201]


def test_a_request_as_json_text_is_read(tmp_path: Path) -> None:
    text = json.dumps(ASKED | {"n": 2, "model": "Mod\u00e8le"}, indent=1)
    written(tmp_path, row(request_json=text))
    exchange = only(tmp_path).exchange
    assert exchange.request.body == text.encode()
    assert exchange.request.asked["n"] == 2


DONE_ONCE, NO_SILENT_END = "framing.done_once", "streaming.no_silent_end"


@pytest.mark.parametrize("requirement", [DONE_ONCE, NO_SILENT_END])
@pytest.mark.parametrize(
    ("fidelity", "body", "expected"),
    [
        ("fixture", f"{CHUNK}\n\n", Verdict.NOT_APPLICABLE),
        ("fixture", STREAM, Verdict.PASS),
        ("wire", STREAM, Verdict.PASS),
    ],
)
def test_a_fixture_may_lack_the_terminator(
    tmp_path: Path, requirement: str, fidelity: str, body: str, expected: Verdict
) -> None:
    written(tmp_path, stream_row(body, fidelity=fidelity))
    finding = judge(load()[requirement], only(tmp_path).exchange, Model("gpt-x", "gpt"))
    assert finding.verdict is expected, finding.message


def test_a_fixture_that_ends_twice_is_accused(tmp_path: Path) -> None:
    written(tmp_path, stream_row(f"{STREAM}data: [DONE]\n\n", fidelity="fixture"))
    finding = judge(load()[DONE_ONCE], only(tmp_path).exchange, Model("gpt-x", "gpt"))
    assert finding.verdict is Verdict.FAIL


@pytest.mark.parametrize(("name", "said"), [("absent", "does not exist"), ("notes.txt", "is not JSON")])
def test_a_path_that_is_no_recording(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(RecordingError, match=said):
        list(recordings(tmp_path / name))


# --- judged -------------------------------------------------------------------------------------------------


def test_a_folder_is_judged_in_shares(tmp_path: Path) -> None:
    wrong = COMPLETION.replace('"total_tokens": 2', '"total_tokens": 5')
    written(tmp_path, row(), row(response_body=wrong), row(response_body=wrong, official=True), stream_row())
    written(tmp_path, row(status=401, official=True, response_body="{}"), name="more.jsonl")
    whole = judge_share(tmp_path)
    assert whole.exchanges == 5
    assert whole.checks > whole.exchanges
    assert not whole.crashes
    assert {group for _, group in whole.violations} == {"acme", OFFICIAL, OFFICIAL_ERRORS}
    halves = judge_share(tmp_path, 0, 2) | judge_share(tmp_path, 1, 2)
    assert halves.violations == whole.violations
    assert halves.checks == whole.checks


def test_errors_of_a_process_arrive(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no recorded exchange"):
        judge_folder(tmp_path, processes=1)


def test_examples_are_few() -> None:
    one = Tally(examples={("a", "acme"): [("x:1", "no"), ("x:2", "no")]})
    assert len((one | one | one).examples["a", "acme"]) == 3
