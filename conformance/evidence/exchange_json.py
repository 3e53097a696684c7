"""Exchanges to and from JSON (schemas/exchange.json). Written out: cattrs would order the members otherwise, and let
members be missing that have a default."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

from .content_coding import unknown
from .exchange import Exchange, Failure, Request, Withheld

_LARGEST = 1 << 28  #: bytes of a read that is withheld
_LONGEST = 1_000_000_000  #: seconds
_ADDED = ("surplus", "recurs", "client")  #: members that are there only where they say something


def dump_bytes(data: bytes) -> str | dict[str, str]:
    """Text where the bytes are UTF-8, else an object with base64."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def load_bytes(value: str | dict[str, str]) -> bytes:
    """The bytes that were dumped. Raises LookupError, TypeError or ValueError where there are none."""
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])


def _moment(value: Any) -> float:
    """Seconds since a request was sent. Raises ValueError where it is no number that a clock shows."""
    if type(value) not in (int, float) or not 0 <= value <= _LONGEST:
        raise ValueError(f"{value!r} is no time of a read")
    return value  # type: ignore[no-any-return]


def dump_request(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "path": request.path,
        "headers": [list(pair) for pair in request.headers],
        "body": dump_bytes(request.body),
        "credentials": request.credentials,
        "attempt": request.attempt,
        "hang_up_after": request.hang_up_after,
        "features": sorted(request.features),
        "expect": request.expect,
        "label": request.label,
    }


def load_request(value: dict[str, Any]) -> Request:
    return Request(
        method=value["method"],
        path=value["path"],
        body=load_bytes(value["body"]),
        headers=tuple((name, each) for name, each in value["headers"]),
        credentials=value["credentials"],
        attempt=value["attempt"],
        hang_up_after=value.get("hang_up_after"),
        features=frozenset(value["features"]),
        expect=value["expect"],
        label=value["label"],
    )


def dump_exchange(exchange: Exchange) -> dict[str, Any]:
    return (
        {
            "format": "exchange-1",
            "request": dump_request(exchange.request),
            "started": exchange.started,
            "seconds": exchange.seconds,
            "status": exchange.status,
            "headers": [list(pair) for pair in exchange.headers],
            "reads": [[when, _dump_read(data, exchange)] for when, data in exchange.reads],
            "failure": {"kind": exchange.failure.kind, "detail": exchange.failure.detail} if exchange.failure else None,
            "unrecorded": sorted(exchange.unrecorded),
            "earlier": [dump_exchange(each) for each in exchange.earlier],
        }
        | ({"withheld": asdict(exchange.withheld)} if exchange.withheld else {})
        | {name: value for name in _ADDED if (value := getattr(exchange, name))}
    )


def text_of(exchange: Exchange, run: str = "") -> str:
    """The exchange as the archive of a run has it; `run` is its id."""
    value = dump_exchange(exchange) | ({"run": run} if run else {})
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _dump_read(data: bytes, exchange: Exchange) -> str | dict[str, str] | dict[str, int]:
    """A read; one that stands for what is withheld as its size."""
    return {"size": len(data)} if exchange.withheld and data == unknown(len(data)) else dump_bytes(data)


def _load_read(value: Any) -> bytes:
    if isinstance(value, dict) and "size" in value:
        if not 0 <= value["size"] <= _LARGEST:
            raise ValueError(f"a read of {value['size']} bytes")
        return unknown(value["size"])
    return load_bytes(value)


def load_exchange(value: dict[str, Any]) -> Exchange:
    """The exchange that was dumped. Raises LookupError, TypeError or ValueError where it is none."""
    failure = value["failure"]
    return Exchange(
        request=load_request(value["request"]),
        status=value["status"],
        headers=tuple((name, each) for name, each in value["headers"]),
        reads=tuple((_moment(when), _load_read(data)) for when, data in value["reads"]),
        failure=Failure(**failure) if failure else None,
        started=value["started"],
        seconds=value["seconds"],
        unrecorded=frozenset(value["unrecorded"]),
        earlier=tuple(load_exchange(each) for each in value.get("earlier", ())),
        surplus=value.get("surplus", 0),
        withheld=Withheld(**value["withheld"]) if "withheld" in value else None,
        recurs=value.get("recurs", False),
        client=value.get("client", ""),
    )
