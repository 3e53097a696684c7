"""Cache markers that are lost, changed or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.evidence.exchange import Request

from .kit import (
    JSONObject,
    each_error,
    error,
    in_errors,
    is_claude,
    misread_body,
    planted,
    refusing,
    said,
    where,
)


def _holders(value: Any) -> list[JSONObject]:
    """Each object that carries a cache marker, in the order of the body."""
    if isinstance(value, dict):
        own = [value] if isinstance(value.get("cache_control"), dict) else []
        return own + [found for each in value.values() for found in _holders(each)]
    return [found for each in value for found in _holders(each)] if isinstance(value, list) else []


def _each_marker(change: Callable[[JSONObject], object]) -> Callable[[JSONObject], None]:
    def changed(document: JSONObject) -> None:
        for holder in _holders(document):
            change(holder["cache_control"])

    return changed


def _last_marker_only(document: JSONObject) -> None:
    """Marked parts become one, which keeps the last marker."""
    for holder in _holders(document)[:-1]:
        holder.pop("cache_control")


def _joined(document: JSONObject) -> None:
    """Parts of a message are joined into one, which keeps the last part's marker, if it has one."""
    for message in document.get("messages", []):
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            parts = message["content"]
            if len(parts) > 1 and all(isinstance(each, dict) and each.get("type") == "text" for each in parts):
                joined = {"type": "text", "text": "\n".join(str(each.get("text")) for each in parts)}
                message["content"] = [parts[-1] | joined]


def _no_markers(document: JSONObject) -> None:
    for holder in _holders(document):
        holder.pop("cache_control")


def _markers(request: Request) -> int:
    return len(_holders(request.asked))


def _wrapped(error_object: JSONObject) -> None:
    raw = '{"error":{"message":"A maximum of 4 blocks with cache_control may be provided. Found 6"}}'
    error_object.clear()
    error_object.update(message="Provider returned error", code=400, metadata={"raw": raw})


_FLAT = {
    "message": "body.prompt_cache_key: property is unsupported",
    "param": "validation_error",
    "code": "wrong_api_format",
}

FAULTS = (
    planted("hour-downgraded", "Cache breakpoints with ttl 1h are treated as 5m.", "B427 B052",
        misread_body(_each_marker(lambda marker: marker.update(ttl="5m") if marker.get("ttl") == "1h" else None)),
        "caching.1h_is_1h", "caching.mixed_fills_both", "caching.mixed_by_position", "caching.buckets_beside",
        also=("caching.",)),
    planted("five-minutes-upgraded", "Cache breakpoints with ttl 5m are treated as 1h.", "B427",
        misread_body(_each_marker(lambda marker: marker.update(ttl="1h"))),
        "caching.5m_is_5m", "caching.buckets_beside", "caching.mixed_by_position", also=("caching.",)),
    planted("parts-joined",
        "Parts with cache breakpoints are joined into one, and the breakpoints are lost.",
        "B429", misread_body(_joined),
        "caching.mixed_fills_both", "caching.mixed_by_position", "caching.changed_suffix", also=("caching.",
        "roles.no_part_dropped")),
    planted("last-marker-only", "Only the last cache breakpoint is kept.", "B429", misread_body(_last_marker_only),
        "caching.mixed_fills_both", "caching.mixed_by_position", also=("caching.last_breakpoint_reaches_the_end",
        "caching.shared_prefix_is_read", "caching.written_beside", "caching.wrong_order")),
    planted("markers-dropped", "Cache breakpoints are dropped.", "B429 B261", misread_body(_no_markers),
        "caching.markers_reach", also=("caching.unknown_ttl", "caching.wrong_order"),
        passes="an endpoint that never caches looks the same, and charges what it counts"),
    planted("four-markers-refused", "Four cache breakpoints are rejected: the gateway adds one of its own.", "B431",
        refusing(lambda request: is_claude(request) and _markers(request) == 4,
                error("A maximum of 4 blocks with cache_control may be provided. Found 5.")),
        "caching.short_is_not_written"),
    planted("too-many-markers-wrapped",
        "More than four cache breakpoints are rejected in an error without a type, with a number as its code.", "B432",
        where(lambda request: _markers(request) > 4, in_errors(each_error(_wrapped))),
        "error.error.type", "error.error.code", also=("error.error.param.present",)),
    planted("markers-refused-elsewhere", "A cache breakpoint is rejected by a model without explicit caching.", "B433",
        refusing(lambda request: not is_claude(request) and _markers(request) > 0,
        error("Extra inputs are not permitted")),
        "caching.markers_are_harmless"),
    planted("cache-key-refused", "prompt_cache_key is rejected.", "B435",
        refusing(lambda request: '"prompt_cache_' in said(request), _FLAT, 422),
        "unknown.options_of_openai"),
)  # fmt: skip
