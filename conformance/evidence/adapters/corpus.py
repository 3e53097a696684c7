"""Recordings as objects of JSON, one a line: a request, a status, header fields and the text of a response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.evidence.exchange import Exchange, Fact, Request
from conformance.evidence.observed import json_object
from conformance.evidence.recording import Recording, cleaned, closed, expected, has_masked_id, kind_of, made, model_of
from conformance.evidence.request import asking
from conformance.evidence.sse import DONE
from conformance.language import say

from .adapter import Adapter, Record

#: What a JSONL recording has lost by its fidelity, beside what text never keeps.
LOST: dict[str, frozenset[Fact]] = {
    "wire": frozenset(),
    "reserialized": frozenset(),
    "scrubbed": frozenset({"ids", "created", "headers"}),
    "fixture": frozenset({"status", "headers", "request"}),  # and the terminator, if it is not there
}
#: Lost in every JSONL recording. Recorders leave header fields out without saying so, content-type rarely.
TEXT_LOSES: frozenset[Fact] = frozenset({"bytes", "times", "other headers", "key"})
REQUIRED: dict[str, type | tuple[type, ...]] = {
    "request_json": object,
    "status": int,
    "response_headers": dict,
    "response_body": str,
    "stream": bool,
    "fidelity": str,
}
OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "vendor": (str, type(None)),
    "model": (str, type(None)),
    "official": (bool, type(None)),
    "source_repo": (str, type(None)),
    "source_path": (str, type(None)),
}


def recognises(record: Record) -> bool:
    return sum(name in record for name in REQUIRED) > len(REQUIRED) // 2


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    yield made(_of_line, record, origin)


def _request(asked: Any, **members: Any) -> Request:
    """The request whose body was kept as an object or as JSON text, or not at all. Raises TypeError for anything
    else."""
    if asked is None:
        return Request(**members)
    if isinstance(asked, dict):
        return asking(asked, **members)
    if not isinstance(asked, str) or json_object(asked) is None:
        raise TypeError(say("request_json is {kind_of}, not an object or its JSON text", kind_of(asked)))
    return Request(body=asked.encode("utf-8", "surrogatepass"), **members)


def _of_line(row: dict[str, Any], origin: str) -> Recording:
    _check_types(row)
    if row["fidelity"] not in LOST:
        raise ValueError(
            say("fidelity is {fidelity!r}, which is none of {lost}", row["fidelity"][:20], ", ".join(LOST))
        )
    status = row["status"]
    body, unclosed = row["response_body"].encode("utf-8", "replace"), False
    if row["stream"]:
        body, unclosed = closed(body)
    headers = cleaned((str(name), str(value)) for name, value in row["response_headers"].items() if value is not None)
    missing: dict[Fact, bool] = {
        "request": row["request_json"] is None,
        "headers": not any(name.lower() == "content-type" for name, _ in headers),
        "framing": unclosed,
        "terminator": row["stream"] and row["fidelity"] == "fixture" and DONE.encode() not in body,
        "ids": has_masked_id(row["response_body"]),
    }
    if missing["headers"] and row["stream"]:
        headers += (("content-type", "text/event-stream"),)
    source = " ".join(row[name] for name in ("source_repo", "source_path") if row.get(name))
    origin = f"{origin} ({source})" if source else origin
    exchange = Exchange(
        request=_request(row["request_json"], expect=expected(status), label=origin),
        status=status,
        headers=headers,
        reads=((0.0, body),),
        unrecorded=LOST[row["fidelity"]] | TEXT_LOSES | {fact for fact, lost in missing.items() if lost},
    )
    model = row.get("model") or model_of(exchange)
    return Recording(exchange, row.get("vendor") or "unknown", model, bool(row.get("official")), origin)


def _check_types(row: dict[str, Any]) -> None:
    for name, kinds in REQUIRED.items():
        if not isinstance(row[name], kinds) or (name == "status" and row[name] is True):
            raise TypeError(say("{name} is {kind_of}", name, kind_of(row[name])))
    for name, kinds in OPTIONAL.items():
        if name in row and not isinstance(row[name], kinds):
            raise TypeError(say("{name} is {kind_of}", name, kind_of(row[name])))


ADAPTER = Adapter(
    name="jsonl",
    recognises=recognises,
    recordings=recordings,
    marks=("response_body", "fidelity"),
    loses=TEXT_LOSES,
    form="an exchange as members of a JSON object",
    told_by="most of `request_json`, `status`, `response_headers`, `response_body`, `stream`, `fidelity`",
    lost="by its fidelity, see below",
)
