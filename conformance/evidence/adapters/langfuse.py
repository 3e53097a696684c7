"""Observations as Langfuse exports them: by its API, its tables, and to buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.evidence.recording import Recording, made

from .adapter import Adapter, Record
from .rewritten import EVERYTHING, moment, rewritten, text_of, usage_of, value_of

#: Names of the same count, by who reported it to Langfuse.
_CACHED = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read", "input_cached")
_WRITTEN = ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write")


def recognises(record: Record) -> bool:
    """An observation has the identifier of its trace, and counts or a type by Langfuse's names; an export to a bucket
    writes names with underscores."""
    traced = "traceId" in record or "trace_id" in record
    return traced and ("usageDetails" in record or "usage_details" in record) and "type" in record


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    """None of what is no generation."""
    if record["type"] == "GENERATION":
        yield made(_of_observation, record, origin)


def _of_observation(observation: Record, origin: str) -> Recording:
    def member(name: str, *others: str) -> Any:
        return next((observation[each] for each in (name, *others) if observation.get(each) is not None), None)

    usage = value_of(member("usageDetails", "usage_details"))
    started = moment(member("startTime", "start_time"))
    return rewritten(
        _usage(usage) if isinstance(usage, dict) else {},
        origin,
        model=text_of(member("model", "providedModelName", "provided_model_name")),
        status=500 if member("level") == "ERROR" else 200,
        started=started,
        seconds=max(moment(member("endTime", "end_time")) - started, 0.0) if started else 0.0,
    )


def _usage(counts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The counts under OpenAI's names. Langfuse takes what was cached out of `input`, and what was reasoned out of
    `output`; `total` is that of all."""
    known = {name: value for name, value in counts.items() if type(value) is int}
    output = sum(value for name, value in known.items() if name.startswith("output"))
    whole = sum(value for name, value in known.items() if "input" in name)
    total = known.get("total")
    cached = next((known[name] for name in _CACHED if name in known), None)
    written = next((known[name] for name in _WRITTEN if name in known), None)
    if "output" not in known or "input" not in known:
        return {}
    return usage_of(whole if total is None else total - output, output, cached=cached, written=written)


ADAPTER = Adapter(
    name="langfuse",
    recognises=recognises,
    recordings=recordings,
    marks=(),
    loses=EVERYTHING,
    form="observations exported from Langfuse (JSON, JSON Lines, API)",
    told_by="`traceId`, `type` and `usageDetails`, or the same with underscores",
    lost="everything: counts have other names and meanings; they serve for sums alone",
)
