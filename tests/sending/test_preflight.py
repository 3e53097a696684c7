"""What is wrong with an endpoint that answers nothing is told apart, with what to do about it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.requests import PLAIN
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.lab.reference import Endpoint
from conformance.sending.preflight import answers, diagnosis
from tests.support.exchanges import plain

BASE = "https://host/v1"
ASKED = PLAIN.to("gpt-9")


def refused(status: int, **error: Any) -> Exchange:
    return replace(plain({"error": {"message": "It is so."} | error}, status=status), request=ASKED)


def page(status: int, text: str) -> Exchange:
    return Exchange(ASKED, status, (("content-type", "text/html"),), ((0.1, text.encode()),))


def body(data: bytes, *headers: tuple[str, str]) -> Exchange:
    return Exchange(ASKED, 200, (("content-type", "application/json"), *headers), ((0.1, data),))


@pytest.mark.parametrize(
    ("exchange", "said", "remedy"),
    [
        (Exchange(ASKED, 0, failure=Failure("refused", "closed")), "refused: closed", "check the host and the port"),
        (Exchange(ASKED, 0, failure=Failure("unresolved", "no such host")), "no such host", "check the host name"),
        (Exchange(ASKED, 0, failure=Failure("tls", "self-signed")), "self-signed", "--authorities"),
        (Exchange(ASKED, 0, failure=Failure("timeout", "no answer")), "no answer", "overloaded"),
        (Exchange(ASKED, 0, failure=Failure("reset", "gone")), "gone", "https://"),
        (Exchange(ASKED, 0, failure=Failure("undecodable", "SSH")), "SSH", "does not speak HTTP"),
        (Exchange(ASKED, 0, failure=Failure("proxy", "http://p answered 502")), "http://p answered 502", "NO_PROXY"),
        (refused(401), "HTTP 401 (It is so.)", "the key is wrong"),
        (refused(402), "HTTP 402", "add some"),
        (refused(403), "HTTP 403", "may use this model"),
        (refused(404), "HTTP 404", "usually ends in /v1"),
        (refused(404, code="model_not_found"), "HTTP 404", "check the name of the model"),
        (refused(400, message="The model `gpt-9` does not exist"), "HTTP 400", "check the name of the model"),
        (refused(429), "HTTP 429", "try again later"),
        (refused(500), "HTTP 500", "the endpoint itself fails"),
        (page(502, "<html>"), "HTTP 502 with a body that is text/html", "itself fails"),
        (page(407, "<html><title>Proxy\nlogin</title>"), "“Proxy login”", "HTTPS_PROXY"),
        (page(200, "<TITLE>Sign in</TITLE>"), "HTTP 200 with text/html, “Sign in”, that is no completion", "proxy"),
        (Exchange(ASKED, 308, (("location", "https://other/v1"),)), "redirect to https://other/v1", "as the base URL"),
        (body(b'{"choices": []}\n\ndata: [DONE]'), "a JSON object with 'data: [DONE]' after it", "nothing after"),
        (body(b'{"choices": []}', ("content-encoding", "gzip")), "its Content-Encoding (gzip)", "remove it"),
        (plain({"ok": True}), "HTTP 200 with application/json that is no completion", "/v1"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong(exchange: Exchange, said: str, remedy: str) -> None:
    sentence = diagnosis(exchange, BASE)
    assert said in sentence
    assert remedy in sentence
    assert sentence.isprintable()


def test_a_key_that_is_not_set_is_named() -> None:
    assert "PHANEDGE_API_KEY is not set" in diagnosis(refused(401), BASE, key_variable="PHANEDGE_API_KEY")


class Site:
    """The reference endpoint under one base URL, and a web site around it."""

    def __init__(self, base_url: str, **options: Any) -> None:
        self.base_url, self.endpoint, self.asked = base_url, Endpoint(**options), list[str]()

    def __call__(self, base_url: str, request: Request) -> Exchange:
        self.asked.append(base_url)
        if base_url == self.base_url:
            return self.endpoint.answer(request)
        return replace(page(404, "<html><title>Not Found</title>"), request=request)

    def told(self, base_url: str, model: str = "reference-gpt") -> str:
        return diagnosis(self(base_url, PLAIN.to(model)), base_url, self)


@pytest.mark.parametrize(
    ("named", "right"),
    [
        ("https://host", "https://host/v1"), ("https://host/", "https://host/v1"),
        ("https://host/v1/v1", "https://host/v1"), ("https://host/v1/chat/completions", "https://host/v1"),
        ("https://host/chat/completions", "https://host/v1"), ("https://host/v1", "https://host"),
        ("https://host", "https://host/api/v1"), ("https://host/gateway/v2", "https://host/v1"),
    ],
)  # fmt: skip
def test_another_base_url_that_is_meant(named: str, right: str) -> None:
    site = Site(right)
    assert site.told(named).endswith(f"a completion under {right}: use --base-url {right}")
    assert len(site.asked) <= 6


def test_no_other_base_url_is_guessed_where_none_answers() -> None:
    assert "check the base URL" in Site("https://elsewhere/v1").told(BASE)


def test_the_models_there_are_named() -> None:
    sentence = Site(BASE).told(BASE, "gpt-9")
    assert "it lists the models reference-gpt, reference-claude" in sentence


def test_many_models_are_not_all_named() -> None:
    listed = json.dumps({"data": [{"id": f"m-{number}"} for number in range(30)]}).encode()

    def ask(base_url: str, request: Request) -> Exchange:
        return Exchange(request, 200, (), ((0.1, listed),))

    assert diagnosis(refused(404, code="model_not_found"), BASE, ask).endswith("m-7 and 22 more")


def test_what_answers() -> None:
    assert answers(Endpoint().answer(PLAIN.to("reference-gpt")))
    assert not answers(refused(404))
    assert not answers(plain([]))
