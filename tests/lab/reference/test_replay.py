"""Serving any `Send`: what it answers is what a client receives."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from conformance.contract.requests import chat
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving

VALID = {"Authorization": "Bearer sk-conformance-valid"}
PLAIN = chat().to("reference-gpt")


def answered(send: Any) -> httpx.Response:
    with serving(send) as url:
        return httpx.post(f"{url}/chat/completions", content=PLAIN.body, headers=VALID)


def test_a_crash_is_a_server_error_that_tells_nothing() -> None:
    def crash(request: Request) -> Exchange:
        raise ValueError("secret")

    answer = answered(crash)
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert "secret" not in answer.text


def test_status_headers_and_bytes_are_replayed() -> None:
    def send(request: Request) -> Exchange:
        headers = (
            ("x-twice", "a"),
            ("x-twice", "b"),
            ("content-length", "999"),
            ("transfer-encoding", "chunked"),
        )
        return Exchange(request, 418, headers, ((0.0, b"ab"), (0.3, b"c")))

    began = time.monotonic()
    answer = answered(send)
    assert time.monotonic() - began >= 0.3
    assert answer.status_code == 418
    assert answer.headers.get_list("x-twice") == ["a", "b"]
    assert answer.headers["content-length"] == "3"
    assert answer.content == b"abc"


@pytest.mark.parametrize("length", [True, False])
def test_a_failure_breaks_the_response_off(length: bool) -> None:
    endpoint = Endpoint()

    def send(request: Request) -> Exchange:
        whole = endpoint.answer(request)
        headers = tuple(pair for pair in whole.headers if length or pair[0] != "content-length")
        return replace(whole, headers=headers, failure=Failure("truncated", "on purpose"))

    with pytest.raises(httpx.RemoteProtocolError):
        answered(send)


def test_a_taken_port_is_an_error_at_once() -> None:
    with serving(Endpoint()) as url:
        port = int(url.rpartition(":")[2].removesuffix("/v1"))
        with pytest.raises(OSError, match="in use"), serving(Endpoint(), port):
            pass


def test_serves_until_interrupted() -> None:
    program = "from conformance.lab.reference import Endpoint; from conformance.lab.reference.server import serve;"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", f"{program} serve('127.0.0.1', {port}, Endpoint())"]
    with subprocess.Popen(command) as process:
        try:
            transport = httpx.HTTPTransport(retries=8)  # waits longer from one to the next
            with httpx.Client(transport=transport, headers=VALID) as client:
                assert client.get(f"http://127.0.0.1:{port}/v1/models").status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_stops_while_a_stream_is_open() -> None:
    def endless(request: Request) -> Exchange:
        return Exchange(request, 200, (("content-type", "text/event-stream"),), ((0.0, b": x\n\n"), (60.0, b"y")))

    began = time.monotonic()
    with httpx.Client(timeout=5) as client, serving(endless) as url:
        stream = client.stream("POST", f"{url}/chat/completions", content=PLAIN.body, headers=VALID)
        assert next(stream.__enter__().iter_raw()) == b": x\n\n"
    assert time.monotonic() - began < 10
