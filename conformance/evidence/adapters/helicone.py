"""Requests as Helicone exports them (`@helicone/export`, or its API)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from conformance.evidence.exchange import Exchange, Fact, Request
from conformance.evidence.recording import Recording, expected, has_masked_id, kind_of, made, model_of
from conformance.language import say

from .adapter import Adapter, Record
from .rewritten import moment, rewritten, text_of, usage_of, value_of

LOSES: frozenset[Fact] = frozenset({"headers", "other headers", "times", "bytes", "key", "connection"})
_OF_ENDPOINT = (None, "", "00000000-0000-0000-0000-000000000000")  #: who answered was no cache of Helicone's
_UNMAPPED = (None, "", "NO_MAPPING")


def recognises(record: Record) -> bool:
    return "request_id" in record and "response_status" in record and "request_created_at" in record


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    """None for other APIs, and for what Helicone answered from its own cache."""
    if record.get("cache_reference_id") in _OF_ENDPOINT:
        recording = made(_of_request, record, origin)
        if recording:
            yield recording


def _of_request(row: Record, origin: str) -> Recording | None:
    status = row["response_status"]
    if type(status) is not int:
        raise TypeError(say("response_status is {kind_of}", kind_of(status)))
    asked, answered = value_of(row.get("request_body")), value_of(row.get("response_body"))
    asked = asked if isinstance(asked, dict) and "helicone_message" not in asked else {}
    path = urlsplit(text_of(row.get("request_path"), text_of(row.get("target_url"), ""))).path.rstrip("/")
    sent = json.dumps(asked).encode() if asked else b""
    if not (path.endswith("/chat/completions") or _is_reply(answered)) or not 100 <= status < 600:
        return None
    if not _is_whole(row, asked, answered):
        usage = usage_of(row.get("prompt_tokens"), row.get("completion_tokens"), cached=_cached(row))
        return rewritten(
            usage, origin, model=_model(row), vendor=_vendor(row), status=status, started=_started(row),
            seconds=_seconds(row),
        )  # fmt: skip
    text = json.dumps(answered)
    missing: dict[Fact, bool] = {"request": not sent, "ids": has_masked_id(text)}
    exchange = Exchange(
        request=Request(body=sent, expect=expected(status), label=origin),
        status=status,
        headers=(("content-type", "application/json"),),
        reads=((_seconds(row), text.encode()),),
        started=_started(row),
        seconds=_seconds(row),
        unrecorded=LOSES | {fact for fact, lost in missing.items() if lost},
    )
    model = model_of(exchange)
    return Recording(exchange, _vendor(row), _model(row) if model == "unknown" else model, False, origin)


def _is_reply(answered: Any) -> bool:
    return isinstance(answered, dict) and "choices" in answered


def _is_whole(row: Record, asked: Record, answered: Any) -> bool:
    """Whether the body is the one that was sent: of streams Helicone makes one of its own, and bodies may be elsewhere,
    or of another API, translated."""
    if not isinstance(answered, dict) or row.get("ai_gateway_body_mapping") not in _UNMAPPED:
        return False
    made_up = any(name in answered for name in ("helicone_message", "streamed_data", "helicone_error"))
    return not made_up and asked.get("stream") is not True and bool(asked)


def _cached(row: Record) -> Any:
    return row.get("prompt_cache_read_tokens")


def _model(row: Record) -> str:
    return text_of(row.get("request_model"), text_of(row.get("response_model"), text_of(row.get("model"))))


def _vendor(row: Record) -> str:
    return text_of(row.get("provider")).lower()


def _started(row: Record) -> float:
    return moment(row["request_created_at"])


def _seconds(row: Record) -> float:
    delay = row.get("delay_ms")
    return max(delay, 0) / 1000 if isinstance(delay, int | float) else 0.0


ADAPTER = Adapter(
    name="helicone",
    recognises=recognises,
    recordings=recordings,
    marks=("request_id", "response_status", "request_created_at"),
    loses=LOSES,
    form="requests exported from Helicone, with their bodies",
    told_by="`request_id`, `response_status` and `request_created_at`",
    lost="header fields; when it arrived; of a stream, and without bodies, everything: the counts serve for sums alone",
)
