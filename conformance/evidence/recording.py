"""What a recording is, and what recorders do to an exchange, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar

from conformance.language import say

from .exchange import Exchange, Headers, Inconclusive
from .sse import DONE
from .strict_json import JSONError, loads

HELP = say("docs/recordings.md describes the formats")

SECRET = re.compile(r"authorization|api-?key|cookie|secret|organi[sz]ation|[-_]token$|^openai-project$", re.I)
MASKED = re.compile(r"REDACTED|<masked>|[A-Z]-XXX$|^<[A-Z_]+>$")
MASKED_ID = re.compile(r'"id"\s*:\s*"[^"]*(?:REDACTED|<masked>)')


def has_masked_id(body: str) -> bool:
    """Whether a recorder masked an id in a body."""
    signed = "REDACTED" in body or "<masked>" in body  # one of these is in every match
    return signed and MASKED_ID.search(body) is not None


TRANSFER = ("content-encoding", "content-length", "transfer-encoding")  #: untrue of a body that was decoded
TRANSIENT = (408, 429)  #: says nothing of the request
Made = TypeVar("Made")


class RecordingError(Exception):
    """A recording cannot be read: where, why, and what to do."""


class RecordingWarning(UserWarning):
    """A part of a recording was left out: where, why, and what to do."""


@dataclass(frozen=True)
class Recording:
    """An exchange that others recorded. `official` are unedited answers of api.openai.com, whose successes
    violate no MUST; `origin` is the file with its line or entry, for people."""

    exchange: Exchange
    vendor: str
    model: str
    official: bool
    origin: str


_KINDS = {
    str: say("a string"), bool: say("a boolean"), dict: say("an object"), list: say("an array"), type(None): "null",
}  # fmt: skip


def kind_of(value: Any) -> str:
    """What a JSON value is, without what it says: that may be what people wrote."""
    return _KINDS.get(type(value)) or say("a number")


def parsed(data: bytes, origin: str) -> Any:
    """The value of a JSON text. Raises RecordingError."""
    try:
        return loads(data)
    except JSONError as error:
        raise RecordingError(
            say("{origin} is not JSON ({error}): record it again, or remove it", origin, error)
        ) from None


def made(make: Callable[[dict[str, Any], str], Made], value: Any, origin: str) -> Made:
    """What `make` makes of a JSON object; what it stumbles over becomes a RecordingError."""
    if not isinstance(value, dict):
        raise RecordingError(say("{origin} is not a JSON object: {help}", origin, HELP))
    try:
        return make(value, origin)
    except KeyError as name:
        raise RecordingError(say("{origin} lacks the member {name}: add it; {help}", origin, name, HELP)) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordingError(
            say("{origin} has a wrong member ({error}): correct it; {help}", origin, error, HELP)
        ) from None


def expected(status: int) -> Literal["reply", "error"]:
    """Only a refusal for its own sake shows that the request was mistaken."""
    return "error" if 400 <= status < 500 and status not in TRANSIENT else "reply"


def model_of(exchange: Exchange) -> str:
    """The name of the model that was asked, else of that which answered."""
    model = exchange.request.asked.get("model")
    try:
        return str(model or exchange.reply.get("model") or "unknown")
    except Inconclusive:
        return "unknown"


def cleaned(pairs: Iterable[tuple[str, str]]) -> Headers:
    """The fields of a response that are true of its decoded body, no secret, and not masked."""
    return tuple((name, value) for name, value in pairs if _is_public(name) and not _is_masked(value))


@lru_cache(maxsize=4096)
def _is_public(name: str) -> bool:
    return name.lower() not in TRANSFER and not SECRET.search(name)


def _is_masked(value: str) -> bool:
    signed = "REDACTED" in value or "<" in value or "XXX" in value  # one of these is in every match
    return signed and MASKED.search(value) is not None


def closed(body: bytes) -> tuple[bytes, bool]:
    """The stream with the blank line after its last event that a recorder stripped, and whether one did.

    Recorders strip white space. A last event that is broken off within its data, they did not break off.
    """
    if body.endswith((b"\n\n", b"\n\r\n", b"\r\r")):
        return body, False
    last = re.split(rb"\r\n|\n|\r", body)
    if len(last) > 2 and not last[-1] and not last[-2]:
        return body, False
    line = next((line for line in reversed(last) if line.strip()), b"")
    data = line.removeprefix(b"data:").strip()
    if not line.startswith(b"data:") or (data != DONE.encode() and not _is_json(data)):
        return body, False
    return body.rstrip() + b"\n\n", True


def _is_json(data: bytes) -> bool:
    try:
        loads(data)
    except JSONError:
        return False
    return True
