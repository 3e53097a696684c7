"""Drivers as processes, the bytes that they are served, and environments that cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.clients import driving, installing
from conformance.clients.driving import Driver, DriverError, Program
from conformance.clients.expected import Reply
from conformance.clients.installing import DRIVERS, Unavailable, installed
from conformance.clients.listed import CLIENTS, Client
from conformance.clients.read import found, members
from conformance.clients.replaying import replaying
from conformance.clients.taking import Taken, asks_for_completion, readable, sample
from conformance.contract.requests import chat
from tests.support.exchanges import completion, plain, stream_of, streamed

USAGE = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
DETAILS = {"cached_tokens": 3, "cached_write_tokens": 2}
ODD = """
import json, sys, time
for line in sys.stdin:
    job = json.loads(line)
    if job["id"] == "dies":
        sys.exit("out of memory")
    if job["id"] == "hangs":
        time.sleep(60)
    print(json.dumps({"id": job["id"]}), flush=True)
"""


def odd(tmp_path: Path, text: str = ODD) -> Program:
    (tmp_path / "odd.py").write_text(text, encoding="utf-8")
    return Program((sys.executable, "-S", "odd.py"), tmp_path)


def test_a_driver_that_dies_or_hangs_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "PATIENCE", 0.5)
    with Driver(odd(tmp_path)) as driver:
        answers = [driver.answer({"id": id}) for id in ("1", "dies", "2", "hangs", "3")]
    assert [each.get("id") for each in answers] == ["1", None, "2", None, "3"]
    assert answers[1]["raised"] == {"type": "crashed", "message": "out of memory"}
    assert answers[3]["raised"]["type"] == "timeout"


def test_a_driver_that_never_answers_cannot_be_started(tmp_path: Path) -> None:
    with Driver(odd(tmp_path, "import nothing_of_this_name")) as driver, pytest.raises(DriverError) as told:
        driver.answer({"id": "1"})
    assert "does not start" in str(told.value)
    assert "nothing_of_this_name" in str(told.value)


def test_no_key_reaches_a_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-live")
    text = "import os, json\ninput()\nprint(json.dumps(dict(os.environ)), flush=True)\ninput()"
    with Driver(odd(tmp_path, text)) as driver:
        told = driver.answer({"id": "1"})
    assert "sk-live" not in told.values()
    assert told["HOME"] == str(tmp_path)


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        (Client("nothing", "node", {"nothing": "1"}), "npm is not on this machine: install it"),
        (Client("nothing", "go", {"nothing": "1"}), "go is not on this machine: install it"),
        (Client("nothing", "java", {"no:thing": "1"}), "mvn is not on this machine: install it"),
    ],
)
def test_a_toolchain_that_is_missing_is_told(
    client: Client, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=reason):
        installed(client, tmp_path)


def test_what_an_installation_said_is_told_and_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho tried >> tries\necho no such version\nexit 7\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    client = Client("nothing", "node", {"nothing": "1"})
    for _ in range(2):
        with pytest.raises(Unavailable, match="npm ended with 7: no such version"):
            installed(client, tmp_path)
    assert (tmp_path / client.environment / "tries").read_text().count("tried") == 2
    npm.write_text("#!/bin/sh\necho tried >> tries\n", encoding="utf-8")
    for _ in range(2):
        installed(client, tmp_path)
    assert (tmp_path / client.environment / "tries").read_text().count("tried") == 3


def test_a_driver_that_is_compiled_is_compiled_anew_where_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = installing._made_from(CLIENTS["openai-go"])
    monkeypatch.setattr(installing, "_COMPILED", {"go": "Driver.java"})
    assert installing._made_from(CLIENTS["openai-go"]) != before


def test_clients_of_the_same_packages_share_an_environment() -> None:
    environments = {name: each.environment for name, each in CLIENTS.items()}
    assert environments["ai-sdk-openai"] == environments["ai-sdk-compatible"]
    assert len(set(environments.values())) == len(CLIENTS) - 1


def test_the_bytes_are_served_as_they_came() -> None:
    stream = stream_of(USAGE)
    with replaying({"one": stream, "two": plain({"error": {}}, status=429)}) as url:
        got = httpx.post(f"{url}/one/chat/completions", json={})
        assert (got.status_code, got.content) == (200, stream.wire)
        assert got.headers["x-request-id"] == "r-1"
        assert httpx.post(f"{url}/two/chat/completions", json={}).status_code == 429
        assert httpx.post(f"{url}/three/chat/completions", json={}).status_code == 404


def taken(exchange: Any) -> Taken:
    wanted = readable(exchange)
    assert wanted is not None
    return Taken("1", "a:1", exchange, wanted, {})


def test_the_official_sdk_reads_exchanges() -> None:
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    delta = {"role": "assistant", "tool_calls": [call]}
    exchanges = {
        "whole": plain(completion(USAGE | {"prompt_tokens_details": DETAILS})),
        "streamed": stream_of(USAGE | {"prompt_tokens_details": DETAILS}),
        "refused": plain({"error": {"message": "no such model", "type": "invalid_request_error"}}, status=404),
        "no index": streamed([base | {"choices": [{"index": 0, "delta": delta}]}] * 2),
        "no choices": plain(completion(USAGE, choices=None)),
    }
    program = Program((sys.executable, str(DRIVERS / "driver.py"), "openai-python"), Path.cwd())
    with (
        replaying({name.replace(" ", "-"): each for name, each in exchanges.items()}) as url,
        Driver(program) as driver,
    ):
        answers = {
            name: driver.answer(taken(each).job(url) | {"url": f"{url}/{name.replace(' ', '-')}"})
            for name, each in exchanges.items()
            if name not in ("no index", "no choices")
        }
        crash = {"id": "x", "url": f"{url}/no-index", "stream": True, "tools": []}
        assert driver.answer(crash)["raised"]["type"] in ("TypeError", "RuntimeError")
        assert driver.answer(crash | {"url": f"{url}/no-choices", "stream": False})["raised"]["type"] == "TypeError"
    for name, answer in answers.items():
        wanted = readable(exchanges[name])
        assert wanted is not None
        assert found(wanted, answer).outcome == "right"
        if isinstance(wanted, Reply):
            held = members(wanted, answer)
            assert held["cached_tokens"] == ("typed", "completion.usage.prompt_tokens_details.cached_tokens")
            assert held["cached_write_tokens"][0] == "untyped"


def test_what_clients_are_given() -> None:
    whole = taken(plain(completion(USAGE)))
    assert whole.job("http://127.0.0.1/v1") == {"id": "1", "url": "http://127.0.0.1/v1/1", "stream": False, "tools": []}
    assert taken(stream_of(USAGE)).streams
    assert not whole.has_several_choices
    assert taken(plain(completion(USAGE), chat(n=2))).has_several_choices
    assert asks_for_completion(whole.exchange)
    assert readable(plain({"data": []})) is None


def test_a_sample_is_drawn_by_its_seed() -> None:
    values = list(range(100))
    assert sample(values, 0, 1) == values
    assert sample(values, 5, 1) == sample(values, 5, 1) == sorted(sample(values, 5, 1))
    assert sample(values, 5, 1) != sample(values, 5, 2)
