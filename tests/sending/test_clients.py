"""A part of the requests goes out as official SDKs send them, byte for byte, and what differs then is found."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.faults import content
from conformance.contract.requests import PLAIN, STREAM, TOOL_AUTO, again
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.exchange_json import dump_exchange, load_exchange
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.client import Access, Live
from conformance.sending.clients import CLIENTS, client_of, compact
from conformance.sending.curl import curl
from conformance.suite.catalogue import declared
from tests.support.commands import cli, report_in
from tests.support.sockets import response, scripted

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
SALTS = ("abcdefghijkl", "mnopqrstuvwx", "qwertzuiopas")
ASKED = STREAM.to("gpt-4o", SALTS[0])

#: What the SDKs wrote to a socket, the host and the length put in.
PYTHON = """POST /v1/chat/completions HTTP/1.1
Host: {host}
Accept-Encoding: gzip, deflate
Connection: keep-alive
authorization: Bearer {key}
accept: application/json
content-type: application/json
user-agent: OpenAI/Python 3.57.0
x-stainless-lang: python
x-stainless-package-version: 3.57.0
x-stainless-os: Linux
x-stainless-arch: x64
x-stainless-runtime: CPython
x-stainless-runtime-version: 3.11.7
x-stainless-async: false
x-stainless-retry-count: 0
x-stainless-read-timeout: 600
Content-Length: {length}"""
NODE = """POST /v1/chat/completions HTTP/1.1
host: {host}
connection: keep-alive
accept: application/json
user-agent: OpenAI/JS 6.49.0
x-stainless-retry-count: 0
x-stainless-lang: js
x-stainless-package-version: 6.49.0
x-stainless-os: Linux
x-stainless-arch: x64
x-stainless-runtime: node
x-stainless-runtime-version: v20.20.2
authorization: Bearer {key}
content-type: application/json
accept-language: *
sec-fetch-mode: cors
accept-encoding: gzip, deflate
content-length: {length}"""


def written(client: str, *headers: tuple[str, str]) -> tuple[str, bytes, str]:
    """The head and the body of a request that is sent as a client, and the host it went to."""
    with scripted([response(b"{}", "Content-Type: application/json")]) as server:
        exchange = Live(server.url, KEY, access=Access(headers), as_client=lambda _: client)(ASKED)
    assert exchange.client == client
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    return head.decode().replace("\r\n", "\n"), body, server.url.split("/")[2]


@pytest.mark.parametrize(("client", "expected"), [("openai-python", PYTHON), ("openai-node", NODE)])
def test_it_is_written_as_the_sdk_writes_it(client: str, expected: str) -> None:
    head, body, host = written(client)
    assert head == expected.format(host=host, key=KEY, length=len(body))
    assert body == json.dumps(ASKED.asked, separators=(",", ":")).encode()


def test_fields_of_the_caller_are_kept() -> None:
    head, _, _ = written("openai-node", ("x-tenant", "acme"), ("User-Agent", "mine"))
    assert "x-tenant: acme" in head
    assert "user-agent: mine" in head.splitlines()
    assert "OpenAI" not in head


def test_as_this_suite_otherwise() -> None:
    assert "user-agent: phanedge-conformance/" in written("")[0].lower()


@pytest.mark.parametrize(
    "body", [b"{", b'{"a": 1, "a": 2}', b'{"a":1}', b'{"a": 1e5}', b'{"a": "\\ud83d"}', b'{"a": NaN}']
)
def test_a_body_that_is_odd_stays_as_it_is(body: bytes) -> None:
    assert compact(body) == body


# --- which requests -------------------------------------------------------------------------------------------


def drawn(salt: str) -> dict[str, str]:
    return {each.label: client_of(each.to("gpt-4o", salt), salt) for each in declared()}


def test_the_salt_decides() -> None:
    """Each client sends a good part of the requests; another salt, others."""
    first, other = drawn(SALTS[0]), drawn(SALTS[1])
    assert first == drawn(SALTS[0]) != other
    for found in (first, other):
        counts = Counter(found.values())
        assert set(counts) == {"", *CLIENTS}
        assert min(counts.values()) > len(found) // 10


def test_what_follows_another_request_is_sent_as_that_is() -> None:
    for salt in SALTS:
        assert client_of(again(TOOL_AUTO), salt) == client_of(TOOL_AUTO, salt)


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN, replace(TOOL_AUTO, credentials="none"), replace(TOOL_AUTO, headers=()), replace(TOOL_AUTO, method="PUT"),
        replace(TOOL_AUTO, hang_up_after=1),
    ],
)  # fmt: skip
def test_some_are_always_those_of_this_suite(request_: Request) -> None:
    assert {client_of(request_, f"{salt}{number}") for salt in SALTS for number in range(20)} == {""}


# --- what comes of it -----------------------------------------------------------------------------------------


def test_the_evidence_says_so() -> None:
    exchange = replace(Endpoint().answer(ASKED), client="openai-node")
    assert load_exchange(json.loads(json.dumps(dump_exchange(exchange)))) == exchange
    assert "--header 'user-agent: OpenAI/JS 6.49.0'" in curl(ASKED, "http://h/v1", "K", exchange.client)
    assert "OpenAI" not in curl(ASKED, "http://h/v1", "K")


def test_an_endpoint_that_is_honest_to_this_suite_alone_is_found(tmp_path: Path) -> None:
    endpoint = Endpoint()

    def send(request: Request) -> Exchange:
        exchange = endpoint.answer(request)
        ours = any(name == "user-agent" and "phanedge-conformance" in value for name, value in request.headers)
        return exchange if ours or request.method == "GET" else content(b"I am not even JSON")(exchange)

    with serving(send) as url:
        options = ("--model", "reference-gpt", "--select", "transport,choices,idempotence", "--out", tmp_path / "out")
        ended = cli("run", "--base-url", url, *options, folder=tmp_path, key=KEY)
    report = report_in(tmp_path / "out")
    assert (ended.exit_code, report["unjudged"]) == (1, ""), ended.output
    found = {entry["id"]: entry["verdict"] for entry in report["entries"]}
    assert found["idempotence.sdk_headers"] == "fail"
    assert "fail" in found.values()
    assert any("OpenAI/" in each["curl"] for each in report["evidence"].values())
