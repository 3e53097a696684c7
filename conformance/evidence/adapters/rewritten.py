"""What the records of gateways and tracing have in common: they state counts, but not the reply as it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from conformance.evidence.exchange import Exchange, Fact, Request
from conformance.evidence.recording import Recording, expected

EVERYTHING: frozenset[Fact] = frozenset(get_args(Fact))
_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


def rewritten(
    usage: Mapping[str, Any],
    origin: str,
    *,
    model: str,
    vendor: str = "unknown",
    status: int = 200,
    started: float = 0.0,
    seconds: float = 0.0,
    keeps: frozenset[Fact] = frozenset(),
) -> Recording:
    """The recording of a reply of which no more is known than its model and its usage; the latter is empty where it is
    not known either. Of an error, its status is."""
    reply: dict[str, Any] = {"object": "chat.completion", "model": model, "choices": []}
    document = (reply | ({"usage": usage} if usage else {})) if status < 400 else {"error": {}}
    exchange = Exchange(
        request=Request(expect=expected(status), label=origin),
        status=status,
        headers=(("content-type", "application/json"),),
        reads=((seconds, json.dumps(document).encode()),),
        started=started,
        seconds=seconds,
        unrecorded=EVERYTHING - keeps,
    )
    return Recording(exchange, vendor, model, False, origin)


def usage_of(prompt: Any, completion: Any, *, cached: Any = None, written: Any = None) -> dict[str, Any]:
    """A usage that says what these counts say; empty where one of the first two is no count. What was written to a
    cache, of which no TTL is told, has the default one, of five minutes."""
    if type(prompt) is not int or type(completion) is not int:
        return {}
    counted = {"cached_tokens": cached, "cached_write_tokens": written, "cached_write_5m_tokens": written}
    details = {name: count for name, count in counted.items() if type(count) is int and count > 0}
    usage = dict(zip(_USAGE, (prompt, completion, prompt + completion), strict=True))
    return usage | ({"prompt_tokens_details": details} if details else {})


def moment(value: Any) -> float:
    """A moment as Unix time: seconds since 1970, or text by ISO 8601, in UTC where it names no zone. 0 for neither."""
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return 0.0
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return float(value) if type(value) in (int, float) else 0.0


def text_of(value: Any, default: str = "unknown") -> str:
    return value if isinstance(value, str) and value else default


def value_of(value: Any) -> Any:
    """A value that may stand there as its JSON text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
