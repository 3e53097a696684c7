"""What people wrote is in nothing that an audit leaves or prints, unless that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.commands import cli
from tests.support.exchanges import completion

from .traffic import GOOD, PRICES, line, written

MARK = "Hippopotamus"  #: in whatever others wrote
NUMBER = 4111111111111111
CALL = {"id": f"call_{MARK}", "type": "function", "function": {"name": MARK, "arguments": f'{{"{MARK}": "{MARK}"}}'}}
MESSAGE = {"role": "assistant", "content": MARK, "refusal": None, "tool_calls": [CALL]}
ASKED = {
    "model": "gpt-4o", "messages": [{"role": "user", "content": MARK, "name": MARK}], "user": MARK, "stop": [MARK],
    "tools": [{"type": "function", "function": {"name": MARK, "description": MARK, "parameters": {"title": MARK}}}],
    "metadata": {MARK: MARK},
}  # fmt: skip


def reply() -> dict[str, Any]:
    choice = {"index": 0, "message": MESSAGE, "logprobs": None, "finish_reason": "tool_calls"}
    return completion(GOOD, id=f"chatcmpl-{MARK}", model="gpt-4o", choices=[choice], system_fingerprint=MARK)


def spoilt(value: Any) -> Iterator[Any]:
    """The document with each of its values replaced: by marked text, an object, a list, a number; and by nothing."""
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            for other in (MARK, {MARK: MARK}, [MARK], NUMBER, None, *spoilt(each)):
                copy = value.copy()
                copy[name] = other
                yield copy


def of(document: Any, **members: Any) -> bytes:
    headers = {
        "content-type": "application/json",
        "x-request-id": MARK,
        f"x-{MARK}": MARK,
        "x-ratelimit-reset-tokens": MARK,
    }
    given: dict[str, Any] = {
        "request_json": ASKED,
        "response_headers": headers,
        "response_body": json.dumps(document),
        "id": MARK,
    }
    return line(**(given | {"source_repo": MARK, "source_path": MARK, "vendor": "acme"} | members))


def stream(document: Any) -> bytes:
    """The document as the first chunk of a stream."""
    chunk = document | {"object": "chat.completion.chunk"}
    choices = chunk.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        delta = choices[0].get("message")
        chunk["choices"] = [{**{name: each for name, each in choices[0].items() if name != "message"}, "delta": delta}]
    body = f"data: {json.dumps(chunk)}\n\ndata: {MARK}\n\nevent: {MARK}\ndata: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
    headers = {"content-type": f"text/event-stream; charset={MARK}"}
    return of({}, request_json=ASKED | {"stream": True}, response_headers=headers, response_body=body, stream=True)


def lines() -> Iterator[bytes]:
    for each in spoilt(reply()):
        yield of(each)
        yield stream(each)
    error = {"error": {"message": MARK, "type": MARK, "param": MARK, "code": MARK}}
    for each in spoilt(error):
        yield of(each, status=400)
    yield of({}, response_body=MARK)
    yield of({}, response_body=f"<html>{MARK}</html>", response_headers={"content-type": MARK})
    for name in json.loads(of({})):
        yield of({}, **{name: [MARK]})
    yield from (MARK.encode(), json.dumps({MARK: MARK}).encode(), json.dumps({"format": MARK}).encode(), b"{" * 9)
    yield from (of({}, fidelity=MARK), f'{{"{MARK}"'.encode(), json.dumps([MARK]).encode())


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of an audit of all that, and what it printed, in each form."""
    folder = tmp_path_factory.mktemp("privacy")
    written(folder / "it.jsonl", lines())
    (folder / "prices.toml").write_text(PRICES)
    words = ("--prices", "prices.toml", "--by", "model,request_json.metadata,request_json.messages,day", "--verbose")
    ended = cli("audit", "it.jsonl", "--out", "out", "--workers", "1", "--max-unreadable", "1", *words, folder=folder)
    assert ended.exit_code == 1, ended.output
    forms = ("terminal", "github", "sarif", "code-quality", "badge", "shield", "json")
    shown = [cli("render", "out", "--format", form, folder=folder).output for form in forms]
    return folder / "out", "\n".join([ended.output, *shown])


def test_no_byte_of_it_is_content(audited: tuple[Path, str]) -> None:
    folder, printed = audited
    texts = {
        str(path.name): path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()
    }
    texts["findings"] = str(pq.read_table(folder / "findings.parquet").to_pylist())
    texts["printed"] = printed
    assert {"report.html", "report.md", "report.json", "junit.xml", "findings.parquet"} <= texts.keys()
    for name, text in texts.items():
        for content in (MARK, MARK.lower(), str(NUMBER), f"{NUMBER:,}"):
            place = text.find(content)
            assert place < 0, f"{name}: {text[max(place - 200, 0) : place + 100]}"


def test_much_of_it_was_found(audited: tuple[Path, str]) -> None:
    """That nothing is shown is no merit where nothing was violated."""
    found = pq.read_table(audited[0] / "findings.parquet").to_pylist()
    assert len({each["requirement"] for each in found}) > 80


def test_content_is_shown_where_that_is_asked_for(tmp_path: Path) -> None:
    written(tmp_path / "it.jsonl", [of(reply() | {"object": MARK})])
    ended = cli("audit", "it.jsonl", "--out", "out", "--workers", "0", "--show-content", folder=tmp_path)
    assert MARK in ended.output
