"""What exchanges are grouped by: the model, the vendor, the day, or any member of the record."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from conformance.evidence.exchange import Inconclusive
from conformance.evidence.recording import Recording

_KEY = re.compile(r"key|token|secret|auth|cookie|passw", re.IGNORECASE)  #: in the name of a member
_SECRET = re.compile(r"^(Bearer |sk-|pk-|[A-Za-z0-9+/_-]{32,}=*$)")  #: how a value begins that may be a key
_LONGEST = 80  #: characters of a value that is a name, and no text
_LAST = 253_402_300_799  #: the end of the year 9999


def group_of(by: Sequence[str], row: Mapping[str, Any], recording: Recording) -> str:
    """The values of these names as a JSON array. `row` is the record."""
    return json.dumps([_value(name, row, recording) for name in by], ensure_ascii=False) if by else "[]"


def time_of(recording: Recording) -> float | None:
    """When a request was sent, else when its reply says that it was made, in Unix time; None where neither is known."""
    if recording.exchange.started:
        return recording.exchange.started
    try:
        created = recording.exchange.reply.get("created")
    except Inconclusive:
        return None
    return float(created) if type(created) is int and 0 < created <= _LAST else None


def _value(name: str, row: Mapping[str, Any], recording: Recording) -> str:
    """What an exchange is grouped by under this name; empty where there is nothing of the kind. What may be a key, and
    what is no name, is told by its hash."""
    if name in ("model", "vendor"):
        return _named(str(getattr(recording, name)))
    if name == "day":
        time = time_of(recording)
        return datetime.fromtimestamp(time, UTC).date().isoformat() if time else ""
    value: Any = row
    for member in name.split("."):
        value = value.get(member) if isinstance(value, Mapping) else None
    if value is None or isinstance(value, str):
        return _hashed(value) if value and _KEY.search(name) else _named(value or "")
    return _named(json.dumps(value)) if isinstance(value, int | float) else _hashed(json.dumps(value))


def _named(value: str) -> str:
    return _hashed(value) if len(value) > _LONGEST or _SECRET.match(value) else value


def _hashed(value: str) -> str:
    return f"sha256:{sha256(value.encode('utf-8', 'replace')).hexdigest()[:12]}"
