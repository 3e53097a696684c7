"""LiteLLM's standard logging payload, as its proxy writes it to buckets and queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.evidence.exchange import Fact
from conformance.evidence.recording import Recording, made

from .adapter import Adapter, Record
from .rewritten import EVERYTHING, moment, rewritten, text_of, usage_of, value_of

COUNTS: frozenset[Fact] = frozenset({"counts"})
_CHAT = ("completion", "acompletion")
#: Providers whose usage LiteLLM takes over as it is; it makes that of the others itself.
_ALIKE = ("openai", "azure", "custom_openai", "openai_like", "hosted_vllm", "litellm_proxy")
#: Members of other dialects, from which LiteLLM fills in OpenAI's.
_FOREIGN = ("cache_read_input_tokens", "cache_creation_input_tokens", "prompt_cache_hit_tokens", "num_cached_tokens")


def recognises(record: Record) -> bool:
    return "model_map_information" in record and "call_type" in record and "status" in record


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    """None for other calls than those of chat completions, and for what LiteLLM answered from its own cache."""
    if record["call_type"] in _CHAT and not record.get("cache_hit"):
        yield made(_of_payload, record, origin)


def _of_payload(payload: Record, origin: str) -> Recording:
    usage, keeps = _usage(payload)
    started, ended = moment(payload.get("startTime")), moment(payload.get("endTime"))
    return rewritten(
        usage,
        origin,
        model=text_of(payload.get("model")),
        vendor=text_of(payload.get("custom_llm_provider")),
        status=_status(payload),
        started=started,
        seconds=max(ended - started, 0.0),
        keeps=keeps,
    )


def _usage(payload: Record) -> tuple[Mapping[str, Any], frozenset[Fact]]:
    """The usage, and whether its counts are those of the endpoint: those of a stream LiteLLM may have made itself."""
    reply = value_of(payload.get("response"))
    usage = reply.get("usage") if isinstance(reply, dict) else None
    if not isinstance(usage, dict):
        return usage_of(payload.get("prompt_tokens"), payload.get("completion_tokens")), frozenset()
    if any(usage.get(name) for name in _FOREIGN):
        return _translated(usage), frozenset()
    verbatim = payload.get("stream") is not True and payload.get("custom_llm_provider") in _ALIKE
    return _without_nulls(usage), COUNTS if verbatim else frozenset()


def _translated(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """A usage with members of other dialects, to whose prompt_tokens LiteLLM adds what was cached."""
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    read = cached or usage.get("cache_read_input_tokens") or usage.get("prompt_cache_hit_tokens")
    written = usage.get("cache_creation_input_tokens")
    return usage_of(usage.get("prompt_tokens"), usage.get("completion_tokens"), cached=read, written=written)


def _without_nulls(usage: Mapping[str, Any]) -> dict[str, Any]:
    """The usage without the members that LiteLLM adds where there are none."""
    kept = {name: value for name, value in usage.items() if value is not None}
    return {name: _without_nulls(value) if isinstance(value, dict) else value for name, value in kept.items()}


def _status(payload: Record) -> int:
    """The status code of a failure, where it is one; 500 else."""
    if payload["status"] == "success":
        return 200
    error = payload.get("error_information")
    code = str(error.get("error_code", "")) if isinstance(error, dict) else ""
    return int(code) if code.isdecimal() and 400 <= int(code) < 600 else 500


ADAPTER = Adapter(
    name="litellm",
    recognises=recognises,
    recordings=recordings,
    marks=("model_map_information", "call_type", "status"),
    loses=EVERYTHING - COUNTS,
    form="LiteLLM's standard logging payload",
    told_by="`model_map_information`, `call_type` and `status`",
    lost="everything but the counts: LiteLLM writes the reply anew; the counts, too, of a stream, and of a provider"
    " whose usage it translates",
)
