"""What happens on the wire becomes an exchange: nothing is raised, nothing is hidden, no secret is kept."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import zlib
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.exchange import SCRUBBED_KEY, Exchange, Request
from conformance.evidence.exchange_json import dump_exchange
from conformance.sending.client import Access, Limits, Live
from conformance.sending.scrub import scrub
from tests.support.sockets import Part, chunk, chunked, kept_alive, response, scripted

KEY = "sk-proj-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
REQUEST = Request(body=b'{"model": "m"}')
LIMITS = Limits(connect=2, read=0.3, total=0.5, content=100_000)
TRICKLE: list[Part] = [chunk(b"x"), 0.1] * 10
SLOW_HEADERS: list[Part] = [b"X-Slow: 1\r\n", 0.1] * 10
CODINGS = {"gzip": lambda data: gzip.compress(data, mtime=0), "deflate": zlib.compress}
JSON = "Content-Type: application/json"


def ask(*script: Part) -> Exchange:
    """The exchange with a server that plays this script."""
    with scripted(script) as server:
        return Live(server.url, KEY, LIMITS)(REQUEST)


def failure(exchange: Exchange) -> str | None:
    return exchange.failure.kind if exchange.failure else None


# --- what arrives ---------------------------------------------------------------------------------------------


def test_plain_response() -> None:
    exchange = ask(response(b'{"a": 1}', JSON))
    assert (exchange.status, exchange.document, exchange.failure) == (200, {"a": 1}, None)
    assert exchange.seconds >= exchange.reads[-1][0] >= 0
    assert exchange.started > 1_700_000_000


def test_sends_what_the_request_says() -> None:
    with scripted([response(b"{}", JSON)]) as server:
        Live(server.url + "/", KEY)(REQUEST)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1")
    assert f"authorization: Bearer {KEY}".encode() in head
    assert body == REQUEST.body


@pytest.mark.parametrize(
    ("credentials", "key", "sent"),
    [
        ("valid", KEY, f"Bearer {KEY}"), ("valid", "", None), ("none", KEY, None), ("empty", KEY, "Bearer"),
        ("unknown", KEY, f"Bearer {UNKNOWN_TOKEN}"), ("lowercase", KEY, f"bearer {KEY}"), ("raw", KEY, KEY),
        ("uppercase", "", None), ("query", KEY, None),
    ],
)  # fmt: skip
def test_credentials(credentials: Any, key: str, sent: str | None) -> None:
    with scripted([response(b"{}", JSON)]) as server:
        Live(server.url, key)(Request(body=b"{}", credentials=credentials))
    lines = [line for line in server.requests[0].decode().split("\r\n") if line.lower().startswith("authorization")]
    assert lines == ([f"authorization: {sent}"] if sent else [])
    assert (f"api_key={KEY}" in server.requests[0].decode()) is (credentials == "query")


def test_the_query_of_the_base_url_goes_with_every_request() -> None:
    with scripted([response(b"{}", JSON)]) as server:
        Live(f"{server.url}/?api-version=2026-11-01&empty=", KEY)(REQUEST)
    assert server.requests[0].startswith(b"POST /v1/chat/completions?api-version=2026-11-01&empty= HTTP/1.1")


@pytest.mark.parametrize(
    ("name", "value", "named", "masked"),
    [
        ("x-tenant", "tenant-0123456789-abcdefghij", (), False),
        ("x-tenant", "tenant-0123456789-abcdefghij", ("X-Tenant",), True),
        ("x-portkey-provider", "anthropic", (), False),
        ("x-portkey-virtual-key", "anthropic-4f1b", (), True),
        ("x-api-key", "0123456789-abcdefghij", (), True),
        ("x-goog-api-key", "0123456789-abcdefghij", (), True),
        ("api-key", "0123456789", (), True),
        ("proxy-authorization", "Digest 0123456789", (), True),
        ("x-upstream", "Bearer 0123456789", (), True),
        ("cookie", "theme=dark; session=0123456789", (), True),
        ("x-api-key", "assistant", (), False),  # a word of the API
    ],
)
def test_headers_of_the_caller_go_with_every_request_and_are_masked_where_secret(
    name: str, value: str, named: tuple[str, ...], masked: bool
) -> None:
    told = value.split()[-1].rpartition("=")[2]
    with scripted([response(json.dumps({"role": told}).encode(), JSON)]) as server:
        exchange = Live(server.url, KEY, LIMITS, Access(headers=((name, value),), secret=named))(REQUEST)
    assert f"{name}: {value}".encode() in server.requests[0]
    assert (told not in exchange.text) is masked


def test_hanging_up_on_purpose() -> None:
    with scripted([chunked(JSON), *TRICKLE, "hang"]) as server:
        exchange = Live(server.url, KEY, LIMITS)(replace(REQUEST, hang_up_after=2))
    assert failure(exchange) == "hung up"
    assert [data for _, data in exchange.reads] == [b"x", b"x"]


def test_repeated_header_lines_keep_their_order_and_case() -> None:
    exchange = ask(response(b"{}", "X-One: a", "Vary: Origin", "x-one: b", "vary: Accept"))
    pairs = [pair for pair in exchange.headers if pair[0].lower() in ("x-one", "vary")]
    assert pairs == [("X-One", "a"), ("Vary", "Origin"), ("x-one", "b"), ("vary", "Accept")]
    assert exchange.header("vary") == "Origin, Accept"


def test_chunked_reads_come_with_their_times() -> None:
    events = [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]
    parts: list[Part] = [part for event in events for part in (chunk(event), 0.05)]
    exchange = ask(chunked("Content-Type: text/event-stream"), *parts, chunk(b""))
    assert [data for _, data in exchange.reads] == events
    times = [when for when, _ in exchange.reads]
    assert times == sorted(times)
    assert times[2] - times[0] >= 0.08
    assert [event.time for event in exchange.stream.events] == times


@pytest.mark.parametrize(("coding", "coded"), CODINGS.items())
def test_coded_content_is_kept_as_it_was_sent(coding: str, coded: Any) -> None:
    exchange = ask(response(coded(b'{"a": 1}'), JSON, f"Content-Encoding: {coding}"))
    assert exchange.wire == coded(b'{"a": 1}')
    assert exchange.document == {"a": 1}


def test_an_empty_body_is_no_failure() -> None:
    exchange = ask(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    assert (exchange.status, exchange.wire, exchange.failure) == (204, b"", None)


def test_a_redirect_is_the_answer() -> None:
    elsewhere = [response(b"{}", JSON)]
    with scripted(elsewhere) as other:
        exchange = ask(response(b"", f"Location: {other.url}/chat/completions", status="307 Temporary Redirect"))
    assert exchange.status == 307
    assert other.requests == []


def test_cookies_are_not_sent_back() -> None:
    with scripted([response(b"{}", JSON, "Set-Cookie: session=s3cret; Path=/")]) as server:
        send = Live(server.url, KEY)
        send(REQUEST)
        exchange = send(Request(body=b"{}", credentials="none"))
    assert b"s3cret" not in server.requests[1]
    assert exchange.header("set-cookie") == "[scrubbed]"


def test_a_proxy_is_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask(response(b"{}", JSON)).status == 200


# --- what goes wrong ------------------------------------------------------------------------------------------


def test_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    exchange = Live(f"http://127.0.0.1:{port}/v1", KEY, LIMITS)(REQUEST)
    assert failure(exchange) == "refused"
    assert (exchange.status, exchange.reads) == (0, ())


def test_unresolved_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert failure(Live("http://no-such-host.invalid/v1", KEY, LIMITS)(REQUEST)) == "unresolved"


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (["hang"], "timeout"),
        ([response(b"x" * 5, JSON, length=10), "hang"], "timeout"),
        ([chunked(JSON), *TRICKLE, chunk(b"")], "timeout"),
        ([b"HTTP/1.1 200 OK\r\n", *SLOW_HEADERS, "hang"], "timeout"),
        ([response(b"x" * 5, JSON, length=10)], "truncated"),
        ([chunked(JSON), chunk(b"{")], "truncated"),
        ([], "reset"),
        ([response(b"x" * 5, JSON, length=10), 0.1, "reset"], "reset"),
        ([response(b"x" * 200_000, JSON)], "too large"),
        ([b"SSH-2.0-OpenSSH_9.6\r\n\r\n"], "undecodable"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "undecodable"),
    ],
    ids=[
        "silence", "silence-in-the-body", "trickle", "trickle-of-headers", "short-body", "unended-chunks",
        "closed-at-once", "reset",
        "large", "no-http", "no-chunk-size",
    ],
)  # fmt: skip
def test_failure(script: list[Part], kind: str) -> None:
    exchange = ask(*script)
    assert failure(exchange) == kind
    assert exchange.seconds < 2


def test_a_trickle_keeps_what_came_before_the_limit() -> None:
    exchange = ask(chunked(JSON), *TRICKLE, chunk(b""))
    assert exchange.status == 200
    assert 3 <= len(exchange.reads) < 10


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1/v1", "http://127.0.0.1:99999/v1", "ftp://host/v1", "http://\u00e4\u0000/"]
)
def test_an_address_that_is_none_is_a_failure(url: str) -> None:
    assert Live(url, KEY, LIMITS)(REQUEST).failure is not None


@pytest.mark.parametrize("key", ["kéy-kéy-kéy-kéy-kéy", "sk-0123456789abcdef\nX-Injected: yes"])
def test_a_key_that_no_header_can_carry_is_not_sent(key: str) -> None:
    with scripted([response(b"{}", JSON)]) as server:
        exchange = Live(server.url, key, LIMITS)(REQUEST)
    assert failure(exchange) == "not sent"
    assert server.requests == []
    assert key not in json.dumps(dump_exchange(exchange), ensure_ascii=False)


# --- what follows a response on its connection -------------------------------------------------------------------

OWN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n" + b'{"a": 1}'
OTHER = OWN.replace(b"1}", b"2}")
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n" + b'{"a": 1}' + b"\r\n0\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.mark.parametrize(
    ("script", "surplus"),
    [
        ([OWN + b"}"], 1), ([OWN + OTHER], len(OTHER)), ([OWN, OTHER], len(OTHER)), ([OWN, 0.001, b"\n"], 1),
        ([IN_CHUNKS + b"\r\n"], 2), ([NO_CONTENT + b"{}"], 2),
    ],
    ids=["a byte more", "a second response", "a second response apart", "a byte apart", "after chunks", "after 204"],
)  # fmt: skip
def test_what_follows_a_response_is_that_responses(script: list[Part], surplus: int) -> None:
    """It is never taken for the answer to the next request, and its connection is not used again."""
    with kept_alive(script, [OWN]) as server, closing(Live(server.url, KEY, LIMITS)) as live:
        first, second = live(REQUEST), live(REQUEST)
        assert server.connections == 2
    assert first.surplus == surplus
    assert first.failure is None
    assert (second.surplus, second.document) == (0, {"a": 1})


def test_a_head_with_content() -> None:
    with kept_alive([OWN], [OWN]) as server, closing(Live(server.url, KEY, LIMITS)) as live:
        first = live(replace(REQUEST, method="HEAD"))
        second = live(REQUEST)
    assert (first.wire, first.surplus, second.document) == (b"", 8, {"a": 1})


def test_a_connection_without_surplus_is_used_again() -> None:
    with kept_alive([OWN], [IN_CHUNKS], [NO_CONTENT], [OWN]) as server, closing(Live(server.url, KEY, LIMITS)) as live:
        assert [live(REQUEST).surplus for _ in range(4)] == [0, 0, 0, 0]
        assert server.connections == 1


def test_a_closed_connection_has_no_surplus() -> None:
    assert ask(response(b'{"a": 1}', JSON)).surplus == 0
    assert ask(response(b'{"a": 1}', JSON) + b"more").surplus == 4


# --- secrets --------------------------------------------------------------------------------------------------


def assert_scrubbed(exchange: Exchange, length: int | None = None) -> None:
    dumped = json.dumps(dump_exchange(exchange))
    assert KEY not in dumped
    assert KEY not in exchange.text
    assert SCRUBBED_KEY in exchange.text + dumped
    if length is not None:
        assert len(exchange.content) == length


ECHO = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}."}}).encode()


def test_key_in_the_body() -> None:
    assert_scrubbed(ask(response(ECHO, JSON, status="401 Unauthorized")), len(ECHO))


def test_key_in_a_header() -> None:
    assert_scrubbed(ask(response(b"{}", f"X-Debug: Bearer {KEY}")))


@pytest.mark.parametrize("at", [ECHO.index(KEY.encode()) + 1, ECHO.index(KEY.encode()) + 20])
def test_key_split_over_two_reads(at: int) -> None:
    exchange = ask(chunked(JSON), chunk(ECHO[:at]), 0.05, chunk(ECHO[at:]), chunk(b""))
    assert [len(data) for _, data in exchange.reads] == [at, len(ECHO) - at]
    assert_scrubbed(exchange, len(ECHO))


@pytest.mark.parametrize(("coding", "coded"), CODINGS.items())
def test_key_in_coded_content(coding: str, coded: Any) -> None:
    exchange = ask(response(coded(ECHO), JSON, f"Content-Encoding: {coding}"))
    assert_scrubbed(exchange, len(ECHO))
    assert exchange.header("content-length") == str(len(exchange.wire))
    assert exchange.document["error"]["message"].startswith("Incorrect API key")


def test_key_that_came_back_as_it_was_coded() -> None:
    basic = base64.b64encode(f"user:{KEY}".encode())
    with scripted([response(b'{"you sent": "Basic ' + basic + b'"}', JSON, status="401 Unauthorized")]) as server:
        exchange = Live(server.url, KEY, LIMITS)(Request(body=b"{}", credentials="basic"))
    assert basic in server.requests[0]
    assert basic not in exchange.wire
    assert_scrubbed(exchange)


def test_key_in_the_reason_of_a_failure() -> None:
    assert_scrubbed(ask(f"HTTP/1.1 {KEY}\r\n\r\n".encode()))


def test_key_in_a_body_that_broke_off() -> None:
    assert_scrubbed(ask(response(ECHO, JSON, length=9999)), len(ECHO))


def test_names_of_the_customer_are_not_kept() -> None:
    fields = ("Set-Cookie: session=hidden-1", "openai-organization: org-hidden-2", "OpenAI-Project: proj_hidden-3")
    exchange = ask(response(b"{}", *fields))
    assert "hidden" not in json.dumps(dump_exchange(exchange))
    assert {"Set-Cookie", "openai-organization", "OpenAI-Project"} <= {name for name, _ in exchange.headers}


@given(st.binary(), st.binary(), st.integers(0, len(KEY) - 16), st.integers(16, len(KEY)))
def test_any_sixteen_characters_of_the_key_are_masked(before: bytes, after: bytes, start: int, length: int) -> None:
    echo = KEY.encode()[start : start + length]
    masked = scrub(before + echo + after, [KEY])
    assert len(masked) == len(before + echo + after)
    assert SCRUBBED_KEY.encode() in masked
    assert not any(KEY.encode()[at : at + 16] in masked for at in range(len(KEY) - 15))


FORMS = {
    "escaped for JSON": "".join(f"\\u{ord(each):04x}" for each in KEY),
    "half escaped": KEY[:20].replace("-", "\\u002D") + KEY[20:],
    "escaped for an address": KEY.replace("-", "%2D"),
    "upper case": KEY.upper(),
    "lower case": KEY.lower(),
    "Base64": base64.b64encode(KEY.encode()).decode(),
    "Base64 in an address": base64.urlsafe_b64encode(b"?>" + KEY.encode()).decode(),
    "Base64 of a text around it": base64.b64encode(f"key={KEY}&more".encode()).decode(),
    "the beginning in Base64": base64.b64encode(KEY[:24].encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_in_another_form(form: str) -> None:
    text = f'{{"error": {{"message": "before {form} after"}}}}'.encode()
    exchange = ask(response(text, JSON, f"X-Echo: {form}", status="401 Unauthorized"))
    assert len(exchange.content) == len(text)
    for place in (exchange.text, exchange.header("x-echo") or ""):
        assert SCRUBBED_KEY in place
        assert not [at for at in range(4, len(form) - 20) if form[at : at + 22] in place], (
            "a part of 16 characters is left"
        )
    message = exchange.document["error"]["message"]
    assert (message[:7], message[-6:]) == ("before ", " after")


@pytest.mark.parametrize("size", [1, 4, 11, 18])
def test_a_key_that_a_stream_spells_in_pieces(size: int) -> None:
    pieces = [KEY[at : at + size] for at in range(0, len(KEY), size)]
    deltas = ['Your "key":\n', "é ", *pieces, " it is"]
    documents = [{"choices": [{"index": 0, "delta": {"content": each}}], "id": "c"} for each in deltas]
    events = [b"data: " + json.dumps(each).encode() + b"\n\n" for each in documents]
    exchange = ask(chunked("Content-Type: text/event-stream"), *map(chunk, events), chunk(b""))
    said = "".join(each["choices"][0]["delta"]["content"] for each in exchange.chunks)
    assert said.startswith('Your "key":\né [scrubbed key')
    assert said.endswith(" it is")
    assert not [at for at in range(len(KEY) - 15) if KEY[at : at + 16] in said]
    assert len(exchange.content) == sum(map(len, events))


@given(st.binary())
def test_what_does_not_echo_the_key_is_left_as_it_is(data: bytes) -> None:
    assert scrub(data, [KEY]) == data
    assert scrub(data, [""]) == data


def test_a_short_key_is_struck_out_and_a_word_is_left() -> None:
    assert scrub(b"a lm-studio-1 b", ["lm-studio-1"]) == b"a *********** b"
    assert scrub(b'{"owned_by": "ollama"}', ["ollama"]) == b'{"owned_by": "ollama"}'
