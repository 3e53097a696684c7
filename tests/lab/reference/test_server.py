"""The endpoint over HTTP."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requests import DECLARED, LONG_STREAM, UNKNOWN_TOKEN, cached, chat
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.models import REASONING
from conformance.lab.reference.server import serving

MODELS = [Model("reference-gpt", "gpt"), Model("reference-claude", "claude")]
KEY = "sk-conformance-valid"
VALID = {"Authorization": f"Bearer {KEY}"}
TOKENS = {"valid": VALID, "none": {}, "unknown": {"Authorization": f"Bearer {UNKNOWN_TOKEN}"}}
PLAIN = chat().to("reference-gpt")
ALL = {request.key: request for request in DECLARED}.values()


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(Endpoint()) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=30) as client:
        yield client


def over_http(client: httpx.Client, request: Request) -> Exchange:
    headers = dict(request.headers) | TOKENS[request.credentials]
    answer = client.request(request.method, request.path, content=request.body, headers=headers)
    return Exchange(request, answer.status_code, tuple(answer.headers.multi_items()), ((0.0, answer.content),))


def comparable(value: Any, *path: str) -> Any:
    """Without what differs from one request to the next."""
    if isinstance(value, list):
        return [comparable(each, *path) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: comparable(each, *path, name) for name, each in value.items() if name not in ("id", "created")}


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_http_and_in_process_are_the_same(client: httpx.Client, model: Model) -> None:
    endpoint = Endpoint()
    salt = f"salt{model.family}"
    for declared in ALL:
        request = for_model(declared, model, salt)
        here, there = endpoint.answer(request), over_http(client, request)
        assert (there.status < 400) == (declared.expect == "reply"), f"{request}: {there.text}"
        assert here.status == there.status
        assert here.media_type == there.media_type
        if here.streamed:
            assert comparable(here.stream.documents) == comparable(there.stream.documents)
            assert [event.data for event in there.stream.events][-1] == "[DONE]"
        else:
            assert comparable(here.document) == comparable(there.document)


def test_streams_arrive_bit_by_bit(client: httpx.Client) -> None:
    request = LONG_STREAM.to("reference-gpt")
    times = []
    with client.stream("POST", request.path, content=request.body, headers=VALID) as answer:
        began = time.monotonic()
        assert answer.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in answer.headers
        times = [time.monotonic() - began for _ in answer.iter_raw()]
    assert len(times) > 50
    assert times[1] < times[-1] / 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer anything"}, 200),
        ({"Authorization": "bearer anything"}, 200),
        ({"Authorization": "BEARER anything"}, 200),
        ({"Authorization": "Basic YTpi"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": KEY}, 401),
        ({"Authorization": f"Bearer {UNKNOWN_TOKEN}"}, 401),
    ],
)
def test_bearer_tokens(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    answer = client.post("/chat/completions", content=PLAIN.body, headers=headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert ("error=" in answer.headers["www-authenticate"]) == (UNKNOWN_TOKEN in str(headers))
        assert answer.json()["error"]["code"] == "invalid_api_key"
        assert UNKNOWN_TOKEN[-16:] not in answer.text + str(answer.headers)


def test_only_given_keys_where_keys_are_given() -> None:
    with serving(Endpoint(keys=frozenset({KEY}))) as url:
        statuses = [
            httpx.post(f"{url}/chat/completions", content=PLAIN.body, headers={"Authorization": value}).status_code
            for value in (f"Bearer {KEY}", "Bearer other")
        ]
    assert statuses == [200, 401]


def test_customers_do_not_share_caches(client: httpx.Client) -> None:
    request = cached("customers", "5m").to("reference-claude", "uvwxyz")
    reads = [
        client.post(request.path, content=request.body, headers={"Authorization": f"Bearer {token}"})
        .json()["usage"]["prompt_tokens_details"]["cached_tokens"]
        for token in ("one", "other", "one")
    ]  # fmt: skip
    assert reads[:2] == [0, 0]
    assert reads[2] > 1024


def test_a_client_cannot_choose_its_customer(client: httpx.Client) -> None:
    request = cached("impostor", "5m").to("reference-claude", "uvwxyz")
    for token in ("first", "second"):
        headers = {"Authorization": f"Bearer {token}", "x-reference-customer": "me"}
        details = client.post(request.path, content=request.body, headers=headers).json()["usage"]
        assert details["prompt_tokens_details"]["cached_tokens"] == 0


def test_bodies_may_be_chunked_and_must_not_be_huge(client: httpx.Client) -> None:
    half = len(PLAIN.body) // 2
    parts = iter([PLAIN.body[:half], PLAIN.body[half:]])
    assert client.post("/chat/completions", content=parts, headers=VALID).status_code == 200
    answer = client.post("/chat/completions", content=b" " * (50 * 2**20), headers=VALID)
    assert answer.status_code == 413
    assert client.post("/chat/completions", content=PLAIN.body, headers=VALID).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/chat/completions", headers=VALID)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_clients_that_go_away_do_no_harm(base_url: str, client: httpx.Client) -> None:
    host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    request = LONG_STREAM.to("reference-gpt")
    with client.stream("POST", request.path, content=request.body, headers=VALID) as answer:
        next(answer.iter_raw())
    assert client.post("/chat/completions", content=PLAIN.body, headers=VALID).status_code == 200


def test_answers_are_not_mixed_up(base_url: str) -> None:
    found: dict[str, str] = {}

    def ask(nonce: str) -> None:
        request = chat(f"Reply with this code only: {nonce}", max_tokens=50).to("reference-gpt")
        answer = httpx.post(f"{base_url}/chat/completions", content=request.body, headers=VALID)
        found[nonce] = answer.json()["choices"][0]["message"]["content"]

    threads = [threading.Thread(target=ask, args=(f"nonce{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"nonce{number}": f"nonce{number}" for number in range(20)}


def test_the_official_client_understands_it(base_url: str) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
        messages = [{"role": "user", "content": "Say OK."}]
        assert (
            client.chat.completions.create(model="reference-gpt", messages=messages).choices[0].message.content == "OK"
        )
        with client.chat.completions.stream(model="reference-claude", messages=messages) as stream:
            assert stream.get_final_completion().choices[0].message.content == "OK"
        assert [model.id for model in client.models.list()] == [*(model.name for model in MODELS), REASONING]
        with pytest.raises(openai.NotFoundError) as refused:
            client.chat.completions.create(model="nope", messages=messages)
        assert refused.value.code == "model_not_found"
        assert json.dumps(refused.value.body)
