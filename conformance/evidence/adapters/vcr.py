"""Cassettes of vcrpy (pytest-recording) and of Ruby's VCR, in YAML or JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.evidence.exchange import Headers
from conformance.evidence.recording import Recording, kind_of, made
from conformance.language import say

from .adapter import Adapter, Record
from .http import Received, Sent, pairs, recorded

LISTS = ("interactions", "http_interactions")  #: of vcrpy, of Ruby's VCR


def recognises(record: Record) -> bool:
    """Whether it is a cassette, or one interaction."""
    request = record.get("request")
    one = isinstance(request, dict) and "uri" in request and isinstance(record.get("response"), dict)
    return one or any(isinstance(each, dict) and "request" in each for each in (parts(record) or [])[:1])


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    for interaction in parts(record) or [record]:
        recording = made(_of_interaction, interaction, origin)
        if recording:
            yield recording


def parts(document: Record) -> list[Any] | None:
    return next((document[name] for name in LISTS if isinstance(document.get(name), list)), None)


def _of_interaction(interaction: Record, origin: str) -> Recording | None:
    asked, answered = interaction["request"], interaction["response"]
    sent = Sent(str(asked["method"]).upper(), asked["uri"], _fields(asked), _body(asked)[0])
    headers = _fields(answered)
    body, exact = _body(answered)
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    received = Received(
        status=_status(answered),
        headers=headers,
        body=body,
        exact=exact,
        streamed=kind.startswith("text/event-stream"),
        started=_moment(interaction.get("recorded_at")),
    )
    return recorded(sent, received, origin, ADAPTER.loses)


def _status(answered: Record) -> int:
    status = answered.get("status", answered.get("status_code"))
    code = status.get("code") if isinstance(status, dict) else status
    if type(code) is not int:
        raise TypeError(say("the status is {kind_of}", kind_of(code)))
    return code


def _body(message: Record) -> tuple[bytes, bool]:
    """The body, and whether it is as it arrived: text may have been decompressed, or written anew."""
    if "parsed_body" in message:  # as pydantic-ai's serializer has it
        return json.dumps(message["parsed_body"]).encode(), False
    return _bytes(message.get("body", message.get("content")))


def _bytes(value: Any) -> tuple[bytes, bool]:
    if isinstance(value, dict):
        coded = value.get("base64_string")
        return (base64.b64decode(coded), True) if isinstance(coded, str) else _bytes(value.get("string"))
    if value is None or isinstance(value, str):
        return (value or "").encode("utf-8", "replace"), False
    raise TypeError(say("a body is {kind_of}", kind_of(value)))


def _fields(message: Record) -> Headers:
    """Header fields, each of which has one value or a list of them."""
    given = message.get("headers") or {}
    if not isinstance(given, Mapping):
        raise TypeError(say("the headers are {kind_of}", kind_of(given)))
    values = ((name, value if isinstance(value, list) else [value]) for name, value in given.items())
    return pairs((str(name), str(each)) for name, several in values for each in several)


def _moment(value: Any) -> float:
    """When it was recorded, in Unix time; 0 where that is not said."""
    try:
        return parsedate_to_datetime(str(value)).timestamp()
    except ValueError:
        return 0.0


ADAPTER = Adapter(
    name="vcr",
    recognises=recognises,
    recordings=recordings,
    marks=("request", "uri", "response"),
    loses=frozenset({"key", "times", "other headers"}),
    form="cassette of vcrpy, pytest-recording or Ruby's VCR (YAML or JSON)",
    told_by="`interactions` or `http_interactions`; an interaction by `request.uri` and `response`",
    lost="when it arrived; header fields that filters leave out; `bytes` where the body is text",
    parts=parts,
)
