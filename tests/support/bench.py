"""What the tests of the reference endpoint share: a clock to move, requests with markers, the form of errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.contract.requests import chat
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint

START = 1_800_000_000.0
GPT, CLAUDE = "reference-gpt", "reference-claude"
OK: dict[str, Any] = {"model": "reference-gpt", "messages": [{"role": "user", "content": "Say OK."}]}


@dataclass
class Bench:
    """An endpoint whose clock is moved by hand."""

    now: float = START
    endpoint: Endpoint = field(init=False)

    def __post_init__(self) -> None:
        self.endpoint = Endpoint(clock=lambda: self.now)

    def usage(self, request: Request) -> dict[str, Any]:
        exchange = self.endpoint.answer(request)
        assert exchange.status == 200, exchange.text
        return exchange.usage

    def details(self, request: Request) -> tuple[int, int, int, int]:
        """Tokens read and written, and the writes for five minutes and for an hour."""
        return parts(self.usage(request))


def parts(usage: dict[str, Any]) -> tuple[int, int, int, int]:
    details = usage["prompt_tokens_details"]
    names = ("cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")
    read, written, five, hour = (details.get(name, 0) for name in names)
    return read, written, five, hour


def block(text: str, ttl: str | None = "5m") -> dict[str, Any]:
    marker = {} if ttl is None else {"cache_control": {"type": "ephemeral", "ttl": ttl}}
    return {"type": "text", "text": text, **marker}


def marked(*blocks: dict[str, Any], question: str = "Say OK.", model: str = CLAUDE, **members: Any) -> Request:
    return chat(question, system=list(blocks), **members).to(model)


def send(body: bytes, **members: Any) -> Exchange:
    return Endpoint().answer(Request(body=body, **members))


def says(exchange: Exchange, status: int) -> dict[str, Any]:
    """The error object of an error that is formed as every error is."""
    assert exchange.status == status, exchange.text
    assert exchange.header("content-type") == "application/json"
    assert list(exchange.document) == ["error"]
    error = exchange.error
    assert list(error) == ["message", "type", "param", "code"]
    assert error["message"].strip()
    assert error["type"]
    assert isinstance(error["param"], str | None)
    assert isinstance(error["code"], str | None)
    return error
