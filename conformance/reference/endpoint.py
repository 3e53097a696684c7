"""The endpoint: a request in, an exchange out."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from typing import Any

from ..exchange import Exchange, Read, Request
from ..strict_json import JSONError, loads
from .access import CUSTOMER, Keys, challenge, credentials_of
from .caching import Cache, Tally, automatic, by_marker
from .completion import Choice, choose
from .documents import Document, Reply, chunks, whole
from .messages import check_messages
from .parameters import check_body, check_parameters
from .prompt import Block, render, size
from .refusal import Refusal
from .schemas import check_format, check_tools

MODELS = {"reference-gpt": "gpt", "reference-claude": "claude"}  #: name: family
CONTEXT = 128_000  #: tokens
LARGEST_BODY = 16 * 2**20  #: bytes
_CREATED = 1_767_225_600  #: the models, Unix time
_FIRST, _STEP = 0.02, 0.002  #: seconds to the first read and between reads
_MINUTE = 60.0

Headers = tuple[tuple[str, str], ...]
Answer = tuple[int, Headers, list[bytes]]


@dataclass
class Endpoint:
    """A conforming endpoint. Its state is a clock, a counter and the prompt caches; itself it is a `Send`.

    `keys` are the bearer tokens that are accepted where a request brings an Authorization header of its own;
    None accepts all but those that the suite sends as unknown.
    """

    clock: Callable[[], float] = time.time
    keys: Keys = None
    requests_per_minute: int = 100_000
    caches: dict[str, Cache] = field(default_factory=lambda: {name: Cache() for name in MODELS})
    counter: Iterator[int] = field(default_factory=count)
    window: list[int] = field(default_factory=lambda: [0, 0])
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, request: Request) -> Exchange:
        return self.answer(request)

    def answer(self, request: Request) -> Exchange:
        """What this request is answered: a completion, a stream, a list of models, or an error."""
        with self.lock:
            started, number = self.clock(), next(self.counter)
            limits = self._rate(started)
            try:
                status, headers, parts = self._route(request, started, number)
            except Refusal as refusal:
                status, headers, parts = refusal.status, refusal.headers, [_dump(refusal.document)]
        plain = status != 200 or not headers
        headers = (
            *(
                (("content-type", "application/json"), ("content-length", str(len(parts[0]))))
                if plain
                else ()
            ),
            *headers,
            ("date", formatdate(started, usegmt=True)),
            ("x-request-id", f"req_{_name('request', number)}"),
            *limits,
        )
        reads: tuple[Read, ...] = tuple((_FIRST + _STEP * at, part) for at, part in enumerate(parts))
        return Exchange(request, status, headers, reads, started=started, seconds=reads[-1][0])

    def _rate(self, now: float) -> Headers:
        minute = int(now // _MINUTE)
        self.window = [minute, self.window[1] + 1 if self.window[0] == minute else 1]
        left = max(self.requests_per_minute - self.window[1], 0)
        return (
            ("x-ratelimit-limit-requests", str(self.requests_per_minute)),
            ("x-ratelimit-remaining-requests", str(left)),
            ("x-ratelimit-reset-requests", f"{_MINUTE - now % _MINUTE:.3f}s"),
        )

    def _check_rate(self, now: float) -> None:
        if self.window[1] > self.requests_per_minute:
            wait = str(int(_MINUTE - now % _MINUTE) + 1)
            raise Refusal(
                f"Rate limit reached: {self.requests_per_minute} requests per minute. Try again in {wait}s.",
                None, "rate_limit_exceeded", status=429, kind="requests", headers=(("retry-after", wait),),
            )  # fmt: skip

    def _route(self, request: Request, now: float, number: int) -> Answer:
        credentials = credentials_of(request, self.keys)
        if credentials != "valid":
            raise challenge(credentials)
        self._check_rate(now)
        path = request.path.partition("?")[0].rstrip("/").removeprefix("/v1")
        if path == "/models" or path.startswith("/models/"):
            _check_method(request, "GET")
            return 200, (), [_dump(_models(path.removeprefix("/models").strip("/")))]
        if path != "/chat/completions":
            raise Refusal(f"Invalid URL ({request.method} {request.path[:200]})", status=404)
        _check_method(request, "POST")
        try:
            return self._complete(request, now, number)
        except RecursionError:
            raise Refusal(
                "We could not parse the JSON body of your request: it is nested too deeply."
            ) from None

    def _complete(self, request: Request, now: float, number: int) -> Answer:
        asked = _read(request)
        blocks = render(asked, marked=MODELS[asked["model"]] == "claude")
        if size(blocks) > CONTEXT:
            message = (
                f"This model's maximum context length is {CONTEXT} tokens. However, your messages resulted in"
                f" {size(blocks)} tokens."
            )
            raise Refusal(message, "messages", "context_length_exceeded")
        choices = (choose(asked),) * asked.get("n", 1)
        customer = next((value for name, value in request.headers if name.lower() == CUSTOMER), "")
        tally = self._remember(asked["model"], customer, blocks, now)
        reply = _reply(asked, choices, _usage(size(blocks), tally, choices), int(now), number)
        if not asked.get("stream"):
            return 200, (), [_dump(whole(reply))]
        events = [b"data: " + _dump(chunk) + b"\n\n" for chunk in chunks(reply)]
        headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
        return 200, headers, [*events, b"data: [DONE]\n\n"]

    def _remember(self, model: str, customer: str, blocks: list[Block], now: float) -> Tally:
        account = by_marker if MODELS[model] == "claude" else automatic
        return account(self.caches[model], customer, blocks, now)


def _check_method(request: Request, allowed: str) -> None:
    if request.method != allowed:
        raise Refusal(
            f"Not allowed to {request.method} on {request.path[:200]}.",
            code="method_not_supported", status=405, headers=(("allow", allowed),),
        )  # fmt: skip


def _read(request: Request) -> Document:
    """The members of a body that is whole and valid. Raises Refusal."""
    if len(request.body) > LARGEST_BODY:
        raise Refusal(f"The body is larger than {LARGEST_BODY} bytes.", status=413)
    fields = {name.lower(): value for name, value in request.headers}
    media_type = fields.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refusal(f"Unsupported media type {media_type[:100]!r}: send application/json.", status=415)
    if fields.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(
            "The content must not be encoded.", status=415, headers=(("accept-encoding", "identity"),)
        )
    try:
        document = loads(request.body)
        json.dumps(document, ensure_ascii=False).encode()
    except (JSONError, UnicodeEncodeError, RecursionError):
        raise Refusal(
            "We could not parse the JSON body of your request. It must be one JSON text in UTF-8."
        ) from None
    asked = check_body(document)
    if asked["model"] not in MODELS:
        message = f"The model '{asked['model'][:200]}' does not exist or you do not have access to it."
        raise Refusal(message, None, "model_not_found", status=404)
    check_parameters(asked)
    check_messages(asked["messages"])
    check_tools(asked)
    check_format(asked)
    return asked


def _models(name: str) -> Document:
    listed = [
        {"id": each, "object": "model", "created": _CREATED, "owned_by": "reference"} for each in MODELS
    ]
    if not name:
        return {"object": "list", "data": listed}
    for each in listed:
        if each["id"] == name:
            return each
    raise Refusal(f"The model '{name[:200]}' does not exist.", "model", "model_not_found", status=404)


def _usage(prompt: int, tally: Tally, choices: tuple[Choice, ...]) -> Document:
    completion = sum(choice.tokens for choice in choices)
    details = tally.details()
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {**details, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _reply(asked: Document, choices: tuple[Choice, ...], usage: Document, created: int, number: int) -> Reply:
    call_ids = tuple(
        tuple(f"call_{_name(f'call {index} {at}', number)[:24]}" for at in range(len(choice.calls)))
        for index, choice in enumerate(choices)
    )
    return Reply(
        id=f"chatcmpl-{_name('completion', number)[:29]}",
        created=created,
        model=asked["model"],
        choices=choices,
        usage=usage,
        call_ids=call_ids,
        top=asked.get("top_logprobs", 0) if asked.get("logprobs") else None,
        legacy="tools" not in asked,
        shows_usage=bool(asked.get("stream_options", {}).get("include_usage")),
    )


def _name(kind: str, number: int) -> str:
    """Thirty-two characters that no other thing of this endpoint is named by."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:32]


def _dump(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
