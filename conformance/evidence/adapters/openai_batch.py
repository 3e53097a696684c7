"""The output file of OpenAI's batches: a response in each line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.evidence.exchange import Exchange, Fact, Request
from conformance.evidence.recording import Recording, expected, has_masked_id, kind_of, made, model_of
from conformance.language import say

from .adapter import Adapter, Record

LOSES: frozenset[Fact] = frozenset({"request", "headers", "other headers", "times", "bytes", "key", "connection"})


def recognises(record: Record) -> bool:
    return "custom_id" in record and "response" in record


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    """None for what was not answered, and for the answers of other APIs."""
    if record["response"] is not None:
        recording = made(_of_response, record["response"], origin)
        if recording:
            yield recording


def _of_response(response: Record, origin: str) -> Recording | None:
    status, body = response["status_code"], response["body"]
    if type(status) is not int or not isinstance(body, dict):
        raise TypeError(say("status_code is {kind_of}, body is {kind_of2}", kind_of(status), kind_of(body)))
    if status < 400 and body.get("object", "chat.completion") != "chat.completion":
        return None
    text = json.dumps(body)
    exchange = Exchange(
        request=Request(expect=expected(status), label=origin),
        status=status,
        headers=(("content-type", "application/json"),),
        reads=((0.0, text.encode()),),
        unrecorded=LOSES | ({"ids"} if has_masked_id(text) else set()),
    )
    return Recording(exchange, "unknown", model_of(exchange), False, origin)


ADAPTER = Adapter(
    name="openai-batch",
    recognises=recognises,
    recordings=recordings,
    marks=("custom_id", "response"),
    loses=LOSES,
    form="output or error file of OpenAI's batches",
    told_by="`custom_id` and `response`",
    lost="the request, since the input file is not looked for; header fields; when it arrived",
)
