"""Spans by OpenTelemetry's semantic conventions for generative AI, in OTLP's JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.evidence.recording import Recording, made

from .adapter import Adapter, Record
from .rewritten import EVERYTHING, rewritten, text_of, usage_of

_CHAT = ("chat", "generate_content")  #: operations that ask a model; an agent's spans count the same tokens again


def recognises(record: Record) -> bool:
    """Whether it is an export of spans, or one span."""
    return isinstance(record.get("resourceSpans"), list) or ("spanId" in record and "attributes" in record)


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    """None of spans that are no question to a model."""
    for span in [record] if "spanId" in record else parts(record) or []:
        recording = made(_of_span, span, origin)
        if recording:
            yield recording


def parts(document: Record) -> list[Any] | None:
    """The spans of an export; None where it is one span."""
    if "resourceSpans" not in document:
        return None
    resources = _objects(document["resourceSpans"])
    scopes = [each for resource in resources for each in _objects(resource.get("scopeSpans"))]
    return [span for scope in scopes for span in _objects(scope.get("spans"))]


def _objects(value: Any) -> list[Record]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _of_span(span: Record, origin: str) -> Recording | None:
    said = {str(each.get("key")): _value(each.get("value")) for each in _objects(span.get("attributes"))}
    if not _asks_a_model(said):
        return None
    started, ended = _seconds(span.get("startTimeUnixNano")), _seconds(span.get("endTimeUnixNano"))
    usage = usage_of(
        _first(said, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        _first(said, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        cached=_first(said, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        written=_first(said, "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    )
    return rewritten(
        usage,
        origin,
        model=text_of(_first(said, "gen_ai.request.model", "gen_ai.response.model")),
        vendor=text_of(_first(said, "server.address", "gen_ai.provider.name", "gen_ai.system")),
        status=500 if "error.type" in said else 200,
        started=started,
        seconds=max(ended - started, 0.0),
    )


def _asks_a_model(said: Mapping[str, Any]) -> bool:
    """Whether a span is one question to a model. Without an operation, which is required since 1.27, counts tell it."""
    operation = _first(said, "gen_ai.operation.name", "llm.request.type")
    if operation is None:
        return "gen_ai.usage.input_tokens" in said and "gen_ai.agent.name" not in said
    return operation in _CHAT


def _first(said: Mapping[str, Any], *names: str) -> Any:
    """The first of these attributes that is there; conventions have changed their names."""
    return next((said[name] for name in names if name in said), None)


def _value(value: Any) -> Any:
    """The value of an attribute. OTLP writes integers of 64 bits as text."""
    if not isinstance(value, dict):
        return None
    integer = value.get("intValue")
    if integer is not None:
        text = str(integer)
        return int(text) if text.removeprefix("-").isdecimal() and len(text) < 20 else None
    return next((value[name] for name in ("stringValue", "doubleValue", "boolValue") if name in value), None)


def _seconds(nanoseconds: Any) -> float:
    text = str(nanoseconds)
    return int(text) / 1e9 if text.isdecimal() and len(text) < 20 else 0.0


ADAPTER = Adapter(
    name="opentelemetry",
    recognises=recognises,
    recordings=recordings,
    marks=("attributes", "spanId"),
    loses=EVERYTHING,
    form="spans of OpenTelemetry's conventions for generative AI (OTLP JSON)",
    told_by="`resourceSpans`; a span by `spanId` and `attributes`",
    lost="everything: attributes name counts, and not the reply; they serve for sums alone",
    parts=parts,
)
