"""A pretended Anthropic for gateways to translate: `POST /v1/messages` with caching, tools and streaming.

Start it with `python -m interop.anthropic --port PORT`; it listens on the loopback address only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from conformance.lab.reference.caching import Cache, Tally, by_marker
from conformance.lab.reference.prompt import size
from conformance.lab.reference.tokens import pieces

from .claude import Turn, speak
from .messages import AnthropicError, check, read
from .prompt import render

LOOPBACK = "127.0.0.1"
KEY = "sk-ant-interop-not-a-secret"
VERSION = "2023-06-01"
SNAPSHOTS = {"claude-sonnet-4-5": "claude-sonnet-4-5-20250929"}
_KINDS = {404: "not_found_error", 405: "invalid_request_error", 413: "request_too_large"}
_TOGETHER = 3  #: tokens in one delta
#: Seconds between two events of a stream: 150 tokens in a second, so that a long text takes longer than the gateway to
#: begin with it, whatever else the machine does.
PACE = 0.02


@dataclass
class Upstream:
    """The service: its key, its cache, its clock, and the seconds between two events of a stream."""

    key: str = KEY
    pace: float = 0.0
    clock: Callable[[], float] = time.monotonic
    cache: Cache = field(default_factory=Cache)

    async def messages(self, request: Request) -> Response:
        self._authenticate(request)
        asked = check(read(await request.body()))
        blocks, turn = render(asked), speak(asked)
        counts = usage(size(blocks), by_marker(self.cache, self.key, blocks, self.clock()))
        model = SNAPSHOTS.get(asked["model"], asked["model"])
        if not asked.get("stream"):
            return JSONResponse(message(model, turn, counts), headers=_headers())
        events = self._paced(stream_events(model, turn, counts))
        return StreamingResponse(events, media_type="text/event-stream", headers=_headers())

    def _authenticate(self, request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer  # the SDKs of 2026 send the key as bearer token
        if key != self.key:
            what = "invalid x-api-key" if key else "x-api-key header is required"
            raise AnthropicError(what, "authentication_error", 401)
        if request.headers.get("anthropic-version") != VERSION:
            raise AnthropicError("anthropic-version: header is required")

    async def _paced(self, events: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
        for event in events:
            yield f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
            await asyncio.sleep(self.pace)


def usage(total: int, tally: Tally) -> dict[str, Any]:
    """The input side of `usage`: `input_tokens` are those neither read from the cache nor written to it."""
    created = tally.written_5m + tally.written_1h
    return {
        "input_tokens": total - tally.cached - created,
        "cache_creation_input_tokens": created,
        "cache_read_input_tokens": tally.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tally.written_5m,
            "ephemeral_1h_input_tokens": tally.written_1h,
        },
    }


def message(model: str, turn: Turn, counts: dict[str, Any]) -> dict[str, Any]:
    """The message as a whole."""
    return _empty_message(model) | {
        "content": turn.content,
        "stop_reason": turn.stop_reason,
        "stop_sequence": turn.stop_sequence,
        "usage": counts | {"output_tokens": turn.tokens, "service_tier": "standard"},
    }


def _empty_message(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "id": f"msg_01{uuid4().hex[:22]}",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def stream_events(model: str, turn: Turn, counts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of the message. The usage of `message_delta` is cumulative and without the lifetimes, which
    only `message_start` tells (Anthropic, streaming)."""
    begun = counts | {"output_tokens": 1, "service_tier": "standard"}
    yield {"type": "message_start", "message": _empty_message(model) | {"usage": begun}}
    for index, block in enumerate(turn.content):
        yield {"type": "content_block_start", "index": index, "content_block": _empty_block(block)}
        if not index:
            yield {"type": "ping"}
        for delta in _deltas(turn, index):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": turn.stop_reason, "stop_sequence": turn.stop_sequence}
    totals = {name: value for name, value in counts.items() if name != "cache_creation"}
    yield {"type": "message_delta", "delta": ended, "usage": totals | {"output_tokens": turn.tokens}}
    yield {"type": "message_stop"}


def _empty_block(block: dict[str, Any]) -> dict[str, Any]:
    return block | {"text": ""} if block["type"] == "text" else block | {"input": {}}


def _deltas(turn: Turn, index: int) -> Iterator[dict[str, Any]]:
    block = turn.content[index]
    if block["type"] == "text":
        for text in _runs(block["text"]):
            yield {"type": "text_delta", "text": text}
        return
    for text in ("", *_runs(turn.written(index))):
        yield {"type": "input_json_delta", "partial_json": text}


def _runs(text: str) -> Iterator[str]:
    tokens = pieces(text)
    for start in range(0, len(tokens), _TOGETHER):
        yield "".join(tokens[start : start + _TOGETHER])


def _headers() -> dict[str, str]:
    """What Anthropic sends with every response."""
    reset = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    limits = {"requests": ("4000", "3999"), "tokens": ("2000000", "1990000")}
    headers = {"request-id": f"req_011{uuid4().hex[:21]}"}
    for name, (limit, remaining) in limits.items():
        headers[f"anthropic-ratelimit-{name}-limit"] = limit
        headers[f"anthropic-ratelimit-{name}-remaining"] = remaining
        headers[f"anthropic-ratelimit-{name}-reset"] = reset
    return headers


def _error(kind: str, text: str, status: int) -> JSONResponse:
    headers = _headers()
    document = {
        "type": "error",
        "error": {"type": kind, "message": text},
        "request_id": headers["request-id"],
    }
    return JSONResponse(document, status, headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnthropicError)
    return _error(error.kind, error.message, error.status)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(_KINDS.get(error.status_code, "api_error"), error.detail, error.status_code)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")


def application(upstream: Upstream) -> Starlette:
    """The ASGI application; `/health` is for whoever started it, and not Anthropic's."""
    return Starlette(
        routes=[Route("/v1/messages", upstream.messages, methods=["POST"]), Route("/health", _health)],
        exception_handlers={AnthropicError: _refused, HTTPException: _unrouted},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="A pretended Anthropic on the loopback address.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--pace", type=float, default=PACE, help="seconds between two events of a stream")
    options = parser.parse_args()
    upstream = Upstream(options.key, options.pace)
    uvicorn.run(application(upstream), host=LOOPBACK, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
