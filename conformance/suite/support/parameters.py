"""Requests with every parameter: at the ends of their ranges, all options, null."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.contract.profile import Model
from conformance.contract.requests import (
    PLAIN,
    chat,
)
from conformance.evidence.exchange import MODEL, Request

USER = {"role": "user", "content": "Say OK."}


OPTIONS: dict[str, Any] = {
    "user": "conformance", "metadata": {"run": "conformance"}, "store": False, "seed": 7, "logit_bias": {"50256": -100},
    "service_tier": "auto", "prompt_cache_key": "conformance", "safety_identifier": "conformance",
}  # fmt: skip
LEAST = {"model": MODEL, "messages": [USER]}
NULLABLE = (
    "temperature", "top_p", "n", "stop", "max_tokens", "max_completion_tokens", "presence_penalty",
    "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "store", "metadata", "service_tier",
    "stream", "stream_options", "reasoning_effort", "verbosity",
)  # fmt: skip

#: Values at the ends of their ranges, and defaults written out, asked for together. Some models take only one of
#: temperature and top_p.
EXTREMES: dict[str, dict[str, Any]] = {
    "least": {
        "top_p": 1, "presence_penalty": -2, "frequency_penalty": -2, "seed": -1, "stop": "STOPHERE",
        "response_format": {"type": "text"},
    },
    "greatest": {"temperature": 2, "presence_penalty": 2, "frequency_penalty": 2, "seed": 2**53 + 1},
}  # fmt: skip


def extremes(end: str, model: Model) -> Request:
    """All values at one end of their ranges, as far as they are claimed."""
    claimed = {name: value for name, value in EXTREMES[end].items() if model.claims(f"chat.{name}")}
    return chat(label=f"parameters-{end}", **{"temperature": None} | claimed)


ALL_OPTIONS = chat(label="options-of-openai", **OPTIONS)


NULLS = replace(PLAIN, body=json.dumps(LEAST | dict.fromkeys(NULLABLE)).encode(), label="nulls")
