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

from conformance.evidence.exchange import Exchange, Request

from .access import CUSTOMER, Keys, challenge, credentials_of
from .body import read
from .caching import Cache, automatic, by_marker
from .completion import Choice, choose
from .documents import Reply, chunks, usage, whole
from .models import FAMILIES, check_size, listing
from .prompt import render, size
from .rate import Headers, Rate
from .refusal import Refusal

_FIRST, _STEP = 0.005, 0.002  #: seconds to the first read, and between two
_JSON: Headers = (("content-type", "application/json"),)
_EVENTS: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))

Answer = tuple[int, Headers, list[bytes]]


@dataclass
class Endpoint:
    """A conforming endpoint; itself it is a `Send`. Its state is a counter, the prompt caches and the rate.

    `clock` gives Unix time. `keys` are the bearer tokens accepted where a request brings an Authorization
    header of its own; None accepts all but those that the suite means to be unknown.
    """

    clock: Callable[[], float] = time.time
    keys: Keys = None
    requests_per_minute: int = 100_000
    caches: dict[str, Cache] = field(default_factory=lambda: {name: Cache() for name in FAMILIES}, repr=False)
    counter: Iterator[int] = field(default_factory=count, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.rate = Rate(self.requests_per_minute)

    def __call__(self, request: Request) -> Exchange:
        return self.answer(request)

    def answer(self, request: Request) -> Exchange:
        """What this request is answered: a completion, a stream, a list of models, or an error."""
        with self.lock:
            started, number = self.clock(), next(self.counter)
            limits = self.rate.count(started)
            try:
                status, headers, parts = self._route(request, started, number)
            except Refusal as refusal:
                status, headers, parts = refusal.status, _JSON + refusal.headers, [_dump(refusal.document)]
        length = (("content-length", str(len(parts[0]))),) if headers[0] == _JSON[0] else ()
        named = (
            ("date", formatdate(started, usegmt=True)),
            ("x-request-id", f"req_{_name('request', number)}"),
        )
        reads = tuple((_FIRST + _STEP * at, part) for at, part in enumerate(parts))
        headers = (*headers, *length, *named, *limits)
        return Exchange(request, status, headers, reads, started=started, seconds=reads[-1][0])

    def _route(self, request: Request, now: float, number: int) -> Answer:
        credentials = credentials_of(request, self.keys)
        if credentials != "valid":
            raise challenge(credentials)
        self.rate.check(now)
        path = request.path.partition("?")[0].removeprefix("/v1").rstrip("/")
        if path == "/models" or path.startswith("/models/"):
            _check_method(request, "GET")
            return 200, _JSON, [_dump(listing(path.removeprefix("/models").strip("/")))]
        if path != "/chat/completions":
            raise Refusal(f"Invalid URL ({request.method} {request.path[:200]})", status=404)
        _check_method(request, "POST")
        try:
            return self._complete(request, now, number)
        except RecursionError:
            raise Refusal("The JSON body of your request is nested too deeply.") from None

    def _complete(self, request: Request, now: float, number: int) -> Answer:
        asked = read(request)
        marked = FAMILIES[asked["model"]] == "claude"
        blocks = render(asked, marked=marked)
        check_size(size(blocks))
        choices = (choose(asked),) * asked.get("n", 1)
        customer = next((value for name, value in request.headers if name.lower() == CUSTOMER), "")
        # the caches change only once nothing can go wrong any more
        tally = (by_marker if marked else automatic)(self.caches[asked["model"]], customer, blocks, now)
        reply = _reply(asked, choices, usage(size(blocks), tally, choices), int(now), number)
        if not asked.get("stream"):
            return 200, _JSON, [_dump(whole(reply))]
        events = [b"data: " + _dump(chunk) + b"\n\n" for chunk in chunks(reply)]
        return 200, _EVENTS, [*events, b"data: [DONE]\n\n"]


def _check_method(request: Request, allowed: str) -> None:
    if request.method != allowed:
        message = f"Not allowed to {request.method} on {request.path[:200]}."
        raise Refusal(message, None, "method_not_supported", status=405, headers=(("allow", allowed),))


def _reply(
    asked: dict[str, Any], choices: tuple[Choice, ...], counted: dict[str, Any], created: int, number: int
) -> Reply:
    call_ids = tuple(
        tuple(f"call_{_name(f'call {index} {at}', number)[:24]}" for at in range(len(choice.calls)))
        for index, choice in enumerate(choices)
    )
    return Reply(
        id=f"chatcmpl-{_name('completion', number)[:29]}",
        created=created,
        model=asked["model"],
        choices=choices,
        usage=counted,
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
