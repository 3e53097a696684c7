"""A request as a plain value."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from string import ascii_lowercase
from typing import Any, Literal
from urllib.parse import quote

from .kept import SMALL, kept
from .strict_json import JSONError, loads

Headers = tuple[tuple[str, str], ...]
Credentials = Literal["valid", "none", "unknown", "empty", "raw", "basic", "query", "lowercase", "uppercase"]

JSON_CONTENT: Headers = (("content-type", "application/json"),)
MODEL = "$MODEL$"  #: in a body or a path, stands for the model under test until `Request.to` fills it in
SALT = "$SALT$"  #: likewise for the run's salt, which makes a cached prefix provably cold
#: Likewise for letters that follow from the salt, so that an answer which is remembered of another run is none. Without
#: a salt it stands for nothing.
WORD = "$WORD$"


class _Body:
    """Gives a request that was made of a document its body when it is first read: of recordings few are."""

    def __get__(self, request: Request | None, kind: type) -> bytes:
        if request is None or "document" not in request.__dict__:
            return b""
        body = request.__dict__["body"] = json.dumps(request.__dict__["document"]).encode()
        return body


@dataclass(frozen=True)
class Request:
    """What is sent. Equal requests are the same request, and are sent once per run.

    `body` is the content as it goes on the wire. `credentials` says which bearer token the client adds: the
    endpoint's own, none, one that is well formed but unknown, or the own one in a form that is to be understood or
    refused. `hang_up_after` closes the connection when so many reads of the content have arrived. `after` is a
    request whose answer must have arrived before this one is sent. `features` must be claimed to be sent this.
    `expect` says how it is meant to be answered: `either` where an endpoint may do it, or reject it as invalid.
    """

    method: str = "POST"
    path: str = "/chat/completions"
    body: bytes = _Body()  # type: ignore[assignment]
    headers: Headers = JSON_CONTENT
    credentials: Credentials = "valid"
    attempt: int = 1
    hang_up_after: int | None = None
    features: frozenset[str] = frozenset()
    expect: Literal["reply", "error", "either"] = field(default="reply", compare=False)
    after: Request | None = field(default=None, compare=False, repr=False)
    label: str = field(default="", compare=False)

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name this request, and the exchange it led to."""
        rest: list[object] = [self.headers, self.credentials, self.attempt]
        if self.hang_up_after is not None:
            rest.append(self.hang_up_after)
        # One JSON array; the body, which may be of megabytes, is hexadecimal and needs no escaping.
        before, after = json.dumps([self.method, self.path]).removesuffix("]"), json.dumps(rest).removeprefix("[")
        return hashlib.sha256(f'{before}, "{self.body.hex()}", {after}'.encode()).hexdigest()[:16]

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """Its key and those of the requests that it follows: equal requests may differ in the latter."""
        return (self.key, *(self.after.chain if self.after else ()))

    @cached_property
    def small(self) -> bool:
        """Whether what is made of the body can be kept as long as the request."""
        return len(self.body) <= SMALL

    @kept
    def document(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return loads(self.body)
        except JSONError:
            return None

    @kept
    def asked(self) -> dict[str, Any]:
        """The members of the body; empty where the body is not a JSON object."""
        return self.document if isinstance(self.document, dict) else {}

    @property
    def authentic(self) -> bool:
        """Whether it carries the endpoint's own token in a form that must be understood (RFC 9110 11.1)."""
        return self.credentials in ("valid", "lowercase", "uppercase")

    @property
    def streams(self) -> bool:
        return self.asked.get("stream") is True

    def to(self, model: str, salt: str = "") -> Request:
        """This request for one model of one run."""
        filled = {MODEL: json.dumps(model)[1:-1], SALT: salt, WORD: _word(salt)}
        body, path = self.body, self.path.replace(MODEL, quote(model, safe=""))
        for place, value in filled.items():
            body = body.replace(place.encode(), value.encode())
        after = self.after.to(model, salt) if self.after else None
        if body == self.body and path == self.path and after is self.after:
            return self  # its key, which takes a while where the body is of megabytes, is known already
        return Request(
            self.method, path, body, self.headers, self.credentials, self.attempt,
            self.hang_up_after, self.features, self.expect, after, self.label,
        )  # fmt: skip

    def __str__(self) -> str:
        return self.label or f"{self.method} {self.path} {self.key}"


def asking(document: dict[str, Any], **members: Any) -> Request:
    """The request whose body is this JSON object, which is not read again, and written when the body is."""
    request = Request(**members)
    del request.__dict__["body"]
    request.__dict__["document"] = document
    return request


def _word(salt: str) -> str:
    """Six letters after an underscore, as they may stand in the name of a function."""
    digest = hashlib.sha256(f"word {salt}".encode()).digest()
    return "_" + "".join(ascii_lowercase[each % len(ascii_lowercase)] for each in digest[:6]) if salt else ""
